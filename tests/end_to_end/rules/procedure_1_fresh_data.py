# SPDX-License-Identifier: Apache-2.0
"""Procedure 1: a node whose etcd lost its data, was wiped, holds the data of a removed member, or an older copy of its own."""
import time

from framework import breaking
from framework.registry import rule


@rule("a node that was reinstalled gets certificates, manifest and data, and votes again", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.reinstall(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()


@rule("an etcd whose data is lost is replaced", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()


@rule("without etcd's image, and without a registry that has it, a member is not taken out; with it, it is replaced", seldom=True)
def _(cluster):
    put_back = breaking.lose_data_and_image(cluster.lab, "node3")
    before = cluster.lab.etcdctl("node1", "member", "list")
    run = cluster.apply(expect=1)
    assert "crictl pull" in run.text or "images pull" in run.text, run.describe()
    assert cluster.lab.etcdctl("node1", "member", "list") == before, "its member was touched"
    put_back()
    cluster.apply()
    cluster.converged()


@rule("data of a removed member is set aside, and the node joins anew", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.remove_member(cluster, "node3")
        cluster.apply()
    cluster.converged(set_aside=["node3"])


@rule("an older copy of its own data never votes: it is set aside")
def _(cluster):
    with cluster.writing():
        breaking.older_copy(cluster.lab, "node3")
        cluster.wait_healthy("node3")
        time.sleep(2)
        breaking.put_older_copy_back(cluster.lab, "node3")
        breaking.until_log_says(cluster.lab, "node3", "is out of range")
        cluster.apply()
    cluster.converged(set_aside=["node3"])


@rule("a damaged write-ahead log is set aside", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.damage_log(cluster.lab, "node3")
        breaking.until_log_says(cluster.lab, "node3", breaking.DAMAGED_LOG)
        cluster.apply()
    cluster.converged(set_aside=["node3"])


@rule("--replace gives a sound follower fresh data", seldom=True)
def _(cluster):
    follower = next(node for node in cluster.spec_nodes if node != cluster.leader())
    before = cluster.members()[follower]["id"]
    with cluster.writing():
        cluster.apply("--replace", follower)
    cluster.converged(set_aside=[follower])
    assert cluster.members()[follower]["id"] != before, "it is the same member still"


@rule("what was set aside is deleted once the spec's setAside lets it go, and not before")
def _(cluster):
    follower = next(node for node in cluster.spec_nodes if node != cluster.leader())
    cluster.apply("--replace", follower)
    for keep in (1, 0):
        cluster.write_spec(set_aside=keep)
        run = cluster.apply()
        assert ("delete what was set aside on " + follower in run.out) == (keep == 0), run.out
    assert not cluster.lab.on(follower, "ls -d /var/lib/etcd/.quorate-* 2>/dev/null || true")
    cluster.converged()


@rule("--replace of the leader hands over first", seldom=True)
def _(cluster):
    leader = cluster.leader()
    with cluster.writing():
        run = cluster.apply("--replace", leader)
    assert "lead" in run.out
    cluster.converged(set_aside=[leader])


@rule("--replace is refused where the others have no quorum, and nothing is changed")
def _(cluster):
    cluster.lab("crash", "node3")
    cluster.wait_healthy("node1")
    with cluster.nothing_changed():
        cluster.apply("--replace", "node2", expect=3)


@rule("two nodes of three are wiped one after the other, never at once", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
        breaking.lose_data(cluster.lab, "node2")
        cluster.apply()
    cluster.converged()


@rule("the first node of the spec, which began a cluster of its own, is taken back, and never asked for the others")
def _(cluster):
    with cluster.writing(via="node2"):
        breaking.begin_anew(cluster.lab, "node1")
        cluster.apply()
    cluster.converged(set_aside=["node1"])


@rule("--replace of an etcd that runs on without its data directory, which somebody removed", seldom=True)
def _(cluster):
    follower = next(node for node in cluster.spec_nodes if node != cluster.leader())
    with cluster.writing():
        cluster.lab.on(follower, "rm -rf /var/lib/etcd")
        cluster.apply("--replace", follower)
    cluster.converged()
