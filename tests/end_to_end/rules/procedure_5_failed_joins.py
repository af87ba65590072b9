# SPDX-License-Identifier: Apache-2.0
"""Procedure 5: what a failed join left behind."""
from framework import breaking
from framework.registry import rule


def leave_node3(cluster):
    """node3 is no member any more, and has neither data nor a running etcd."""
    breaking.stop_etcd(cluster.lab, "node3")
    breaking.remove_member(cluster, "node3")
    cluster.lab.on("node3", "rm -rf /var/lib/etcd/member")


@rule("an unstarted learner of a node of the spec is adopted")
def _(cluster):
    with cluster.writing():
        leave_node3(cluster)
        breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")
        learner = next(one["id"] for one in cluster.members().values() if one["learner"])
        cluster.apply()
    cluster.converged()
    assert cluster.members()["node3"]["id"] == learner, "it was not adopted, but added anew"


@rule("a started learner that nobody promoted is promoted")
def _(cluster):
    with cluster.writing():
        leave_node3(cluster)
        breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")
        learner = next(one["id"] for one in cluster.members().values() if one["learner"])
        breaking.start_as_learner(cluster, "node3")
        cluster.apply()
    cluster.converged()
    assert cluster.members()["node3"]["id"] == learner, "it was not promoted, but added anew"


@rule("an unstarted learner that is no node's of the spec is removed")
def _(cluster):
    with cluster.writing():
        breaking.add_member(cluster, f"https://{cluster.lab.subnet}.199:2380")
        cluster.apply()
    cluster.converged()


@rule("an unstarted voter of a node of the spec is taken back, and the node joins as a learner")
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "node3", "node4"))
    with cluster.writing():
        breaking.add_member(cluster, f"https://{cluster.lab.address('node4')}:2380", learner=False)
        cluster.apply()
    cluster.converged()


@rule("a learner whose node lost what it had begun is cleaned up and joins anew")
def _(cluster):
    with cluster.writing():
        leave_node3(cluster)
        breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")
        breaking.start_as_learner(cluster, "node3")
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()
