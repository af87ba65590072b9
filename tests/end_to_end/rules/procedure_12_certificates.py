# SPDX-License-Identifier: Apache-2.0
"""Procedure 12: certificates of etcd that are of use, and are replaced all the same."""
import re

from framework import breaking
from framework.applying import apply_until
from framework.lab import MANIFESTS, until
from framework.registry import rule

OF_ETCD = ("server", "peer", "healthcheck-client")
ANEW = r"\] issue ([a-z, -]+) for (node\d): done"


def described(cluster, node, name, *what):
    return cluster.lab.on(node, f"openssl x509 -in /etc/kubernetes/pki/etcd/{name}.crt -noout {' '.join(what)}")


def of_all(cluster, *what):
    return {(node, name): described(cluster, node, name, *what) for node in cluster.spec_nodes for name in OF_ETCD}


def purposes(cluster):
    """Names and uses, in any order: kubeadm sorts the names."""
    return {each: sorted(re.split(r"[,\n] *", text)) for each, text in of_all(cluster, "-ext", "subjectAltName,extendedKeyUsage").items()}


def shown(cluster, node, port):
    """The serial of what etcd there shows now."""
    return cluster.lab.on(node, f"""
        cd /etc/kubernetes/pki/etcd
        openssl s_client -connect {cluster.lab.address(node)}:{port} -cert peer.crt -key peer.key </dev/null 2>/dev/null |
            openssl x509 -noout -serial""")


def kinds(plan, node):
    return {finding["kind"] for finding in plan.get("findings", []) if finding.get("subject") == node}


@rule("--renew-certificates: every certificate of etcd's and its key is another, and shown; nothing is restarted, and no write is lost", seldom=True)
def _(cluster):
    serials, names = of_all(cluster, "-serial"), purposes(cluster)
    containers = {node: cluster.lab.etcd_container(node) for node in cluster.spec_nodes}
    keys = cluster.lab.on("node2", "sha256sum /etc/kubernetes/pki/etcd/*.key")
    with cluster.writing():
        run = cluster.apply("--renew-certificates")
        assert [node for _, node in re.findall(ANEW, run.out)] == list(cluster.spec_nodes), run.text
        cluster.converged()
    after = of_all(cluster, "-serial")
    assert all(serials[each] != after[each] for each in serials), "a certificate is the one of before"
    assert names == purposes(cluster), (names, purposes(cluster))
    assert containers == {node: cluster.lab.etcd_container(node) for node in cluster.spec_nodes}, "etcd was restarted"
    for node in cluster.spec_nodes:
        assert shown(cluster, node, 2379) == after[node, "server"] and shown(cluster, node, 2380) == after[node, "peer"]
        modes = cluster.lab.on(node, "cd /etc/kubernetes/pki/etcd; stat -c '%n %a' server.crt server.key peer.key healthcheck-client.key")
        assert modes.split() == "server.crt 644 server.key 600 peer.key 600 healthcheck-client.key 600".split(), modes
    before, now = keys.split(), cluster.lab.on("node2", "sha256sum /etc/kubernetes/pki/etcd/*.key").split()
    changed = {path.rsplit("/", 1)[1] for one, other, path in zip(before[::2], now[::2], now[1::2]) if one != other}
    assert changed == {"server.key", "peer.key", "healthcheck-client.key"}, changed


@rule("a certificate that expires soon, lacks names of the spec, is for another use or has a key that others can read is issued anew", seldom=True)
def _(cluster):
    breaking.issue(cluster.lab, "node1", "peer", extensions="extendedKeyUsage=clientAuth")
    breaking.issue(cluster.lab, "node2", "server", days=9)
    cluster.lab.on("node3", "chmod 644 /etc/kubernetes/pki/etcd/peer.key")
    plan = cluster.plan()
    assert kinds(plan, "node1") == {"certificate-missing"}, plan["findings"]
    assert kinds(plan, "node2") == {"certificate-expires-soon"}, plan["findings"]
    assert kinds(plan, "node3") == {"key-exposed"}, plan["findings"]
    containers = {node: cluster.lab.etcd_container(node) for node in cluster.spec_nodes}
    key = cluster.lab.on("node3", "sha256sum </etc/kubernetes/pki/etcd/peer.key")
    with cluster.writing():
        run = cluster.apply()
        assert re.findall(ANEW, run.out) == [("etcd-peer", "node1"), ("etcd-server", "node2"), ("etcd-peer", "node3")], run.text
        cluster.converged()
        assert cluster.lab.on("node3", "sha256sum </etc/kubernetes/pki/etcd/peer.key") != key, "a key that was exposed is still in use"
        cluster.write_spec(certificates={"extraSANs": "[etcd.lab.example.com, 10.9.8.7]"})
        cluster.apply()
        cluster.converged()
    for node in cluster.spec_nodes:
        for name in ("server", "peer"):
            sans = described(cluster, node, name, "-ext", "subjectAltName")
            assert "DNS:etcd.lab.example.com" in sans and "IP Address:10.9.8.7" in sans, sans
    assert containers == {node: cluster.lab.etcd_container(node) for node in cluster.spec_nodes}, "etcd was restarted"


