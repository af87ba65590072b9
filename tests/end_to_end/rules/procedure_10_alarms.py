# SPDX-License-Identifier: Apache-2.0
"""Procedure 10: etcd has raised an alarm, and serves less or nothing until it is taken off."""
import re

from framework import breaking
from framework.lab import until
from framework.registry import NotRun, rule


def database_bytes(cluster):
    return {node["name"]: int(node["endpoint"]["status"]["databaseBytes"]) for node in cluster.status()["observation"]["nodes"]}


def writes(cluster):
    return "OK" in cluster.lab.etcdctl("node1", "put", "written", "again", check=False)


@rule("a store full of history is compacted and written anew on every member, and writes go on")
def _(cluster):
    breaking.fill_store(cluster, "history")
    before = database_bytes(cluster)
    assert not writes(cluster)
    said = cluster.run("plan", expect=0).out
    assert "every write is refused" in said and "quota: 16.0 MiB" in said, said
    leader = cluster.leader()
    assert said.index(f"write the database of {leader} anew") == max(said.index(f"write the database of {node} anew") for node in before)
    cluster.apply()
    assert writes(cluster)
    after = database_bytes(cluster)
    assert all(after[node] < before[node] / 2 for node in before), f"{before} before, {after} after"
    assert "yes" in cluster.lab.etcdctl("node2", "get", "kept")
    cluster.converged()


@rule("a store full of keys stays refused with what fills it; once that is deleted, resume ends the run", seldom=True)
def _(cluster):
    breaking.fill_store(cluster, "keys")
    # the last of a flag counts: what is in use is more than this
    breaking.add_flag(cluster, "--quota-backend-bytes=8388608", healthy=False)
    stopped = cluster.apply(expect=4)
    assert "something fills it" in stopped.text and not writes(cluster)
    cluster.lab.etcdctl("node1", "del", "--prefix", "full/")
    cluster.run("resume", "--auto-approve", expect=0)
    assert writes(cluster)
    cluster.converged()


@rule("a store full of keys: once the run that stopped before them has ended, the larger quota that the spec has is set first", seldom=True)
def _(cluster):
    breaking.fill_store(cluster, "keys")
    breaking.add_flag(cluster, "--quota-backend-bytes=8388608", healthy=False)
    assert "something fills it" in cluster.apply(expect=4).text
    cluster.write_spec(flags={"quota-backend-bytes": "67108864"})
    assert "not what the unfinished run was approved to set" in cluster.run("plan").text
    cluster.run("abandon", "--auto-approve", expect=0)
    leader = cluster.leader()
    run = cluster.apply()
    order = re.findall(r"\] (run etcd on node\d|take the alarm).*: done", run.out)
    assert sorted(order[:3]) == [f"run etcd on {node}" for node in cluster.spec_nodes], run.text
    assert order[2:] == [f"run etcd on {leader}", "take the alarm"], run.text
    assert writes(cluster)
    cluster.converged()


@rule("a store full of keys with two voters: each is restarted for the larger quota, since no write is taken anyway", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2"))
    cluster.apply()
    breaking.fill_store(cluster, "keys")
    assert not writes(cluster)
    cluster.write_spec(nodes=("node1", "node2"), flags={"quota-backend-bytes": "67108864"})
    run = cluster.apply()
    assert "writes wait for the alarm, reads stop for about" in run.out, run.text
    assert run.out.index("take the alarm NOSPACE off: done") < run.out.index("drop the store's history: done"), run.text
    assert writes(cluster)
    cluster.converged()


@rule("of three stores the one that differs is found by its hash and replaced, and then clients are served again")
def _(cluster):
    leader = cluster.leader()
    breaking.raise_corrupt(cluster, leader)
    assert not writes(cluster)
    said = cluster.run("plan", expect=0).out
    assert f"{leader}  corrupt-store" in said, said
    cluster.apply()
    until(lambda: writes(cluster), 10, "writes are acknowledged")
    for node in cluster.spec_nodes:
        assert "as-it-was-written" in cluster.lab.etcdctl(node, "get", "changed"), f"{node} has what nobody wrote"
        assert "yes" in cluster.lab.etcdctl(node, "get", "kept")
    cluster.converged(set_aside=(leader,))


@rule("a member that does not start because its store differs from those of the others, which are alike, is replaced, and writes go on",
      seldom=True)
def _(cluster):
    if not breaking.etcd_is_since(cluster, 6):
        raise NotRun("3.4 and 3.5 end once with such a store, and serve with it at the next start")
    breaking.check_stores_at_start(cluster, True)
    leader = cluster.leader()
    other = next(node for node in cluster.spec_nodes if node != leader)
    breaking.make_store_differ(cluster, other)
    until(lambda: f"{other}  corrupt-store" in cluster.run("plan").out, 90, "etcd does not start, and says why")
    with cluster.writing(via=leader):
        cluster.apply()
    for node in cluster.spec_nodes:
        assert "as-it-was-written" in cluster.lab.etcdctl(node, "get", "changed"), f"{node} has what nobody wrote"
    cluster.converged(set_aside=(other,))


@rule("of two stores that differ nobody can say which is right: nothing is planned, until a person says it", seldom=True)
def _(cluster):
    cluster.write_spec(nodes=("node1", "node2"))
    cluster.apply()
    breaking.raise_corrupt(cluster, "node2")
    with cluster.nothing_changed(("node1", "node2")):
        said = cluster.run("plan", expect=0)
        assert "stores-differ" in said.out and "no majority" in said.out and "hash" in said.out, said.text
    cluster.apply("--replace", "node2")
    until(lambda: writes(cluster), 10, "writes are acknowledged")
    assert "as-it-was-written" in cluster.lab.etcdctl("node2", "get", "changed")
    cluster.converged(set_aside=("node2",))


@rule("while nobody knows which of two stores is right a third member gets a copy of neither, until a person says it")
def _(cluster):
    breaking.raise_corrupt(cluster, "node2")
    breaking.lose_data(cluster.lab, "node3")
    until(lambda: "node3  lost-data" in cluster.run("plan").out, 60, "node3 has no data")
    with cluster.nothing_changed(("node1", "node2")):
        said = cluster.apply(expect=None)
        assert "node3  stores-differ  It is made anew once it is known whose store is right" in said.out, said.text
    cluster.apply("--replace", "node2")
    until(lambda: writes(cluster), 10, "writes are acknowledged")
    for node in cluster.spec_nodes:
        assert "as-it-was-written" in cluster.lab.etcdctl(node, "get", "changed"), f"{node} has what nobody wrote"
    cluster.converged(set_aside=("node2",))
