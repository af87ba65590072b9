# SPDX-License-Identifier: Apache-2.0
"""A scenario whose run was broken off, and the ways in which another workstation goes on with it, with nothing said again."""
import contextlib

from . import authority, killing
from .lab import HEALTHY, until

WAITED = "What differs from the spec is left as it is"
WAYS = ("apply", "resume", "abandon")
STEPS = {}  # by a scenario's name: of its records, once it has run whole


def broken_state(cluster, scenario):
    """The lab in the scenario's state: made once on each lab, then loaded."""
    if not scenario.saved:
        cluster.lab("load", HEALTHY)
        cluster.write_spec(nodes=scenario.nodes, **scenario.spec(cluster))
        scenario.breaks(cluster)
        return
    name = "broken-" + "".join(c if c.isalnum() else "-" for c in scenario.name)
    cluster.write_spec(nodes=scenario.nodes, **scenario.spec(cluster))
    if name not in cluster.saved:
        scenario.breaks(cluster)
        cluster.lab("save", name)
        cluster.saved.add(name)
    else:
        cluster.lab("load", name)
    if scenario.quorum:
        cluster.wait_healthy("node1")


@contextlib.contextmanager
def meanwhile(cluster, scenario, continues=True):
    """Where there is a quorum a client writes; where there is none, no write is acknowledged."""
    if not scenario.quorum:
        yield
        return
    if scenario.rotates:
        authority.keep_old_clients(cluster)
    told = cluster.fetching_credentials() if scenario.rotates else contextlib.nullcontext()
    with cluster.writing(continues), told:
        yield


def converged(cluster, scenario, cured=False):
    """`cured`: what was broken may have mended itself meanwhile, so that nothing had to be set aside."""
    cluster.converged(set_aside=() if cured else scenario.set_aside, manifests=scenario.manifests, users=scenario.users)
    for node in set(cluster.lab.running()) - set(cluster.spec_nodes):
        cluster.nothing_left(node)
    if scenario.rotates:
        authority.rotated(cluster, to=None)
        authority.old_clients_are_refused(cluster)
    if not scenario.quorum:
        assert "yes" in cluster.lab.etcdctl("node1", "get", "kept"), "what was written before is gone"


def quorum_is_back(cluster, scenario):
    """What a person waits for before the next try."""
    if scenario.quorum:
        until(lambda: any(cluster.lab.succeeds("etcdctl", node, "endpoint", "health") for node in cluster.lab.running()), 90,
              "a quorum serves again")


def answering(cluster, scenario):
    """Where there is no quorum to wait for: those whose etcd answers, each by itself."""
    if scenario.quorum:
        return ()
    return tuple(node for node in cluster.lab.running() if cluster.lab.succeeds("etcdctl", node, "endpoint", "status"))


def answer_again(cluster, nodes):
    for node in nodes:
        until(lambda node=node: cluster.lab.succeeds("etcdctl", node, "endpoint", "status"), 90, f"etcd on {node} answers again")


def learners(cluster, scenario):
    """Their IDs; where there is no quorum no etcd may say them."""
    members = cluster.members(via=cluster.serving_node()) if scenario.quorum else {}
    return {one["id"] for one in members.values() if one["learner"]}


def nothing_half_way(cluster, scenario, before=(), cut_off=()):
    """A named safe state: a quorum that serves, no learner but those that were there `before` the run, no lease, no words for what is
    left. `cut_off`: nodes from which nothing could be taken away."""
    more = learners(cluster, scenario) - set(before)
    assert not more, f"learners are left: {more}"
    for node in set(cluster.lab.running()) - set(cut_off):
        left = cluster.lab.on(node, "ls -d /var/lib/quorate/run.json /var/lib/quorate/NEXT.txt 2>/dev/null || true").split()
        assert not left, f"{node}: left {left}"


def words_left(cluster, scenario):
    """What is still to be asked for after an abandoned run: a member that was removed cannot be lost once more."""
    gone = "--lost" in scenario.words and scenario.words[1] not in cluster.members()
    return () if gone else scenario.words


def begin_again(cluster, scenario):
    """After a run that was abandoned, or that has changed nothing or undone it."""
    cluster.apply(*words_left(cluster, scenario), home=cluster.elsewhere())
    # what was left on the node is repaired by a plan of its own; what the spec has otherwise waits for the next
    cluster.apply(home=cluster.elsewhere())


def go_on(cluster, scenario, way, again=0):
    """`again`: as a Kill's."""
    if way == "abandon":
        run = killing.run_though_killed(cluster, ("abandon", "--auto-approve"), again, (0,) if scenario.quorum else (0, 3, 4))
        if run.code == 4:
            # what was stopped is started first; the undo itself needs a quorum
            assert "is still to be undone" in run.out, run.text
            run = cluster.run("abandon", "--auto-approve", expect=0, home=cluster.elsewhere())
        if run.code == 3:
            # without a quorum nothing is undone, and only the way on is left
            assert "no-quorum" in run.text, run.text
            cluster.apply(home=cluster.elsewhere())
            return
        nothing_half_way(cluster, scenario)
        begin_again(cluster, scenario)
    elif way == "resume":
        # broken off before the lease was taken: there is no run to resume, and apply begins anew
        resumed = killing.run_though_killed(cluster, ("resume", "--auto-approve"), again, (0,))
        if "No run is unfinished" in resumed.out:
            cluster.apply(*scenario.words, home=cluster.elsewhere())
    else:
        resumed = killing.run_though_killed(cluster, ("apply", "--auto-approve"), again, (0,))
    if way != "abandon" and WAITED in resumed.out:
        cluster.apply(home=cluster.elsewhere())


def steps_of_records(cluster, scenario):
    """The step of each record of a whole run's journal, 0 for the run's own. A whole run is made for it where every record is asked for;
    for a sample it is known near enough how many there are, and each counts as a step."""
    if not killing.SETTINGS["everywhere"]:
        return list(range(1, scenario.records + 1))
    if scenario.name not in STEPS:
        broken_state(cluster, scenario)
        with meanwhile(cluster, scenario):
            cluster.apply(*scenario.words)
        converged(cluster, scenario)
        STEPS[scenario.name] = killing.steps_of_records(cluster.quorate.home)
    return STEPS[scenario.name]
