# SPDX-License-Identifier: Apache-2.0
"""The key of etcd's CA is on no node: spec.certificates.authority, a folder on the workstation, signs."""
import os
import re
import shutil

from framework import breaking
from framework.registry import rule
from framework.secrets import Poison, left_in_folders, left_on_nodes

KEY = "/etc/kubernetes/pki/etcd/ca.key"
ISSUED = r"\] issue [a-z, -]+ for (node\d): done"


def take_key_off_nodes(cluster):
    """Where the CA is from then on, with what is known of its key."""
    folder = cluster.folder + "-authority"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name in ("ca.crt", "ca.key"):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            os.chmod(file.fileno(), 0o600)
            file.write(cluster.lab.on("node1", f"cat /etc/kubernetes/pki/etcd/{name}"))
    for node in cluster.spec_nodes:
        cluster.lab.on(node, f"rm -f {KEY}")
    cluster.write_spec(certificates={"authority": folder})
    poison = Poison()
    with open(os.path.join(folder, "ca.key"), encoding="ascii") as file:
        poison.add_keys(file.read())
    assert len(poison.lines) > 5, "hardly a key was found"
    return folder, poison


@rule("with its CA's key on the workstation alone a node that was reinstalled votes again, everything is renewed, and no node ever has the key")
def _(cluster):
    folder, poison = take_key_off_nodes(cluster)
    try:
        with cluster.writing():
            breaking.reinstall(cluster.lab, "node3")
            assert "bring etcd's CA from the workstation to node3: done" in cluster.apply().out
            cluster.converged()
            assert re.findall(ISSUED, cluster.apply("--renew-certificates").out) == list(cluster.spec_nodes)
            cluster.converged()
        for node in cluster.spec_nodes:
            assert cluster.lab.on(node, f"ls {KEY} 2>/dev/null || true") == "", f"{node} has the CA's key"
            cluster.lab.on(node, "cd /etc/kubernetes/pki/etcd; openssl verify -CAfile ca.crt server.crt peer.crt healthcheck-client.crt")
        shown = "".join(run.describe() for run in cluster.quorate.runs)
        for text, control in ((shown, "the workstation"), (left_in_folders(cluster), "copyAuthority"), (left_on_nodes(cluster), "etcdserver")):
            assert control in text and not poison.found_in(text)
        os.rename(os.path.join(folder, "ca.key"), os.path.join(folder, "ca.key.elsewhere"))
        with cluster.nothing_changed():
            refused = cluster.run("plan", "--renew-certificates", expect=3)
            assert "authority-unusable" in refused.out and "ca.key is missing" in refused.out, refused.text
    finally:
        shutil.rmtree(folder)
