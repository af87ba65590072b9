# SPDX-License-Identifier: Apache-2.0
"""Procedure 13: another CA of etcd's."""
import re

from framework.applying import apply_until
from framework.authority import OLD_CLIENT, content, is_accepted, keep_old_clients, old_clients_are_refused, rotated
from framework.lab import until
from framework.registry import rule


@rule("--rotate-ca: both CAs are trusted, then the new one signs, then it alone is trusted; a client writes on, and the old one's are refused")
def _(cluster):
    cluster.add_control_planes("node2")
    keep_old_clients(cluster)
    assert is_accepted(cluster, "node2", OLD_CLIENT)
    since = cluster.api_servers_since()
    with cluster.writing(), cluster.fetching_credentials():
        run = cluster.apply("--rotate-ca")
        trusting = re.findall(r"\] trust (.*) on (node\d): done", run.out)
        cluster.converged()
    cluster.notes.append(f"{run.seconds:.0f} s")
    assert [what for what, _ in trusting] == ["etcd-ca and etcd-ca-2"] * 3 + ["only etcd-ca-2"] * 3, trusting
    rotated(cluster)
    old_clients_are_refused(cluster)
    cluster.wait_api_ready("node2")
    after = cluster.api_servers_since()
    assert all(after[address] > began for address, began in since.items()), (since, after)
    assert cluster.plan().get("steps", []) == []


@rule("a rotation that is killed in each of its phases goes on from another folder, to the same new CA", seldom=True)
def _(cluster):
    with cluster.writing(), cluster.fetching_credentials():
        for at in ("] make the CA", "] trust etcd-ca and", "] sign with", "] issue ", "] trust only", "] remove the CA"):
            words = ("--rotate-ca",) if at == "] make the CA" else ()
            process, _lines = apply_until(cluster, at, *words, home=cluster.elsewhere())
            process.kill()
            cluster.finish(process)
        until(lambda: cluster.run("resume", "--auto-approve", home=cluster.elsewhere()).code == 0, 300, "it goes on")
        cluster.converged()
    rotated(cluster)


@rule("a rotation that is abandoned before the new CA has signed leaves the old one, byte for byte, and nothing of the new", seldom=True)
def _(cluster):
    before = {node: (content(cluster, node), content(cluster, node, "ca.key")) for node in cluster.spec_nodes}
    with cluster.writing(), cluster.fetching_credentials():
        process, _lines = apply_until(cluster, "] trust etcd-ca and etcd-ca-2 on ", "--rotate-ca")
        process.kill()
        cluster.finish(process)
        until(lambda: cluster.run("abandon", "--auto-approve", home=cluster.elsewhere()).code == 0, 300, "it is undone")
        cluster.converged()
    assert before == {node: (content(cluster, node), content(cluster, node, "ca.key")) for node in cluster.spec_nodes}
    for node in cluster.spec_nodes:
        assert not cluster.lab.on(node, "ls -d /var/lib/quorate/authority 2>/dev/null || true")
    assert cluster.plan().get("steps", []) == []


@rule("a rotation that is abandoned once the new CA signs stays safe as it is, and is finished by asking again", seldom=True)
def _(cluster):
    with cluster.writing(), cluster.fetching_credentials():
        process, _lines = apply_until(cluster, "] issue ", "--rotate-ca")
        process.kill()
        cluster.finish(process)
        until(lambda: cluster.run("abandon", "--auto-approve", home=cluster.elsewhere()).code in (0, 2), 300, "it is abandoned")
        assert "authority-rotation" in {finding["kind"] for finding in cluster.plan()["findings"]}
        cluster.apply("--rotate-ca")
        cluster.converged()
    rotated(cluster)


@rule("two members and one get another CA too: writes wait while each is restarted", seldom=True)
def _(cluster):
    cluster.write_spec(("node1", "node2"))
    cluster.apply()
    with cluster.writing(continues=False), cluster.fetching_credentials():
        cluster.apply("--rotate-ca")
        cluster.converged()
    rotated(cluster)
    cluster.write_spec(("node1",))
    cluster.apply()
    cluster.apply("--rotate-ca")
    rotated(cluster, "etcd-ca-3")


@rule("two members, killed while one is stopped for another CA: resume from another folder starts it, and goes on to the same CA", seldom=True)
def _(cluster):
    cluster.write_spec(("node1", "node2"))
    cluster.apply()
    cluster.add_control_planes("node1")
    with cluster.writing(continues=False), cluster.fetching_credentials():
        process, _lines = apply_until(cluster, "] trust etcd-ca and etcd-ca-2 on ", "--rotate-ca")
        process.kill()
        cluster.finish(process)
        runs = []
        until(lambda: runs.append(cluster.run("resume", "--auto-approve", home=cluster.elsewhere())) or runs[-1].code == 0, 300, "it goes on")
        assert any("has brought the quorum back" in run.out and run.code == 4 for run in runs), [run.text for run in runs]
        cluster.converged()
    cluster.wait_api_ready("node1")
    rotated(cluster)


@rule("after a rotation kubeadm signs with the new CA, and kubectl sees what was there before", kubernetes=True)
def _(cluster):
    cluster.add_control_planes(*cluster.spec_nodes)
    cluster.kubectl("node1", "create", "configmap", "made-before", "--from-literal=a=b")
    with cluster.writing(), cluster.fetching_credentials():
        run = cluster.apply("--rotate-ca")
        cluster.converged()
    cluster.notes.append(f"{run.seconds:.0f} s")
    rotated(cluster)
    cluster.wait_api_ready(*cluster.spec_nodes)
    for node in cluster.spec_nodes:
        assert cluster.kubectl(node, "get", "configmap", "made-before", "-o", "name").strip() == "configmap/made-before"
    cluster.kubectl("node2", "create", "configmap", "made-after", "--from-literal=a=b")
    cluster.lab.on("node3", "kubeadm certs renew etcd-server; kubeadm certs renew apiserver-etcd-client")
    rotated(cluster)
    expiration = cluster.lab.on("node3", "kubeadm certs check-expiration 2>/dev/null")
    assert "invalid" not in expiration and "MISSING" not in expiration, expiration
    assert cluster.plan().get("steps", []) == []
