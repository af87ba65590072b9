# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at a record of the journal; then `apply` from another folder, with nothing said again: it converges, and no write is lost."""
import contextlib

from framework import killing
from framework.lab import HEALTHY
from framework.registry import rule
from framework.scenarios import SCENARIOS


def broken_state(cluster, scenario):
    """The lab in the scenario's state: made once on each lab, then loaded."""
    if not scenario.saved:
        cluster.lab("load", HEALTHY)
        scenario.breaks(cluster)
        return
    name = "broken-" + "".join(c if c.isalnum() else "-" for c in scenario.name)
    cluster.write_spec(nodes=scenario.nodes)
    if name not in cluster.saved:
        scenario.breaks(cluster)
        cluster.lab("save", name)
        cluster.saved.add(name)
    else:
        cluster.lab("load", name)
    if scenario.quorum:
        cluster.wait_healthy("node1")


def meanwhile(cluster, scenario):
    """Where there is a quorum a client writes; where there is none, no write is acknowledged."""
    return cluster.writing() if scenario.quorum else contextlib.nullcontext()


def converged(cluster, scenario):
    cluster.converged(set_aside=scenario.set_aside, manifests=scenario.manifests, users=scenario.users)
    if not scenario.quorum:
        assert "yes" in cluster.lab.etcdctl("node1", "get", "kept"), "what was written before is gone"


def killed_run(cluster, scenario, record, when):
    run = cluster.apply(*scenario.words, expect=None, more=killing.with_kill(cluster, record, when))
    killing.assert_killed(cluster, run, record)


def nothing_half_way(cluster):
    """A named safe state: a quorum that serves, no learner, no lease, the words for what is left."""
    members = cluster.members()
    assert not any(one["learner"] for one in members.values()), members
    for node in cluster.lab.running():
        cluster.lab.on(node, "[ ! -e /var/lib/quorate/run.json ] && [ ! -e /var/lib/quorate/NEXT.txt ]")


def words_left(cluster, scenario):
    """What is still to be asked for after an abandoned run: a member that was removed cannot be lost once more."""
    gone = "--lost" in scenario.words and scenario.words[1] not in cluster.members()
    return () if gone else scenario.words


def killed_and_gone_on(cluster, scenario, record, when, way):
    """`way`: what goes on with it."""
    broken_state(cluster, scenario)
    with meanwhile(cluster, scenario):
        killed_run(cluster, scenario, record, when)
        if way == "abandon":
            cluster.run("abandon", "--auto-approve", expect=0, home=cluster.elsewhere())
            nothing_half_way(cluster)
            cluster.apply(*words_left(cluster, scenario), home=cluster.elsewhere())
            # what was left on the node is repaired by a plan of its own; what the spec has otherwise waits for the next
            cluster.apply(home=cluster.elsewhere())
        elif way == "resume":
            # killed before the lease was taken: there is no run to resume, and apply begins anew
            resumed = cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
            if "No run is unfinished" in resumed.out:
                cluster.apply(*scenario.words, home=cluster.elsewhere())
        else:
            cluster.apply(home=cluster.elsewhere())
    converged(cluster, scenario)


def count_records(cluster, scenario):
    broken_state(cluster, scenario)
    with meanwhile(cluster, scenario):
        cluster.apply(*scenario.words)
    count = killing.records_of(cluster.quorate.home)
    converged(cluster, scenario)
    return count


def ways_of(records):
    """Mostly apply; every third resume, of few records the first; and in the middle of the run once abandon. One record alone goes by its
    number, so that the scenarios together have every way."""
    if len(records) == 1:
        yield records[0], ("before", "after")[records[0] % 2], ("apply", "resume", "abandon")[records[0] % 3]
        return
    for position, record in enumerate(records):
        resumes = position % 3 == (2 if len(records) > 2 else 0)
        way = "abandon" if position == len(records) // 2 and len(records) > 1 else ("apply", "resume")[resumes]
        yield record, ("before", "after")[position % 2], way


def try_scenario(cluster, scenario):
    count = count_records(cluster, scenario)
    problems = []
    tried = list(ways_of(killing.sample(count, scenario.sample)))
    for record, when, way in tried:
        try:
            killing.at_record(cluster, record, lambda at, when=when, way=way: killed_and_gone_on(cluster, scenario, at, when, way))
        except AssertionError as problem:
            said = "\n".join(run.describe() for run in cluster.quorate.runs[-3:])
            problems.append(f"killed {when} record {record} of {count}, then {way}: {problem}\n{said}")
    cluster.notes[:] = [f"{len(tried) - len(problems)} of {len(tried)} kills converged, {count} records, gap {max(cluster.gaps, default=0)} s"]
    assert not problems, "\n".join(problems)


for each in SCENARIOS:
    rule(f"killed anywhere, {each.name}: apply, resume or abandon from another folder goes on", kill=True)(
        lambda cluster, scenario=each: try_scenario(cluster, scenario))
