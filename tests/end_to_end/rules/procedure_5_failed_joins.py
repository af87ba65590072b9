# SPDX-License-Identifier: Apache-2.0
"""Procedure 5: what a failed join left behind."""
from framework import breaking
from framework.lab import until
from framework.registry import rule


def leave_node3(cluster):
    """node3 is no member any more, and has neither data nor a running etcd."""
    breaking.stop_etcd(cluster.lab, "node3")
    breaking.remove_member(cluster, "node3")
    cluster.lab.on("node3", "rm -rf /var/lib/etcd/member")


@rule("an unstarted learner of a node of the spec is adopted", seldom=True)
def _(cluster):
    with cluster.writing():
        leave_node3(cluster)
        breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")
        learner = next(one["id"] for one in cluster.members().values() if one["learner"])
        cluster.apply()
    cluster.converged()
    assert cluster.members()["node3"]["id"] == learner, "it was not adopted, but added anew"


@rule("a started learner that nobody promoted is promoted", seldom=True)
def _(cluster):
    with cluster.writing():
        leave_node3(cluster)
        breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")
        learner = next(one["id"] for one in cluster.members().values() if one["learner"])
        breaking.start_as_learner(cluster, "node3")
        cluster.apply()
    cluster.converged()
    assert cluster.members()["node3"]["id"] == learner, "it was not promoted, but added anew"


@rule("an unstarted learner that is no node's of the spec is removed", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.add_member(cluster, f"https://{cluster.lab.subnet}.199:2380")
        cluster.apply()
    cluster.converged()


@rule("an unstarted voter of a node of the spec is taken back, and the node joins as a learner", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "node3", "node4"))
    with cluster.writing():
        breaking.add_member(cluster, f"https://{cluster.lab.address('node4')}:2380", learner=False)
        cluster.apply()
    cluster.converged()


@rule("a learner whose node lost what it had begun is cleaned up and joins anew", seldom=True)
def _(cluster):
    with cluster.writing():
        leave_node3(cluster)
        breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")
        breaking.start_as_learner(cluster, "node3")
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()


@rule("a learner that never starts is taken out again, its node's data is put back, and it is said why; mended, the node joins")
def _(cluster):
    inode = "stat -c %i /var/lib/etcd/member"
    with cluster.writing():
        breaking.remove_member(cluster, "node3")
        before = cluster.lab.on("node3", inode)
        breaking.take_peer_port_when_there(cluster.lab, "node3", "-d /var/lib/etcd/.quorate-*/member")
        run = cluster.apply(expect=1)
        for said in ("failed: what was done does not show", "address already in use", "What was begun of it is undone", "Undone:", "\n  remove member node3"):
            assert said in run.text, said
        assert sorted(cluster.members()) == ["node1", "node2"], "its learner is left"
        assert cluster.lab.on("node3", inode) == before, "its data is not back"
        cluster.lab.on("node3", "! ls /etc/kubernetes/manifests/etcd.yaml")
        cluster.nothing_left(*cluster.spec_nodes)
        until(lambda: not cluster.lab.on("node3", "ss -Hltn sport = :2380"), 60, "the port is free")
        cluster.apply()
    cluster.converged(set_aside=["node3"])
