# SPDX-License-Identifier: Apache-2.0
"""Runs that only read the cluster's data, a drill on a node and a save of survivors: broken off, they leave a node as it was."""
import contextlib
import glob
import json
import os

from framework import faults
from framework.broken_off_run import BrokenOffRun
from framework.lab import HEALTHY, until
from framework.registry import rule


class Drill(BrokenOffRun):
    """On node2, of a snapshot that is made once."""
    command = ("snapshot", "drill")
    confirmed = ()
    nodes = ("node2",)
    records = 14

    def __init__(self, cluster):
        cluster.lab.etcdctl("node1", "put", "kept", "yes")
        super().__init__(cluster, cluster.snapshot(), "--node", "node2", "--auto-approve")
        self.members = cluster.members()

    def is_ready(self):
        self.cluster.wait_healthy(*self.cluster.spec_nodes)

    def begin(self):
        self.cluster.lab("load", HEALTHY)
        self.is_ready()
        self.cluster.lab.etcdctl("node1", "put", "since", "then")

    def is_as_before(self):
        cluster = self.cluster
        cluster.wait_healthy(*cluster.spec_nodes)
        assert cluster.members() == self.members, f"the members are {cluster.members()}"
        assert "then" in cluster.lab.etcdctl("node2", "get", "since")
        cluster.converged()

    def is_done(self):
        self.is_as_before()


@rule("killed anywhere, a drill on a node: resume ends it and abandon takes it back, and nothing of it is left", kill=True, seldom=True)
def _(cluster):
    Drill(cluster).try_kills()


@rule("struck anywhere, a drill on a node: it ends well, is taken back, or resume and abandon go on", kill=True, seldom=True)
def _(cluster):
    Drill(cluster).try_faults()


class SurvivorsSave(BrokenOffRun):
    """Of three members that serve and do not see one another."""
    command = ("snapshot", "save", "--survivors", "--auto-approve")
    confirmed = ()
    nodes = ("node1", "node2", "node3")
    records = 12
    resumed = (3,)  # its snapshots are there; that there is no quorum is what is left to be said

    def __init__(self, cluster):
        self.folder = os.path.join(cluster.folder, "survivors")
        super().__init__(cluster, "--out", self.folder)

    def begin(self):
        self.make_whole()
        self.cut()

    def make_whole(self):
        cluster = self.cluster
        cluster.lab("load", HEALTHY)
        cluster.wait_healthy(*cluster.spec_nodes)
        cluster.write_spec(set_aside=1)
        cluster.lab.etcdctl("node1", "put", "kept", "yes")
        for path in glob.glob(f"{self.folder}/*"):
            os.remove(path)

    def cut(self):
        for node in self.cluster.spec_nodes:
            self.cluster.lab("cut", node, "--peers")
        until(lambda: "no-quorum" in self.cluster.run("status", home=self.cluster.elsewhere()).out, 30, "none sees a leader")

    @contextlib.contextmanager
    def begun(self, fault):
        self.make_whole()
        # A fault may restart etcd to be prepared, and without a quorum it would serve no more.
        with faults.prepared(fault):
            self.cluster.wait_healthy(*self.cluster.spec_nodes)
            self.cut()
            yield

    def strike_at(self, record, fault, way):
        with self.begun(fault):
            run = faults.run_with(self.cluster, fault, record, *self.whole_command)
            if run.code == 0:
                self.is_done()
                return
            if run.code == 4 and way == "resume":
                # a survivor that was restarted serves no more, and cannot be saved
                self.go_on("resume", expect=(0, 3, 4))
            self.go_on("abandon")
            self.is_as_before()

    def is_as_before(self):
        cluster = self.cluster
        for path in glob.glob(f"{self.folder}/*.db"):
            report = cluster.run("snapshot", "verify", path, "-o", "json", expect=0)
            assert json.loads(report.out)["state"] == "good", report.out
        for node in cluster.spec_nodes:
            cluster.lab("heal", node)
        cluster.wait_healthy(*cluster.spec_nodes)
        for node in cluster.spec_nodes:
            assert cluster.lab.on(node, "systemctl is-active kubelet").strip() == "active", f"{node} has no kubelet"
        assert "yes" in cluster.lab.etcdctl("node3", "get", "kept")
        # a save that was given up leaves what it had, until all is well again
        cluster.apply(home=cluster.elsewhere())
        cluster.converged()

    def is_done(self):
        saved = glob.glob(f"{self.folder}/*.db")
        assert len(saved) == 3, saved
        self.is_as_before()


@rule("killed anywhere, a save of survivors: resume ends it and abandon leaves each node as it was", kill=True, seldom=True)
def _(cluster):
    SurvivorsSave(cluster).try_kills()


@rule("struck anywhere, a save of survivors: what was saved is good, and abandon leaves each node as it was", kill=True, seldom=True)
def _(cluster):
    SurvivorsSave(cluster).try_faults()
