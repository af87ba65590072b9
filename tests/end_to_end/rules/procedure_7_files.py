# SPDX-License-Identifier: Apache-2.0
"""Procedure 7: files and settings that keep etcd from working; and other people's files, which are left alone."""
from framework import breaking
from framework.lab import MANIFESTS, until
from framework.registry import rule

KUBE_VIP = """apiVersion: v1
kind: Pod
metadata:
  name: kube-vip
  namespace: kube-system
spec:
  hostNetwork: true
  containers:
  - name: kube-vip
    image: ghcr.io/kube-vip/kube-vip:v0.6.4
    args: [manager]
    env:
    - {name: port, value: "6443"}
"""


def parked(cluster, node, name):
    return cluster.lab.on(node, f"ls /var/lib/quorate/*/{name}").strip()


def file_is_moved_away(cluster, making):
    with cluster.writing():
        cluster.lab.on("node3", making)
        cluster.apply()
    cluster.converged()
    parked(cluster, "node3", "etcd.yaml.bak")


@rule("an etcd.yaml.bak beside the manifest is moved out of the kubelet's sight", seldom=True)
def _(cluster):
    file_is_moved_away(cluster, f"cp -p {MANIFESTS}/etcd.yaml {MANIFESTS}/etcd.yaml.bak")


@rule("an empty etcd.yaml.bak, which no kubelet can run, is moved away, and etcd runs on")
def _(cluster):
    file_is_moved_away(cluster, f": >{MANIFESTS}/etcd.yaml.bak")


@rule("an etcd.yaml.bak with other flags, which the kubelet already runs, is moved away, and etcd.yaml runs again", seldom=True)
def _(cluster):
    with cluster.writing():
        cluster.lab.on("node3", f"sed 's/snapshot-count=10000/snapshot-count=777/' {MANIFESTS}/etcd.yaml >/tmp/b;"
                                f" chmod 600 /tmp/b; mv /tmp/b {MANIFESTS}/etcd.yaml.bak")
        until(lambda: "snapshot-count=777" in cluster.lab.on("node3", "tr '\\0' '\\n' </proc/$(pidof etcd)/cmdline", check=False),
              60, "the kubelet runs the copy")
        cluster.wait_healthy("node3")
        cluster.apply()
    cluster.converged()
    assert "snapshot-count=10000" in cluster.lab.on("node3", "tr '\\0' '\\n' </proc/$(pidof etcd)/cmdline")


@rule("etcd whose manifest is an etcd.yaml.bak alone goes on to serve, and is put right or left alone")
def _(cluster):
    with cluster.writing():
        cluster.lab.on("node3", f"mv {MANIFESTS}/etcd.yaml {MANIFESTS}/etcd.yaml.bak")
        # 3: its pod is another now, and may be starting at that moment
        cluster.apply(expect=(0, 3))
        until(lambda: "3 of 3 voters live" in cluster.run("status").out, 60, "etcd on node3 serves")
    cluster.run("plan", "--detailed-exitcode", expect=0)


@rule("a data directory that etcd's user cannot write gets its owner back")
def _(cluster):
    with cluster.writing():
        breaking.start_for_another_user(cluster.lab, "node3")
        cluster.apply()
        cluster.wait_healthy("node3")
    cluster.run("plan", "--detailed-exitcode", expect=0)
    assert cluster.lab.on("node3", "stat -c %u:%g /var/lib/etcd /var/lib/etcd/member").split() == ["2379:2379"] * 2


@rule("a peer URL that is none of the node's is put right", seldom=True)
def _(cluster):
    member = cluster.members()["node3"]["id"]
    with cluster.writing():
        cluster.lab.etcdctl("node1", "member", "update", member, f"--peer-urls=https://{cluster.lab.subnet}.199:2380")
        cluster.apply()
    cluster.converged()
    found = cluster.members()["node3"]
    assert found["id"] == member and found["peer_url"] == f"https://{cluster.lab.address('node3')}:2380", found


@rule("kube-vip's manifest, and one of nobody's that is no YAML, are left alone by a whole replacement", seldom=True)
def _(cluster):
    cluster.lab.on("node3", f"cat >{MANIFESTS}/kube-vip.yaml", text=KUBE_VIP)
    before = cluster.lab.on("node3", f"sha256sum {MANIFESTS}/kube-vip.yaml; stat -c %i {MANIFESTS}/kube-vip.yaml")
    cluster.run("plan", "--detailed-exitcode", expect=0)
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged(manifests={"node3": ["kube-vip.yaml"]})
    assert cluster.lab.on("node3", f"sha256sum {MANIFESTS}/kube-vip.yaml; stat -c %i {MANIFESTS}/kube-vip.yaml") == before


@rule("a data directory owned by etcd, which root's etcd can write, is left alone", seldom=True)
def _(cluster):
    cluster.lab.on("node3", "chown -R 2379:2379 /var/lib/etcd")
    with cluster.nothing_changed():
        cluster.run("plan", "--detailed-exitcode", expect=0)
        cluster.apply()


@rule("a manifest of etcd that is no YAML is named, with what to do, and nothing is changed")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    cluster.lab.on("node3", f"printf 'apiVersion: v1\\nkind: Pod\\n  name: etcd: [\\n --data-dir=/var/lib/etcd\\n' >{MANIFESTS}/etcd.yaml")
    with cluster.nothing_changed():
        run = cluster.apply(expect=(1, 3))
    assert "node3" in run.text and f"{MANIFESTS}/etcd.yaml" in run.text
