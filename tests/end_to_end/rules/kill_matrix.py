# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at a record of the journal; then `apply` from another folder, with nothing said again: it converges, and no write is lost."""
from framework import killing
from framework.going_on import broken_state, converged, go_on, meanwhile, steps_of_records
from framework.registry import rule
from framework.scenarios import SCENARIOS
from framework.tries import Tries


def killed_run(cluster, scenario, record, when):
    run = cluster.apply(*scenario.words, expect=None, more=killing.with_kill(cluster, record, when))
    killing.assert_killed(cluster, run, record)


def killed_and_gone_on(cluster, scenario, record, when, way):
    """`way`: what goes on with it."""
    broken_state(cluster, scenario)
    with meanwhile(cluster, scenario):
        killed_run(cluster, scenario, record, when)
        go_on(cluster, scenario, way)
    converged(cluster, scenario)


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
    count = len(steps_of_records(cluster, scenario))
    tries = Tries(cluster, count)
    for record, when, way in ways_of(killing.sample(count, scenario.sample)):
        tries.add(f"killed {when} record {record} of {count}, then {way}", record,
                  lambda at, when=when, way=way: killed_and_gone_on(cluster, scenario, at, when, way))


for each in SCENARIOS:
    rule(f"killed anywhere, {each.name}: apply, resume or abandon from another folder goes on", kill=True)(
        lambda cluster, scenario=each: try_scenario(cluster, scenario))
