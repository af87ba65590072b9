# SPDX-License-Identifier: Apache-2.0
"""Runs that no scenario's spec asks for, a restore as well as a drill: broken off at a record of their journal, and what goes on with
them from another folder."""
import contextlib

from . import faults, killing
from .cluster import CONFIRMED
from .going_on import STEPS
from .tries import Tries


class BrokenOffRun:
    """`begin` brings about the state in which it runs; `is_done` and `is_as_before` are how it may end."""
    command = ("apply", "--auto-approve")
    confirmed = CONFIRMED
    ways = ("resume", "abandon")
    resumed = (0,)  # as what a resume may end
    nodes = ()  # that it works on, and that a fault may strike
    records = 0  # of a whole run's journal, as a Scenario's

    def __init__(self, cluster, *words):
        self.cluster, self.words = cluster, words
        # without the file that it reads or writes
        self.name = " ".join((type(self).__name__, *words[2:]))

    def begin(self):
        raise NotImplementedError

    def is_ready(self):
        """For the run, once more: a fault was prepared."""
        raise NotImplementedError

    def is_done(self):
        raise NotImplementedError

    def is_as_before(self):
        raise NotImplementedError

    @property
    def whole_command(self):
        return (*self.command, *self.words, *self.confirmed)

    def run(self, expect=0, **options):
        return self.cluster.run(*self.whole_command, expect=expect, **options)

    def go_on(self, way, expect=0):
        return self.cluster.run(way, "--auto-approve", *self.confirmed, expect=expect, home=self.cluster.elsewhere())

    def steps_of_records(self):
        """As of a scenario (going_on)."""
        if not killing.SETTINGS["everywhere"]:
            return list(range(1, self.records + 1))
        if self.name not in STEPS:
            self.begin()
            self.run()
            STEPS[self.name] = killing.steps_of_records(self.cluster.quorate.home)
            self.is_done()
        return STEPS[self.name]

    def resume(self, again=0):
        run = killing.run_though_killed(self.cluster, ("resume", "--auto-approve", *self.confirmed), again, self.resumed)
        # killed before the lease was taken: there is no run to resume
        if "No run is unfinished" in run.out:
            self.run(home=self.cluster.elsewhere())
        self.is_done()

    def abandon(self, again=0):
        run = killing.run_though_killed(self.cluster, ("abandon", "--auto-approve", *self.confirmed), again, (0, 3))
        if "must not be sent back in time" not in run.text:
            self.is_as_before()
            return
        assert run.code == 3, run.text
        assert self.cluster.lets_clients_in(), "refused before clients were let in"
        self.resume()

    def kill_at(self, kill):
        self.begin()
        run = self.run(expect=None, more=kill.environment(self.cluster))
        killing.assert_killed(self.cluster, run, kill)
        self.resume(kill.again) if kill.way == "resume" else self.abandon(kill.again)

    @contextlib.contextmanager
    def begun(self, fault):
        """What is restored from is there, and the fault can strike."""
        self.begin()
        with faults.prepared(fault):
            self.is_ready()
            yield

    def strike_at(self, record, fault, way):
        with self.begun(fault):
            run = faults.run_with(self.cluster, fault, record, *self.whole_command)
            if run.code == 3:
                # a node that was down at the end has the run's record still
                self.cluster.wait_healthy(*self.nodes)
                self.go_on("resume")
            if run.code == 4 and "It is undone in part" in run.out and "No node could write that down" not in run.out:
                # both ways go on with that
                self.go_on(way)
                self.is_as_before()
            elif run.code == 4:
                self.resume() if way == "resume" else self.abandon()
            elif run.code == 1:
                if "record is left" in run.out:
                    # the one node that it was on was down
                    self.go_on("abandon")
                self.is_as_before()
            else:
                self.is_done()

    def try_kills(self):
        steps = self.steps_of_records()
        Tries(self.cluster, len(steps)).kill(killing.to_try(self.name, steps, self.ways), self.kill_at)

    def try_faults(self):
        """Each strikes a node that the run works on."""
        steps = self.steps_of_records()
        Tries(self.cluster, len(steps)).strike(faults.to_try(self.name, steps, self.nodes, self.nodes, self.ways), self.strike_at)
