# SPDX-License-Identifier: Apache-2.0
"""Procedure 11: etcd's flags as the spec's extraArgs have them."""
import re

from framework.lab import MANIFESTS
from framework.registry import rule


def flag_of(cluster, node, flag):
    """With which value etcd runs there."""
    words = cluster.lab.on(node, "tr '\\0' '\\n' </proc/$(pgrep -xo etcd)/cmdline").split()
    return next((word.partition("=")[2] for word in words if word.startswith(f"--{flag}=")), None)


@rule("flags of the spec are set one member at a time, the leader last, and writes go on", seldom=True)
def _(cluster):
    leader = cluster.leader()
    cluster.write_spec(flags={"quota-backend-bytes": "4294967296", "auto-compaction-retention": "8"})
    with cluster.writing():
        run = cluster.apply()
    order = re.findall(r"\] run etcd on (node\d) with --auto-compaction-retention=8 --quota-backend-bytes=4294967296: done", run.out)
    assert sorted(order) == sorted(cluster.spec_nodes) and order[-1] == leader, (order, leader)
    for node in cluster.spec_nodes:
        assert flag_of(cluster, node, "quota-backend-bytes") == "4294967296" and flag_of(cluster, node, "auto-compaction-retention") == "8"
    cluster.converged()


@rule("a value that etcd does not take is put back on the one member that has it, and the others keep theirs", seldom=True)
def _(cluster):
    before = [cluster.lab.on(node, f"cat {MANIFESTS}/etcd.yaml") for node in cluster.spec_nodes]
    cluster.write_spec(flags={"quota-backend-bytes": "much"})
    with cluster.writing():
        run = cluster.apply(expect=1)
        cluster.wait_healthy(*cluster.spec_nodes)
    assert "What was begun of it is undone" in run.out and "\n  put the manifest of before back on node" in run.out, run.text
    assert run.out.count("] run etcd on ") == 1, run.text
    assert [cluster.lab.on(node, f"cat {MANIFESTS}/etcd.yaml") for node in cluster.spec_nodes] == before
    cluster.write_spec()
    cluster.converged()
