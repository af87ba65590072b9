# SPDX-License-Identifier: Apache-2.0
"""Procedure 8: a quorum that is lost for good. The new cluster begins with what a survivor has."""
import contextlib

from framework import breaking, checks, faults
from framework.applying import apply_until
from framework.cluster import CONFIRMED
from framework.broken_off_run import BrokenOffRun
from framework.lab import HEALTHY, until
from framework.registry import rule


def recover(cluster, *words, expect=0):
    return cluster.apply("--recover-quorum", *words, *CONFIRMED, expect=expect)


def crash(cluster, *nodes):
    for node in nodes:
        cluster.lab("crash", node)
    until(lambda: "no leader" in cluster.lab.etcdctl("node1", "endpoint", "status", "-w", "json", check=False), 30, "the quorum is lost")


def restart(cluster, node):
    """As its probe does after a while without a quorum: from then on it serves nothing."""
    before = cluster.lab.etcd_container(node)
    cluster.lab.on(node, breaking.END_ETCD)
    until(lambda: cluster.lab.etcd_container(node) != before, 60, f"etcd on {node} stops")
    until(lambda: breaking.etcd_runs(cluster.lab, node), 60, f"etcd on {node} runs again")
    assert not cluster.lab.succeeds("etcdctl", node, "endpoint", "status"), f"etcd on {node} serves after a restart"


def begun_anew(cluster, old_id, *nodes):
    """With all that the old cluster had, and nothing is left of how that was done."""
    assert sorted(cluster.members()) == sorted(nodes) and cluster.cluster_id() != old_id
    cluster.verify_data(*nodes)
    cluster.nothing_left(*nodes)