@rule("an etcd that shows another certificate than the one on the disk is named, and a new one is not put where it is not read", seldom=True)
def _(cluster):
    cluster.lab.on("node3", f"""
        cd /etc/kubernetes/pki/etcd; cp -p server.crt own.crt; cp -p server.key own.key
        sed -i 's,/pki/etcd/server[.],/pki/etcd/own.,' {MANIFESTS}/etcd.yaml""")
    cluster.wait_healthy("node3")
    breaking.issue(cluster.lab, "node3", "server")
    serial = described(cluster, "node3", "server", "-serial")
    assert kinds(cluster.plan(), "node3") == {"certificate-not-served"}
    with cluster.writing():
        run = cluster.apply("--renew-certificates", expect=3)
    assert "Its etcd shows another certificate than its server.crt" in run.text, run.text
    assert [node for _, node in re.findall(ANEW, run.out)] == ["node1", "node2"], run.text
    assert described(cluster, "node3", "server", "-serial") == serial


@rule("every certificate has expired, etcd and the API are down: --renew-certificates=all, and kubectl works again", kubernetes=True)
def _(cluster):
    cluster.add_control_planes(*cluster.spec_nodes)
    cluster.kubectl("node1", "create", "configmap", "made-before", "--from-literal=a=b")
    breaking.expire_everything(cluster.lab, *cluster.spec_nodes)
    for node in cluster.spec_nodes:
        until(lambda node=node: not cluster.api_is_ready(node), 60, f"the API server on {node} is down")
    with_kubectl = cluster.kubectl("node1", "get", "configmap", "made-before", "-o", "name", check=False)
    assert "configmap/made-before" not in with_kubectl, "nothing is broken"
    plan = cluster.plan()
    assert all("certificate-expired" in kinds(plan, node) for node in cluster.spec_nodes), plan["findings"]
    run = cluster.apply("--renew-certificates=all")
    cluster.notes.append(f"{run.seconds:.0f} s")
    renewed = re.findall(r"\] renew (\S.*) on (node\d): done", run.out)
    assert [node for _, node in renewed] == list(cluster.spec_nodes), run.text
    for node in cluster.spec_nodes:
        assert cluster.kubectl(node, "get", "configmap", "made-before", "-o", "name").strip() == "configmap/made-before"
        expired = cluster.lab.on(node, "kubeadm certs check-expiration 2>/dev/null")
        assert "invalid" not in expired and "apiserver-kubelet-client" in expired, expired
    cluster.kubectl("node2", "create", "configmap", "made-after", "--from-literal=a=b")
    cluster.converged()


@rule("--renew-certificates=all restarts one control plane at a time, and goes on from another folder where it was killed", kubernetes=True)
def _(cluster):
    cluster.add_control_planes(*cluster.spec_nodes)
    serials = {node: cluster.lab.on(node, "openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -serial") for node in cluster.spec_nodes}
    with cluster.writing():
        process, _lines = apply_until(cluster, "] renew ", "--renew-certificates=all")
        process.kill()
        cluster.finish(process)
        until(lambda: cluster.run("resume", "--auto-approve", home=cluster.elsewhere()).code == 0, 300, "it goes on")
        cluster.converged()
    cluster.wait_api_ready(*cluster.spec_nodes)
    for node, serial in serials.items():
        assert cluster.lab.on(node, "openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -serial") != serial
        shown_by_api = cluster.lab.on(node, "openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -serial")
        assert shown_by_api == cluster.lab.on(node, "openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -serial")
