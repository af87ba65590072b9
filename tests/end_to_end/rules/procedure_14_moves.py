# SPDX-License-Identifier: Apache-2.0
"""Procedure 14: a node's etcd at another address."""
import contextlib
import json
import os
import re

from framework.addresses import add_new_addresses, ends_at_new_addresses, new_address, take_new_addresses_away
from framework.applying import apply_until
from framework.lab import until
from framework.registry import rule


@contextlib.contextmanager
def also_at_new_addresses(cluster, *nodes):
    """Each machine has both."""
    add_new_addresses(cluster, *nodes)
    try:
        yield
    finally:
        take_new_addresses_away(cluster)


@contextlib.contextmanager
def renumbered(cluster, node):
    """Its machine has the new one, and has the old one no more."""
    def exchange(old, new):
        cluster.lab.on(node, f"""
            ip address delete {old}/24 dev eth0
            ip address add {new}/24 dev eth0
            ip route replace default via {cluster.lab.subnet}.1""")

    cluster.moved[node] = new_address(cluster, node)
    exchange(cluster.lab.address(node), cluster.moved[node])
    try:
        yield
    finally:
        exchange(cluster.moved.pop(node), cluster.lab.address(node))


def spec_with_new_addresses(cluster, *nodes, members=("node1", "node2", "node3"), host=None):
    """`host`: SSH goes to the new address too, where that is known by the same key."""
    known = os.path.join(cluster.folder, "known_hosts")
    with open(cluster.environment["LAB_KNOWN_HOSTS"], encoding="ascii") as file:
        lines = file.read().splitlines()
    for node in nodes:
        lines += [f"{new_address(cluster, node)} {line.split(' ', 1)[1]}" for line in lines if line.startswith(f"{node},")]
    with open(known, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    cluster.write_spec(nodes=members, hosts=ends_at_new_addresses(cluster, *nodes, host=host), ssh={"knownHostsFile": known})


def moved(cluster, *nodes):
    members = cluster.members()
    published = json.loads(cluster.lab.etcdctl("node1", "member", "list", "-w", "json"))["members"]
    for node in nodes:
        address = new_address(cluster, node)
        assert members[node]["peer_url"] == f"https://{address}:2380", members
        assert [one["clientURLs"] for one in published if one["name"] == node] == [[f"https://{address}:2379"]], published
        for port, name in ((2379, "server"), (2380, "peer")):
            shown = cluster.lab.on(node, f"""
                cd /etc/kubernetes/pki/etcd
                openssl s_client -connect {address}:{port} -cert peer.crt -key peer.key </dev/null 2>/dev/null |
                    openssl x509 -noout -ext subjectAltName""")
            assert f"IP Address:{address}" in shown, (node, name, shown)
        manifest = cluster.lab.on(node, "cat /etc/kubernetes/manifests/etcd.yaml")
        assert f"etcd.advertise-client-urls: https://{address}:2379" in manifest, manifest


@rule("an address that the spec has otherwise is moved to: certificates, the listed peer URL, what etcd listens at; a client writes on")
def _(cluster):
    ids = {name: one["id"] for name, one in cluster.members().items()}
    with also_at_new_addresses(cluster, "node1", "node2", "node3"):
        spec_with_new_addresses(cluster, "node1", "node2", "node3")
        with cluster.writing():
            run = cluster.apply()
            assert len(re.findall(r"\] serve at \S+ on node\d: done", run.out)) == 3, run.text
            cluster.converged()
        moved(cluster, "node1", "node2", "node3")
        assert ids == {name: one["id"] for name, one in cluster.members().items()}, "a member is another"


@rule("a move that is killed before, or after, the member is listed at its new address goes on from another folder", seldom=True)
def _(cluster):
    with also_at_new_addresses(cluster, "node2", "node3"):
        spec_with_new_addresses(cluster, "node2", "node3")
        with cluster.writing():
            for at in ("] issue ", "] set the peer URL"):
                process, _lines = apply_until(cluster, at, home=cluster.elsewhere())
                process.kill()
                cluster.finish(process)
            until(lambda: cluster.run("resume", "--auto-approve", home=cluster.elsewhere()).code == 0, 120, "it goes on")
            cluster.converged()
        moved(cluster, "node2", "node3")


@rule("a machine that has another address by now is taken along: its etcd is the member that it was, and a client writes on", seldom=True)
def _(cluster):
    member = cluster.members()["node3"]["id"]
    with cluster.writing(), renumbered(cluster, "node3"):
        spec_with_new_addresses(cluster, "node3", host=new_address(cluster, "node3"))
        cluster.lab.on("node3", "systemctl restart kubelet; pkill -x etcd || true")
        cluster.apply()
        cluster.converged()
        assert cluster.members()["node3"]["id"] == member
        moved(cluster, "node3")
        cluster.verify_writes()


@rule("two members, and the machine of one has another address by now: it is started there first, and a quorum comes of it", seldom=True)
def _(cluster):
    cluster.write_spec(("node1", "node2"))
    cluster.apply()
    until(lambda: cluster.lab.succeeds("etcdctl", "node1", "put", "kept", "yes"), 30, "it takes a write")
    with renumbered(cluster, "node2"):
        spec_with_new_addresses(cluster, "node2", members=("node1", "node2"), host=new_address(cluster, "node2"))
        cluster.lab.on("node2", "systemctl restart kubelet; pkill -x etcd || true")
        until(lambda: "no-quorum" in {one["kind"] for one in cluster.plan().get("findings", [])}, 30, "the quorum is lost")
        # what waits for a quorum, and what a stopping etcd was taken for, are the next plans'
        until(lambda: cluster.apply(expect=None).code == 0 and cluster.plan().get("steps", []) == [], 300, "it is moved")
        cluster.converged()
        moved(cluster, "node2")
        assert "yes" in cluster.lab.etcdctl("node2", "get", "kept")
