# SPDX-License-Identifier: Apache-2.0
"""What a run loses in its middle: the connection, the node's network, its disk, the journal's disk."""
import contextlib

from framework import breaking, faults, killing
from framework.applying import apply_until, way_out_is_said
from framework.registry import rule

@rule("a connection that is lost in the middle of an apply is made anew, or the run stops with exit 4 and resume converges")
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        process, _lines = apply_until(cluster, "[4/")
        faults.cut_connections(cluster.lab)
        run = cluster.finish(process, expect=(0, 4), seconds=240)
        cluster.notes.append(f"exit {run.code}")
        if run.code == 4:
            way_out_is_said(run)
            cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@rule("a node that is cut off in the middle of an apply stops it with exit 4; after it is back, resume converges")
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        process, _lines = apply_until(cluster, "[3/")
        cluster.lab("cut", "node3")
        run = cluster.finish(process, expect=4, seconds=240)
        way_out_is_said(run)
        cluster.lab("heal", "node3")
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@contextlib.contextmanager
def small_data_disk(cluster, node, size):
    """Its data directory is a file system of its own, empty, and its member is removed."""
    breaking.stop_etcd(cluster.lab, node)
    breaking.remove_member(cluster, node)
    cluster.lab.on(node, f"rm -rf /var/lib/etcd/member; mount -t tmpfs -o size={size},mode=700 tmpfs /var/lib/etcd")
    try:
        yield
    finally:
        cluster.lab("crash", node)  # and the mount is gone with it


@rule("a node whose disk has no room for a member's data is refused with what there is and what takes the room, before anything is changed")
def _(cluster):
    with small_data_disk(cluster, "node3", "1m"):
        cluster.lab.on("node3", "mkdir -m 700 /var/lib/etcd/lost+found; head -c 700K /dev/zero >/var/lib/etcd/lost+found/a")
        with cluster.nothing_changed():
            run = cluster.apply(expect=3)
        assert "disk-short" in run.text and "324.0 KiB free" in run.text, run.describe()
        assert "takes room: /var/lib/etcd/lost+found/a: 700.0 KiB" in run.text, run.describe()


@rule("the disk of the joining node fills up in the middle: its learner is taken out again, with etcd's own word for it; with room, it joins")
def _(cluster):
    with small_data_disk(cluster, "node3", "512m"):
        with cluster.writing():
            process, _lines = apply_until(cluster, "[1/")
            cluster.lab.on("node3", "mount -o remount,size=1m /var/lib/etcd")
            run = cluster.finish(process, expect=1, seconds=240)
            assert "no space left on device" in run.text and "Undone:" in run.text, run.describe()
            assert sorted(cluster.members()) == ["node1", "node2"], "its learner is left"
            cluster.nothing_left(*cluster.spec_nodes)
            cluster.lab.on("node3", "mount -o remount,size=512m /var/lib/etcd")
            cluster.apply(home=cluster.elsewhere())
        cluster.converged(set_aside=["node3"])


@rule("the journal's disk is full in the middle of a run: exit 4, nothing is done that was not written down before, and resume converges")
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        run = cluster.apply(expect=4, more=killing.with_kill(cluster, 12, "full"))
        assert "No space left on device" in run.text, run.describe()
        way_out_is_said(run)
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


SMALL_DISK = 'mkdir -p "$0"; mount -t tmpfs -o size=512k tmpfs "$0"; exec "$@"'


@rule("the journal's disk is full from the beginning: exit 1, and no node is touched")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    home = cluster.elsewhere()
    with cluster.nothing_changed():
        run = cluster.apply(home=home, before=("unshare", "--mount", "sh", "-ec", SMALL_DISK, f"{home}/state"), expect=1)
    assert "No space left on device" in run.text, run.describe()
