# SPDX-License-Identifier: Apache-2.0
"""The connections, a node, its disk or etcd fail in a step of a run; where it did not end well, another folder goes on with it."""
from framework import faults
from framework.going_on import (WAYS, answer_again, answering, begin_again, broken_state, converged, go_on, learners, meanwhile,
                                nothing_half_way, quorum_is_back, steps_of_records)
from framework.registry import rule
from framework.scenarios import SCENARIOS
from framework.tries import Tries


def struck_and_gone_on(cluster, scenario, fault, record, way):
    broken_state(cluster, scenario)
    answered = answering(cluster, scenario)
    with faults.prepared(fault):
        quorum_is_back(cluster, scenario)
        answer_again(cluster, answered)
        before = learners(cluster, scenario)
        with meanwhile(cluster, scenario, fault.continues):
            run = faults.run_with(cluster, fault, record, "apply", "--auto-approve", *scenario.words)
            quorum_is_back(cluster, scenario)
            if run.code == 4:
                # both ways go on with an undo that was begun
                undoes = "It is undone in part" in run.out and "No node could write that down" not in run.out
                go_on(cluster, scenario, "abandon" if undoes else way)
            elif run.code == 1:
                nothing_half_way(cluster, scenario, before, cut_off=(fault.node,) if fault.cuts_off else ())
                begin_again(cluster, scenario)
            elif run.code == 3:
                # a node that was down at the end has the run's record still
                cluster.wait_healthy(*scenario.nodes)
                cluster.apply(home=cluster.elsewhere())
            if scenario.quorum:
                # what a full disk has ended once the run was done with it
                cluster.wait_healthy(*scenario.nodes)
        # what does not outlive a restart of every etcd may not outlive a fault that has another member lead
        converged(cluster, scenario, cured=not scenario.saved)


def try_scenario(cluster, scenario):
    try:
        steps = steps_of_records(cluster, scenario)
        Tries(cluster, len(steps)).strike(faults.to_try(scenario.name, steps, scenario.nodes, (scenario.subject,), WAYS),
                                          lambda at, fault, way: struck_and_gone_on(cluster, scenario, fault, at, way))
    finally:
        scenario.ends(cluster)


for each in SCENARIOS:
    rule(f"struck anywhere, {each.name}: it ends well, or apply, resume or abandon from another folder goes on", kill=True,
         seldom=not each.struck)(lambda cluster, scenario=each: try_scenario(cluster, scenario))
