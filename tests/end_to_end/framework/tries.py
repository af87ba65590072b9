# SPDX-License-Identifier: Apache-2.0
"""Many runs of one rule that are broken off, each in its own place: counted. The first that does not end well ends the rule, so that the
lab is as that one left it, and is told with its place and seed."""
from dataclasses import replace

from . import killing
from .registry import NotRun


class Tries:
    def __init__(self, cluster, records):
        """`records`: of a whole run."""
        self.cluster, self.records, self.count, self.spared = cluster, records, 0, []

    def kill(self, kills, attempt):
        """`attempt(kill)` for each of them."""
        for one in kills:
            self.add(lambda one=one: f"{one.describe()} of {self.records}, then {one.way}", one.record,
                     lambda at, one=one: attempt(replace(one, record=at)))
        self.end()

    def strike(self, strikes, attempt):
        """`attempt(record, fault, way)` for each of them."""
        for one in strikes:
            fault = one.kind(self.cluster, one.nodes)
            self.add(lambda one=one, fault=fault: f"{fault.describe()} at record {one.record} of {self.records}, then {one.way}", one.record,
                     lambda at, one=one, fault=fault: attempt(at, fault, one.way))
        self.end()

    def add(self, what, record, attempt):
        """`attempt(record)`; `what()` happened to it, and what follows, for whom it does not end well."""
        cluster = self.cluster
        self.count += 1
        cluster.broken_off += 1
        try:
            killing.at_record(cluster, record, attempt)
        except killing.Spared as reason:
            cluster.broken_off -= 1
            self.spared.append(str(reason))
        except Exception as problem:
            raise AssertionError(f"{what()} (try {self.count}, seed {killing.SETTINGS['seed']})") from problem
        gap = f", gap {max(cluster.gaps)} s" if cluster.gaps else ""
        cluster.notes[:] = [what() if self.count == 1 else f"{self.count - len(self.spared)} ended as they must",
                            f"{self.records} records{gap}"]
        if self.spared:
            cluster.notes.append(f"nothing happened to {len(self.spared)}: {self.spared[0]}")

    def end(self):
        if len(self.spared) == self.count:
            raise NotRun(f"nothing happened to any run: {', '.join(self.spared)}")
