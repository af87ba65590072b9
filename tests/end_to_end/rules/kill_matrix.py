# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at a record of the journal; then `apply` from another folder, with nothing said again: it converges, and no write is lost."""
from framework import killing
from framework.going_on import WAYS, broken_state, converged, go_on, meanwhile, steps_of_records
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


def try_scenario(cluster, scenario):
    steps = steps_of_records(cluster, scenario)
    count = len(steps)
    tries = Tries(cluster, count)
    for record in killing.to_try(scenario.name, steps):
        when, way = ("before", "after")[record % 2], WAYS[record % 3]
        tries.add(f"killed {when} record {record} of {count}, then {way}", record,
                  lambda at, when=when, way=way: killed_and_gone_on(cluster, scenario, at, when, way))


for each in SCENARIOS:
    rule(f"killed anywhere, {each.name}: apply, resume or abandon from another folder goes on", kill=True, seldom=not each.killed)(
        lambda cluster, scenario=each: try_scenario(cluster, scenario))
