# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at a record of the journal, or a moment later; then another folder goes on, with nothing said again: it converges, and no write
is lost."""
from framework import killing
from framework.going_on import WAYS, broken_state, converged, go_on, meanwhile, steps_of_records
from framework.registry import rule
from framework.scenarios import SCENARIOS
from framework.tries import Tries


# Those of a default run come first, so that they are of every kind.
TURNS = {scenario.name: turn for turn, scenario in enumerate(sorted(SCENARIOS, key=lambda one: not one.killed))}


def killed_run(cluster, scenario, kill):
    run = cluster.apply(*scenario.words, expect=None, more=kill.environment(cluster))
    killing.assert_killed(cluster, run, kill)


def killed_and_gone_on(cluster, scenario, kill):
    broken_state(cluster, scenario)
    with meanwhile(cluster, scenario):
        killed_run(cluster, scenario, kill)
        go_on(cluster, scenario, kill.way, kill.again)
    converged(cluster, scenario)


def try_scenario(cluster, scenario):
    try:
        steps = steps_of_records(cluster, scenario)
        Tries(cluster, len(steps)).kill(killing.to_try(scenario.name, steps, WAYS, TURNS[scenario.name]),
                                        lambda kill: killed_and_gone_on(cluster, scenario, kill))
    finally:
        scenario.ends(cluster)


for each in SCENARIOS:
    rule(f"killed anywhere, {each.name}: apply, resume or abandon from another folder goes on", kill=True, seldom=not each.killed)(
        lambda cluster, scenario=each: try_scenario(cluster, scenario))
