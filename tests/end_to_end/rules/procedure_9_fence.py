# SPDX-License-Identifier: Apache-2.0
"""Procedure 9: hosts that come back with a cluster that was given up."""
import os
import time

from framework import breaking
from framework.broken_off_run import BrokenOffRun
from framework.lab import HEALTHY, until
from framework.registry import rule

from .procedure_8_restore import CONFIRMED, restored

OTHERS = ("node2", "node3")


def recovered_from_node1(cluster, lose):
    """The old quorum is out of reach, and node1 alone is the new cluster. The old cluster's ID."""
    cluster.fill()
    cluster.add_control_planes("node1", "node2")
    old_id = cluster.cluster_id()
    for node in OTHERS:
        cluster.lab(lose, node)
    until(lambda: "no leader" in cluster.lab.etcdctl("node1", "endpoint", "status", "-w", "json", check=False), 30, "the quorum is lost")
    cluster.apply("--recover-quorum", "--survivor", "node1", *CONFIRMED)
    assert cluster.lab.on("node1", "ls /var/lib/quorate/tombstones").split() == [old_id]
    return old_id


@rule("cut off, given up, and healed: a majority that serves the old cluster is no cluster any more; it is stopped, and joins")
def _(cluster):
    old_id = recovered_from_node1(cluster, "cut")
    cluster.lab.etcdctl("node1", "put", "registry/after", "recovery")
    for node in OTHERS:
        cluster.lab("heal", node)
    cluster.wait_healthy(*OTHERS)
    assert cluster.cluster_id("node2") == old_id, "the old cluster has no quorum: this rule would prove nothing"
    cluster.wait_api_ready("node1", "node2")
    plan = cluster.plan()
    assert {one["subject"] for one in plan["findings"] if one["kind"] == "given-up-cluster"} == set(OTHERS), plan["findings"]
    began = time.time()
    cluster.apply()
    cluster.wait_api_ready("node2")
    until(lambda: cluster.api_servers_since()[cluster.lab.address("node2")] > began, 10, "the API server on node2 is another process")
    assert "recovery" in cluster.lab.etcdctl("node3", "get", "registry/after")
    cluster.lab.etcdctl("node1", "del", "registry/after")
    restored(cluster, old_id, set_aside=OTHERS)
    for node in cluster.spec_nodes:
        assert cluster.lab.on(node, "ls /var/lib/quorate/tombstones").split() == [old_id], f"{node} has no tombstone"


def holds_data(cluster, node):
    return cluster.lab.on(node, "ls /var/lib/etcd/member 2>/dev/null || true") != ""


def serves_clients(cluster, node):
    return cluster.lab.on(node, "pgrep -x kube-apiserver || true") != ""


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@rule("fence --wait stops each host as it appears, and makes no member of it; a plain apply does", seldom=True)
def _(cluster):
    old_id = recovered_from_node1(cluster, "crash")
    said = os.path.join(cluster.folder, "fence.txt")
    with open(said, "w", encoding="utf-8") as file:
        waiting = cluster.start("fence", "--wait", "--auto-approve", stdout=file)
    until(lambda: "Waiting for node2, node3." in text_of(said), 30, "it waits")
    for node in OTHERS:
        cluster.lab("start", node)
        until(lambda node=node: not (breaking.etcd_runs(cluster.lab, node) or holds_data(cluster, node) or serves_clients(cluster, node)), 60,
              f"{node} is stopped")
    cluster.finish(waiting, expect=0)
    assert sorted(cluster.members()) == ["node1"]
    assert "No node that answers" in cluster.run("fence", expect=0).out
    cluster.apply()
    restored(cluster, old_id, set_aside=OTHERS)


class Fence(BrokenOffRun):
    """Of two members that serve the cluster that was given up."""
    command = ("fence", "--auto-approve")
    confirmed = ()
    nodes = OTHERS
    records = 24

    def is_ready(self):
        self.cluster.wait_healthy(*OTHERS)

    def begin(self):
        cluster = self.cluster
        cluster.lab("load", HEALTHY)
        cluster.wait_healthy(*cluster.spec_nodes)
        cluster.lab.etcdctl("node1", "put", "kept", "yes")
        self.old_id = cluster.cluster_id()
        for node in OTHERS:
            cluster.lab("cut", node)
        until(lambda: "no leader" in cluster.lab.etcdctl("node1", "endpoint", "status", "-w", "json", check=False), 30, "the quorum is lost")
        cluster.apply("--recover-quorum", "--survivor", "node1", *CONFIRMED, home=cluster.elsewhere())
        for node in OTHERS:
            cluster.lab("heal", node)
        self.is_ready()

    def is_done(self):
        cluster = self.cluster
        for node in OTHERS:
            until(lambda node=node: not (breaking.etcd_runs(cluster.lab, node) or holds_data(cluster, node)), 60, f"{node} is stopped")
        assert sorted(cluster.members()) == ["node1"]
        cluster.apply(home=cluster.elsewhere())
        assert cluster.cluster_id() != self.old_id and "yes" in cluster.lab.etcdctl("node3", "get", "kept")
        cluster.converged(set_aside=OTHERS)

    def is_as_before(self):
        """What was stopped may be stopped still."""
        self.run(home=self.cluster.elsewhere())
        self.is_done()


@rule("killed anywhere, a fence: resume ends it, abandon leaves it to the next fence, and no member is made", kill=True, seldom=True)
def _(cluster):
    Fence(cluster).try_kills()


@rule("struck anywhere, a fence: it ends well, or resume and abandon go on, and no member is made", kill=True, seldom=True)
def _(cluster):
    Fence(cluster).try_faults()
