# SPDX-License-Identifier: Apache-2.0
"""Procedure 6: a node that is merely unreachable."""
from framework import breaking
from framework.registry import rule


def is_reported_only(cluster, node):
    plan = cluster.plan()
    assert not plan.get("steps"), [step["title"] for step in plan["steps"]]
    found = [one for one in plan["findings"] if one["subject"] == node and one["kind"] == "unreachable"]
    assert found and "--lost " + node in found[0]["remedy"], plan["findings"]
    assert cluster.run("plan", "--detailed-exitcode").code == 2
    with cluster.nothing_changed():
        cluster.apply(expect=3)


@rule("a node whose power is off is reported, with what a person can assert, and nothing is planned")
def _(cluster):
    cluster.lab("crash", "node3")
    cluster.wait_healthy("node1")
    is_reported_only(cluster, "node3")


@rule("a node that is cut off is reported, and after it is back there is nothing to do", seldom=True)
def _(cluster):
    # Elections that the cut and its end themselves make are none of the program's, however long they take.
    with cluster.writing(continues=False):
        cluster.lab("cut", "node3")
        cluster.wait_healthy("node1")
        is_reported_only(cluster, "node3")
        cluster.lab("heal", "node3")
        cluster.wait_healthy("node3")
    cluster.converged()


@rule("a node whose sshd is down is reported, and its etcd counts as live", seldom=True)
def _(cluster):
    cluster.lab.on("node3", "systemctl stop ssh")
    is_reported_only(cluster, "node3")
    assert "3 of 3 voters live" in cluster.run("status").out


@rule("what is broken elsewhere is repaired while one node does not answer SSH, and exit 3 says that not everything is")
def _(cluster):
    with cluster.writing():
        cluster.lab.on("node2", "systemctl stop ssh")
        breaking.stop_etcd(cluster.lab, "node3")
        assert "Not everything" in cluster.apply(expect=3).out
        cluster.wait_healthy("node3")
    cluster.lab.on("node2", "systemctl start ssh")
    cluster.converged()
