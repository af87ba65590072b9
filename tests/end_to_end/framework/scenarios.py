# SPDX-License-Identifier: Apache-2.0
"""For each procedure a state in which its run can be killed: how the cluster gets there, and what is asked for."""
from dataclasses import dataclass, field
from typing import Callable

from . import breaking
from .addresses import add_new_addresses, ends_at_new_addresses, take_new_addresses_away
from .lab import MANIFESTS


@dataclass(frozen=True)
class Scenario:
    name: str
    breaks: Callable                                  # of a Cluster
    words: tuple = ()                                 # intents, and only of the run that is killed
    nodes: tuple = ("node1", "node2", "node3")        # of the spec
    subject: str = "node3"                            # that the run works on
    set_aside: tuple = ()
    records: int = 40                                 # of a whole run's journal, near enough to choose one where none is counted
    killed: bool = False                              # in a default run too
    struck: bool = False                              # by a fault, in a default run too
    saved: bool = True                                # the state outlives a restart of every etcd, and is made once
    rotates: bool = False                             # clients have to be told of another CA
    quorum: bool = True                               # there is one while it is broken, and a client's writes are taken
    spec: Callable = lambda cluster: {}               # what it has beside its nodes: write_spec's
    ends: Callable = lambda cluster: None             # what no saved state of the lab takes back
    users: dict = field(default_factory=dict)         # as which etcd runs
    manifests: dict = field(default_factory=dict)


def copy_beside(cluster):
    cluster.lab.on("node3", f"cp -p {MANIFESTS}/etcd.yaml {MANIFESTS}/etcd.yaml.bak")


def wrong_peer_url(cluster):
    cluster.lab.etcdctl("node1", "member", "update", cluster.members()["node3"]["id"], f"--peer-urls=https://{cluster.lab.subnet}.199:2380")


def unstarted_learner(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    breaking.remove_member(cluster, "node3")
    cluster.lab.on("node3", "rm -rf /var/lib/etcd/member")
    breaking.add_member(cluster, f"https://{cluster.lab.address('node3')}:2380")


def older_copy(cluster):
    breaking.older_copy(cluster.lab, "node3")
    cluster.wait_healthy("node3")
    cluster.lab.etcdctl("node1", "put", "since", "then")
    breaking.put_older_copy_back(cluster.lab, "node3")
    breaking.until_log_says(cluster.lab, "node3", "is out of range")


def two_stopped(cluster):
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    for node in ("node2", "node3"):
        breaking.stop_etcd(cluster.lab, node)
        # node1 alone serves nothing, so that no manifest is to be had from it
        cluster.lab.on(node, "d=/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-01-02-03-04-05; mkdir -p $d; mv /root/broken/etcd.yaml $d")


def started_learner(cluster):
    unstarted_learner(cluster)
    breaking.start_as_learner(cluster, "node3")


def wrong_owner(cluster):
    breaking.start_for_another_user(cluster.lab, "node3")


def full_store(cluster):
    breaking.fill_store(cluster, "history")


def expiring_certificates(cluster):
    for node in ("node2", "node3"):
        for name in ("server", "peer"):
            breaking.issue(cluster.lab, node, name, days=9)


def two_folders_set_aside(cluster):
    for node in ("node2", "node3"):
        for of in ("0", "1"):
            folder = f"/var/lib/etcd/.quorate-{of * 12}"
            cluster.lab.on(node, f"mkdir -m 700 {folder}; cp -a /var/lib/etcd/member {folder}")


MOVED = ("node2", "node3")

SCENARIOS = (
    Scenario("1, a reinstalled node", lambda cluster: breaking.reinstall(cluster.lab, "node3"), killed=True, struck=True),
    Scenario("1, data of a removed member", lambda cluster: breaking.remove_member(cluster, "node3"), set_aside=("node3",), records=32,
             killed=True),
    Scenario("1, an older copy of its own data", older_copy, set_aside=("node3",), saved=False, records=36),
    Scenario("1, --replace of a sound node", lambda cluster: None, words=("--replace", "node2"), subject="node2", set_aside=("node2",),
             records=36),
    Scenario("2, a lost node and its successor", lambda cluster: cluster.lab("crash", "node3"), words=("--lost", "node3"),
             nodes=("node1", "node2", "node4"), subject="node4"),
    Scenario("3, one joins and one leaves", lambda cluster: None, nodes=("node1", "node2", "node4"), subject="node4", killed=True),
    Scenario("4, a stopped etcd", lambda cluster: breaking.stop_etcd(cluster.lab, "node3"), records=10),
    Scenario("4, two of three stopped", two_stopped, quorum=False, records=16),
    Scenario("5, an unstarted learner", unstarted_learner, records=18),
    Scenario("5, a started learner", started_learner, records=12),
    Scenario("7, a second manifest", copy_beside, records=10),
    Scenario("7, a wrong peer URL", wrong_peer_url, records=8, struck=True),
    Scenario("12, certificates that expire soon", expiring_certificates, records=12),
    Scenario("12, certificates that are asked for anew", lambda cluster: None, words=("--renew-certificates",), records=18),
    Scenario("13, another CA", lambda cluster: None, words=("--rotate-ca",), rotates=True, records=250),
    Scenario("11, other flags", lambda cluster: None, spec=lambda cluster: {"flags": {"quota-backend-bytes": "4294967296"}}),
    Scenario("14, another address", lambda cluster: add_new_addresses(cluster, *MOVED), saved=False, ends=take_new_addresses_away,
             spec=lambda cluster: {"hosts": ends_at_new_addresses(cluster, *MOVED)}),
    Scenario("1, what was set aside is let go", two_folders_set_aside, spec=lambda cluster: {"set_aside": 1}, records=12),
    Scenario("10, a store that differs", lambda cluster: breaking.raise_corrupt(cluster, "node3"), set_aside=("node3",), saved=False,
             quorum=False),
    Scenario("10, a full store", full_store, saved=False, quorum=False, records=24),
    Scenario("7, a data directory of another user", wrong_owner, users={"node3": "2379:2379"}, records=12, struck=True),
)
