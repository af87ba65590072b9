# SPDX-License-Identifier: Apache-2.0
"""Procedure 2: a member whose node is gone."""
from framework import breaking
from framework.registry import rule


@rule("--lost removes the member of a node that is gone")
def _(cluster):
    with cluster.writing():
        cluster.lab("crash", "node3")
        cluster.apply("--lost", "node3")
    assert sorted(cluster.members()) == ["node1", "node2"]
    cluster.write_spec(nodes=("node1", "node2"))
    cluster.converged()


@rule("--lost removes the member of a node that the spec knows by a DNS name alone", seldom=True)
def _(cluster):
    cluster.write_spec(hosts={"node3": "host: node3.invalid"})
    with cluster.writing():
        cluster.lab("crash", "node3")
        # a name that is not known is silent at once, before the others may have elected a leader
        cluster.wait_healthy("node1", "node2")
        cluster.apply("--lost", "node3")
    assert sorted(cluster.members()) == ["node1", "node2"]


@rule("--lost takes a member's ID where the spec has no such node any more", seldom=True)
def _(cluster):
    member = cluster.members()["node3"]["id"]
    cluster.write_spec(nodes=("node1", "node2"))
    with cluster.writing():
        cluster.lab("crash", "node3")
        cluster.apply("--lost", member)
    cluster.converged()


@rule("a lost node is replaced by a new host under another name, in one apply", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2", "node4"))
    with cluster.writing():
        cluster.lab("crash", "node3")
        cluster.apply("--lost", "node3")
    cluster.converged()


@rule("a new host under the name of a lost one joins", seldom=True)
def _(cluster):
    with cluster.writing():
        cluster.lab("crash", "node3")
        cluster.apply("--lost", "node3")
        cluster.lab("wipe", "node3", "--new-host-key")
        cluster.lab("start", "node3")
        cluster.lab("trust", "node3")
        cluster.apply()
    cluster.converged()


@rule("a new host at another address, under the name of a lost one, takes its place", seldom=True)
def _(cluster):
    cluster.write_spec(machines={"node3": "node4"})
    # the host calls itself by its new name too, as a machine that is set up for the purpose does
    cluster.lab.on("node4", "echo node3 >/etc/hostname; hostname node3")
    member = cluster.members()["node3"]["id"]
    with cluster.writing():
        cluster.lab("crash", "node3")
        cluster.apply("--lost", member)
    cluster.converged()


@rule("--lost is refused for a node that answers, and nothing is changed", still=True)
def _(cluster):
    with cluster.nothing_changed():
        run = cluster.apply("--lost", "node3", expect=3)
    assert "answers" in run.text and "--replace" in run.text


@rule("--lost is refused for a node that answers SSH while its etcd is down, and nothing is changed")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    with cluster.nothing_changed():
        run = cluster.apply("--lost", "node3", expect=3)
    assert "answers SSH" in run.text


@rule("--lost is refused while etcd answers its neighbours, though SSH is silent, and nothing is changed")
def _(cluster):
    cluster.lab.on("node3", "systemctl stop ssh")
    with cluster.nothing_changed():
        cluster.apply("--lost", "node3", expect=3)


@rule("--lost is refused while etcd's peer port answers a neighbour, though it serves no client and SSH is silent", seldom=True)
def _(cluster):
    # its client port is silent, as of an etcd that was restarted and finds no quorum
    cluster.lab.on("node3", "systemctl stop ssh")
    cluster.lab("cut", "node3", "--ports", "2379")
    with cluster.nothing_changed():
        run = cluster.apply("--lost", "node3", expect=3)
    assert "no SSH is not no etcd" in run.text


@rule("--lost of a name that nobody has is refused", still=True)
def _(cluster):
    with cluster.nothing_changed():
        assert "node9" in cluster.apply("--lost", "node9", expect=3).text


@rule("--lost of two of three is refused: without quorum no member is removed")
def _(cluster):
    cluster.lab("crash", "node2")
    cluster.lab("crash", "node3")
    with cluster.nothing_changed(nodes=["node1"]):
        cluster.apply("--lost", "node2,node3", expect=3)
