# SPDX-License-Identifier: Apache-2.0
"""Procedure 4: etcd is stopped and its data is sound."""
from framework import breaking
from framework.lab import MANIFESTS, until
from framework.registry import rule


def identity(cluster, node):
    """The same member with the same data on the same inode."""
    return cluster.members()[node]["id"], cluster.lab.on(node, "stat -c %i /var/lib/etcd/member; ls -A /var/lib/etcd")


@rule("a manifest that was taken away comes back, and nothing more destructive happens")
def _(cluster):
    before = identity(cluster, "node3")
    with cluster.writing():
        breaking.stop_etcd(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()
    assert identity(cluster, "node3") == before


@rule("a manifest that is gone for good is written from the node's own backup or a peer's")
def _(cluster):
    before = identity(cluster, "node3")
    with cluster.writing():
        breaking.stop_etcd(cluster.lab, "node3")
        cluster.lab.on("node3", "rm -rf /root/broken")
        cluster.apply()
    cluster.converged()
    assert identity(cluster, "node3") == before


@rule("two of three stopped: both are started, with their own data", seldom=True)
def _(cluster):
    before = identity(cluster, "node2"), identity(cluster, "node3")
    with cluster.writing(continues=False):
        breaking.stop_etcd(cluster.lab, "node2")
        breaking.stop_etcd(cluster.lab, "node3")
        cluster.apply()
        cluster.wait_healthy("node1", "node2", "node3")
        until(lambda: cluster.lab.etcdctl("node1", "put", "awake", "yes", check=False), 10, "writes go on")
    cluster.converged()
    assert (identity(cluster, "node2"), identity(cluster, "node3")) == before


def stop_all(cluster, move_to):
    """The manifests of all three are moved there."""
    for node in cluster.spec_nodes:
        cluster.lab.on(node, f"mkdir -p {move_to}; mv {MANIFESTS}/etcd.yaml {move_to}/etcd.yaml")
    for node in cluster.spec_nodes:
        until(lambda node=node: not breaking.etcd_runs(cluster.lab, node), 60, f"etcd on {node} stops")


@rule("all of three stopped: all are started from kubeadm's backup of their manifests, with their own data", seldom=True)
def _(cluster):
    before = [identity(cluster, node) for node in cluster.spec_nodes]
    stop_all(cluster, "/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-01-02-03-04-05")
    cluster.apply()
    cluster.wait_healthy(*cluster.spec_nodes)
    cluster.converged()
    assert [identity(cluster, node) for node in cluster.spec_nodes] == before


@rule("all of three stopped, and no manifest of etcd to be had anywhere: refused with that reason, and nothing is changed")
def _(cluster):
    stop_all(cluster, "/root/broken")
    with cluster.nothing_changed():
        run = cluster.apply(expect=3)
    assert "manifest" in run.text.split("Refused")[1]


@rule("a kubelet that does not run is said, not waited for, and nothing is changed")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    cluster.lab.on("node3", "systemctl stop kubelet")
    with cluster.nothing_changed():
        run = cluster.apply(expect=3)
    assert "kubelet" in run.text and run.seconds < 20, f"{run.seconds} s"


@rule("expired certificates are issued anew before etcd is started")
def _(cluster):
    with cluster.writing():
        breaking.stop_etcd(cluster.lab, "node3")
        breaking.issue(cluster.lab, "node3", "peer", days=-1)
        cluster.apply()
    cluster.converged()


@rule("an expired certificate of a running etcd is issued anew, and etcd is not restarted", seldom=True)
def _(cluster):
    before = cluster.lab.etcd_container("node3")
    with cluster.writing():
        breaking.issue(cluster.lab, "node3", "server", days=-1)
        cluster.apply()
    cluster.converged()
    assert cluster.lab.etcd_container("node3") == before, "etcd was restarted"