@rule("a quorum that is lost for good: the survivor is saved first, and the new cluster has all that it had", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    crash(cluster, "node2", "node3")
    with cluster.nothing_changed():
        assert "--recover-quorum" in cluster.run("plan", expect=3).text
        assert "--lost node2" in recover(cluster, expect=3).text
    run = recover(cluster, "--survivor", "node1")
    assert "survivor-chosen" in run.out and "node2: does not answer" in run.out
    begun_anew(cluster, old_id, "node1")


@rule("a run during which the quorum is lost for good is given up as it stands, and then the survivor is recovered")
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    breaking.lose_data(cluster.lab, "node3")
    process, _lines = apply_until(cluster, "[3/")
    process.kill()
    cluster.finish(process)
    crash(cluster, "node2", "node3")
    assert "quorate abandon" in cluster.run("resume", "--auto-approve", expect=3, home=cluster.elsewhere()).text
    assert "is unfinished" in recover(cluster, "--survivor", "node1", expect=3).text
    given_up = cluster.run("abandon", "--auto-approve", expect=0, home=cluster.elsewhere())
    assert "is ended as it stands" in given_up.out, given_up.text
    recover(cluster, "--survivor", "node1")
    begun_anew(cluster, old_id, "node1")


def whole_again(cluster, old_id):
    assert sorted(cluster.members()) == sorted(cluster.spec_nodes) and cluster.cluster_id() == old_id
    cluster.verify_data(*cluster.spec_nodes)
    cluster.converged()


@rule("by --method force-new-cluster the cluster goes on as the survivor, under its ID; the others join it, lost ones once they are back")
def _(cluster):
    cluster.fill()
    cluster.add_control_planes("node1", "node2")
    old_id, old_members = cluster.cluster_id(), cluster.members()
    breaking.lose_data(cluster.lab, "node3")
    cluster.lab("cut", "node2")
    until(lambda: "no leader" in cluster.lab.etcdctl("node1", "endpoint", "status", "-w", "json", check=False), 30, "the quorum is lost")
    run = recover(cluster, "--survivor", "node1", "--method", "force-new-cluster")
    assert "--force-new-cluster" in run.out, run.describe()
    assert sorted(cluster.members()) == ["node1", "node3"] and cluster.cluster_id() == old_id
    assert cluster.members()["node1"] == old_members["node1"]
    cluster.wait_api_ready("node1")
    cluster.verify_data("node1", "node3")
    cluster.nothing_left("node1", "node3")
    assert "--force-new-cluster" not in cluster.lab.on("node1", "cat /etc/kubernetes/manifests/etcd.yaml")
    cluster.lab("heal", "node2")
    plan = cluster.plan()
    assert [one["subject"] for one in plan["findings"] if one["kind"] == "given-up-cluster"] == ["node2"], plan["findings"]
    cluster.apply()
    whole_again(cluster, old_id)
    assert cluster.members()["node2"]["id"] != old_members["node2"]["id"]


@rule("by --method force-new-cluster two lost members that are back with a quorum of their own are stopped, and join", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    # what reached the cluster that goes on would be told that it was removed, and end
    cluster.lab("cut", "node1", "node2", "node3")
    for node in ("node2", "node3"):
        cluster.lab("cut", node)
    until(lambda: "no leader" in cluster.lab.etcdctl("node1", "endpoint", "status", "-w", "json", check=False), 30, "the quorum is lost")
    recover(cluster, "--survivor", "node1", "--method", "force-new-cluster")
    cluster.lab.etcdctl("node1", "put", "registry/after", "recovery")
    for node in ("node2", "node3"):
        cluster.lab("heal", node)
    cluster.wait_healthy("node2", "node3")
    assert cluster.cluster_id("node2") == old_id, "the old members have no quorum: this rule would prove nothing"
    plan = cluster.plan()
    assert {one["subject"] for one in plan["findings"] if one["kind"] == "given-up-cluster"} == {"node2", "node3"}, plan["findings"]
    cluster.lab("heal", "node1")
    cluster.apply()
    assert "recovery" in cluster.lab.etcdctl("node3", "get", "registry/after")
    cluster.lab.etcdctl("node1", "del", "registry/after")
    whole_again(cluster, old_id)


@rule("a quorum that is lost with a node that answers and has lost its data: both begin anew from the survivor", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    breaking.lose_data(cluster.lab, "node2")
    cluster.lab("crash", "node3")
    recover(cluster, "--lost", "node3")
    begun_anew(cluster, old_id, "node1", "node2")


@rule("with a quorum there is nothing to recover", still=True)
def _(cluster):
    with cluster.nothing_changed():
        assert "nothing to recover" in recover(cluster, expect=3).text


@rule("a survivor that was restarted serves nothing: a copy of its data is served once, and the new cluster has all that it had", seldom=True)
def _(cluster):
    cluster.fill()
    cluster.add_control_planes("node1")
    old_id = cluster.cluster_id()
    crash(cluster, "node2", "node3")
    restart(cluster, "node1")
    run = recover(cluster, "--survivor", "node1")
    assert "does not serve; its log ends at term" in run.out and "served once from a copy" in run.out
    cluster.wait_api_ready("node1")
    begun_anew(cluster, old_id, "node1")


@rule("where enough members are only stopped nothing is recovered: a plain apply starts them", still=True)
def _(cluster):
    for node in cluster.spec_nodes:
        breaking.stop_etcd(cluster.lab, node)
    try:
        with cluster.nothing_changed():
            assert "Enough members run, or can be started, as they are" in recover(cluster, expect=3).text
    finally:
        for node in cluster.spec_nodes:
            breaking.start_etcd(cluster.lab, node)
        cluster.wait_healthy(*cluster.spec_nodes)


@rule("a lone survivor with a damaged log: its database file is offered, and taken by a person's word alone", seldom=True)
def _(cluster):
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    old_id = cluster.cluster_id()
    crash(cluster, "node2", "node3")
    breaking.damage_log(cluster.lab, "node1")
    breaking.until_log_says(cluster.lab, "node1", breaking.DAMAGED_LOG)
    with cluster.nothing_changed():
        assert "--method database" in recover(cluster, "--survivor", "node1", expect=3).text
    run = recover(cluster, "--survivor", "node1", "--method", "database")
    assert "snapshot-unproven" in run.out and "what is only in its log, the newest changes, is lost" in run.out
    assert sorted(cluster.members()) == ["node1"] and cluster.cluster_id() != old_id
    assert "yes" in cluster.lab.etcdctl("node1", "get", "kept")
    cluster.nothing_left("node1")


class Recovery(BrokenOffRun):
    """Of a survivor that serves nothing. Abandoned, the old cluster is whole again once its other hosts are back."""
    nodes = ("node1",)
    records = 70

    def __init__(self, cluster, *words):
        self.old_id = cluster.cluster_id()
        super().__init__(cluster, "--recover-quorum", "--survivor", "node1", *words)

    def is_ready(self):
        until(lambda: breaking.etcd_runs(self.cluster.lab, "node1"), 60, "etcd on node1 runs")

    def make_whole(self):
        self.cluster.lab("load", HEALTHY)
        self.cluster.wait_healthy(*self.cluster.spec_nodes)
        self.cluster.lab.etcdctl("node1", "put", "kept", "yes")
        self.cluster.add_control_planes("node1")

    def begin(self):
        self.make_whole()
        crash(self.cluster, "node2", "node3")
        self.restart_survivor()

    def restart_survivor(self):
        restart(self.cluster, "node1")

    def is_done(self):
        cluster = self.cluster
        cluster.wait_healthy("node1")
        assert cluster.cluster_id() != self.old_id, "it has the old cluster's ID"
        self.is_whole()

    def is_whole(self):
        cluster = self.cluster
        assert "yes" in cluster.lab.etcdctl("node1", "get", "kept")
        cluster.wait_api_ready("node1")
        cluster.nothing_left("node1")
        checks.files_are_right(cluster, "node1")

    def is_as_before(self):
        cluster = self.cluster
        for node in ("node2", "node3"):
            cluster.lab("start", node)
        cluster.wait_healthy(*cluster.spec_nodes)
        assert cluster.cluster_id() == self.old_id, "the old cluster did not come back"
        self.is_whole()
        cluster.converged()


@rule("killed anywhere, a recovery from a survivor's data: resume ends it and abandon undoes it, from another folder", kill=True, seldom=True)
def _(cluster):
    Recovery(cluster).try_kills()


class Forced(Recovery):
    """Of a survivor that serves still, and goes on as the cluster."""
    records = 66

    def __init__(self, cluster):
        super().__init__(cluster, "--method", "force-new-cluster")

    def restart_survivor(self):
        pass

    @contextlib.contextmanager
    def begun(self, fault):
        self.make_whole()
        # A fault may restart etcd to be prepared, and without a quorum it would serve no more.
        with faults.prepared(fault):
            self.cluster.wait_healthy(*self.cluster.spec_nodes)
            crash(self.cluster, "node2", "node3")
            yield

    def is_done(self):
        cluster = self.cluster
        cluster.wait_healthy("node1")
        assert cluster.cluster_id() == self.old_id and sorted(cluster.members()) == ["node1"]
        self.is_whole()


@rule("killed anywhere, a cluster that goes on as its survivor: resume ends it and abandon undoes it, from another folder", kill=True, seldom=True)
def _(cluster):
    Forced(cluster).try_kills()


@rule("struck anywhere, a recovery from a survivor's data: it ends well, is undone, or resume and abandon go on", kill=True, seldom=True)
def _(cluster):
    Recovery(cluster).try_faults()


@rule("struck anywhere, a cluster that goes on as its survivor: it ends well, is undone, or resume and abandon go on", kill=True, seldom=True)
def _(cluster):
    Forced(cluster).try_faults()


@rule("killed anywhere, a recovery from a survivor's database file: resume ends it and abandon undoes it, from another folder", kill=True,
      seldom=True)
def _(cluster):
    Recovery(cluster, "--method", "database").try_kills()


@rule("struck anywhere, a recovery from a survivor's database file: it ends well, is undone, or resume and abandon go on", kill=True, seldom=True)
def _(cluster):
    Recovery(cluster, "--method", "database").try_faults()
