# SPDX-License-Identifier: Apache-2.0
"""Procedure 3: all are healthy, and the spec says something else."""
from framework import breaking
from framework.registry import rule


@rule("a node of the spec that is not a member joins", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "node3", "node4"))
    with cluster.writing():
        cluster.apply()
    cluster.converged()


@rule("a member that is not in the spec is removed", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2"))
    with cluster.writing():
        cluster.apply()
    cluster.converged()


@rule("the leader, when the spec has it no more, hands over and is removed")
def _(cluster):
    leader = cluster.leader()
    rest = tuple(node for node in cluster.lab.members if node != leader)
    cluster.write_spec(nodes=rest)
    with cluster.writing(via=rest[0]):
        cluster.apply()
    cluster.converged()


@rule("one joins and one is removed in one plan, the new one first", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "node4"))
    titles = [step["title"] for step in cluster.plan()["steps"]]
    promoted = next(i for i, title in enumerate(titles) if "promote node4" in title)
    removed = next(i for i, title in enumerate(titles) if "remove member node3" in title)
    assert promoted < removed, titles
    with cluster.writing():
        cluster.apply()
    cluster.converged()


@rule("while something is broken the spec's changes wait: an old spec does no harm at night", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "node4"))
    breaking.stop_etcd(cluster.lab, "node2")
    plan = cluster.plan()
    titles = [step["title"] for step in plan["steps"]]
    assert not any("node3" in title or "node4" in title for title in titles), titles
    assert {one["kind"] for one in plan["drift"]} == {"missing-member", "surplus-member"}
    cluster.apply()
    cluster.apply()
    cluster.converged()


@rule("a name that disagrees with the member's is refused, with the right one", still=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "cp3"), hosts={"cp3": f"host: {cluster.lab.address('node3')}"})
    with cluster.nothing_changed():
        run = cluster.apply(expect=3)
    assert "name: node3" in run.text
