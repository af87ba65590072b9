# SPDX-License-Identifier: Apache-2.0
"""Nodes that are not as kubeadm and Debian leave them: each is planned for, or refused before anything is changed."""
from framework import breaking
from framework.lab import MANIFESTS
from framework.registry import rule

# Where many a download puts it, and many a sudo does not look.
TOOLS_ELSEWHERE = """
for tool in crictl ctr; do
    path=$(command -v $tool) || continue
    [ $path = /usr/local/bin/$tool ] || mv $path /usr/local/bin/$tool
done
printf 'Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"\\n' >/etc/sudoers.d/path
chmod 440 /etc/sudoers.d/path
"""


@rule("crictl and ctr where sudo does not look for them are found")
def _(cluster):
    for node in cluster.spec_nodes:
        cluster.lab.on(node, TOOLS_ELSEWHERE)
    hidden = cluster.lab.on("node3", "su ops -c 'sudo -n ctr version; sudo -n crictl version' 2>&1 || true")
    assert hidden.count("command not found") == 2, hidden
    cluster.write_spec(ssh={"user": "ops", "sudo": "true"})
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()
    tools = {tool["path"] for node in cluster.status()["observation"]["nodes"] for tool in node["facts"].get("tools", [])}
    assert "/usr/local/bin/ctr" in tools, tools


@rule("where the data directory is a disk of its own, what is set aside stays on it")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    cluster.lab.on("node3", """
        cp -a /var/lib/etcd /root/data
        mount -t tmpfs -o size=1g,mode=700 tmpfs /var/lib/etcd
        cp -a /root/data/. /var/lib/etcd; mkdir -m 700 /var/lib/etcd/lost+found""")
    try:
        breaking.start_etcd(cluster.lab, "node3")
        cluster.wait_healthy("node3")
        assert cluster.plan().get("steps", []) == []
        with cluster.writing():
            breaking.remove_member(cluster, "node3")
            cluster.apply()
        cluster.converged(set_aside=["node3"])
        on_disk = cluster.lab.on("node3", "find /var/lib/etcd -xdev -maxdepth 2 -path '*quorate*' -name member; ls -d /var/lib/etcd/lost+found")
        assert len(on_disk.split()) == 2, on_disk
    finally:
        cluster.lab("crash", "node3")  # and the mount is gone with it


@rule("a member with a write-ahead log directory of its own is left alone while it serves, and refused where its data would be set aside")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    cluster.lab.on("node3", """
        mv /var/lib/etcd/member/wal /var/lib/etcd/log
        sed -i 's|- --data-dir=.*|&\\n    - --wal-dir=/var/lib/etcd/log|' /root/broken/etcd.yaml""")
    breaking.start_etcd(cluster.lab, "node3")
    cluster.wait_healthy("node3")
    assert "--wal-dir" in cluster.lab.on("node3", f"cat {MANIFESTS}/etcd.yaml")
    assert cluster.plan().get("steps", []) == []
    breaking.remove_member(cluster, "node3")
    with cluster.nothing_changed():
        refused = cluster.apply(expect=3)
    assert "unseen-node" in refused.text and "Take --wal-dir out of its manifest" in refused.text, refused.text
