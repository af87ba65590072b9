# SPDX-License-Identifier: Apache-2.0
"""A plan's runbook: the commands that `apply` would run, for who types them."""
from framework import breaking
from framework.applying import type_by_hand
from framework.lab import until
from framework.registry import rule


def runbook(cluster, *words):
    text = cluster.run("plan", "-o", "runbook", *words, expect=0).out
    assert "PRIVATE KEY" not in text
    return text


@rule("the runbook of a reinstalled node, typed by a script, does what apply does")
def _(cluster):
    with cluster.writing():
        breaking.reinstall(cluster.lab, "node3")
        text = runbook(cluster)
        assert "\n# on this workstation:\n" in text and "data-" in text, text
        type_by_hand(cluster, text)
        cluster.wait_healthy(*cluster.spec_nodes)
    cluster.converged()


@rule("the runbook of a member that is replaced, typed by a script, does what apply does", seldom=True)
def _(cluster):
    follower = next(node for node in cluster.spec_nodes if node != cluster.leader())
    before = cluster.members()[follower]["id"]
    with cluster.writing():
        type_by_hand(cluster, runbook(cluster, "--replace", follower))
        cluster.wait_healthy(*cluster.spec_nodes)
    assert cluster.members()[follower]["id"] != before
    cluster.converged(set_aside=[follower])


@rule("the runbook of a restore, typed by a script, does what apply does")
def _(cluster):
    cluster.fill()
    old_id, snapshot = cluster.cluster_id(), cluster.snapshot()
    cluster.lab.etcdctl("node1", "put", "registry/since", "later")
    type_by_hand(cluster, runbook(cluster, "--restore", snapshot))
    cluster.wait_healthy(*cluster.spec_nodes)
    cluster.verify_data()
    assert cluster.cluster_id() != old_id
    cluster.converged(set_aside=cluster.spec_nodes)


@rule("the runbook of a recovery from the survivor's data, typed by a script, does what apply does", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    for node in "node2", "node3":
        cluster.lab("crash", node)
    until(lambda: "no leader" in cluster.lab.etcdctl("node1", "endpoint", "status", "-w", "json", check=False), 30, "the quorum is lost")
    type_by_hand(cluster, runbook(cluster, "--recover-quorum", "--survivor", "node1"))
    until(lambda: cluster.lab.succeeds("etcdctl", "node1", "endpoint", "health"), 60, "the survivor serves")
    assert list(cluster.members()) == ["node1"] and cluster.cluster_id() != old_id
    cluster.verify_data("node1")
