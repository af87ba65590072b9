# SPDX-License-Identifier: Apache-2.0
"""The kill matrix: where a run is killed, and what a killed run has to look like."""
import glob
import json
import os
import random
import signal
from dataclasses import dataclass

SETTINGS = {"everywhere": False, "seed": 1}
WHENS = ("before", "after", "during")


def settings(everywhere, seed):
    SETTINGS.update(everywhere=everywhere, seed=seed)


@dataclass(frozen=True)
class Kill:
    record: int
    when: str  # of WHENS
    way: str  # what goes on with the run afterwards
    delay: int = 0  # in milliseconds, after the record
    again: int = 0  # the record after which what goes on with it is killed itself; 0: it is not

    def describe(self):
        place = f"{self.delay} ms after" if self.delay else self.when
        again = f", then after record {self.again} of what went on with it" if self.again else ""
        return f"killed {place} record {self.record}{again}"

    def environment(self, cluster):
        return {**with_kill(cluster, self.record, "after" if self.delay else self.when),
                "QUORATE_TEST_KILL_DELAY_MILLISECONDS": str(self.delay)}


def with_kill(cluster, record, when):
    """The environment in which the program ends itself at a record of its journal."""
    return {"LD_PRELOAD": cluster.shim, "QUORATE_TEST_KILL_AT": str(record), "QUORATE_TEST_KILL_WHEN": when}


def run_though_killed(cluster, words, again, expect):
    """From another folder, and where it was killed after its record `again`, once more from yet another."""
    if again:
        run = cluster.run(*words, expect=None, more=with_kill(cluster, again, "after"), home=cluster.elsewhere())
        if run.code != -signal.SIGKILL:
            assert run.code in expect, f"exit {run.code}"
            return run
    return cluster.run(*words, expect=expect, home=cluster.elsewhere())


class FewerRecords(AssertionError):
    """A run that ended before the record at which it was to be killed: nothing of it had to be tried again, unlike in the run that
    was counted."""

    def __init__(self, wanted, records):
        super().__init__(f"it was not killed at record {wanted}: it has {records}")
        self.records = records


class Spared(Exception):
    """A run that ended well because nothing could happen to it at that record."""


def assert_killed(cluster, run, kill):
    if run.code == 0 and records_of(cluster.quorate.home) < kill.record:
        raise FewerRecords(kill.record, records_of(cluster.quorate.home))
    if run.code == 0 and kill.delay:
        raise Spared(f"ended within {kill.delay} ms after record {kill.record}")
    assert run.code == -signal.SIGKILL, f"exit {run.code}: it was not {kill.describe()}"


def at_record(cluster, record, attempt):
    """`attempt(record)`, from a home that has run nothing yet; where its run has fewer records, once more with its last."""
    cluster.new_home()
    try:
        attempt(record)
    except FewerRecords as fewer:
        cluster.new_home()
        attempt(fewer.records)


def records_in(home):
    """Of the journals there."""
    records = []
    for name in sorted(glob.glob(os.path.join(home, "state", "quorate", "*", "*.jsonl"))):
        with open(name, encoding="utf-8") as file:
            records += [json.loads(line) for line in file]
    return records


def steps_of_records(home):
    """Of the journals in a home: the step of each record, 0 for the run's own."""
    whats = (next(value for key, value in record.items() if key != "atSeconds") for record in records_in(home))
    return [int(what.get("step", 0)) for what in whats]


def records_of(home):
    """How many records the journals in a home have."""
    return len(steps_of_records(home))


def to_try(name, steps, ways, turn=None):
    """A kill of the seed's choice in each step where all is asked for, else one about half-way. `steps`: of each record, which are counted
    from 1. `turn`: of those whose turns follow one another, as many as there are of WHENS and `ways` have each of them."""
    chance = random.Random(f"{SETTINGS['seed']} killed {name}")

    def kill(records, when, way):
        return Kill(chance.choice(records), when, way, chance.randint(1, 400) if when == "during" else 0,
                    chance.choice((0, chance.randint(1, max(1, len(steps) // 2)))))

    if SETTINGS["everywhere"]:
        return [kill([number for number, of in enumerate(steps, 1) if of == step], chance.choice(WHENS), chance.choice(ways))
                for step in sorted(set(steps))]
    shared = random.Random(f"{SETTINGS['seed']} killed")
    whens, ways = shared.sample(WHENS, len(WHENS)), shared.sample(ways, len(ways))
    count, turn = len(steps), chance.randrange(6) if turn is None else turn
    return [kill(range(count // 4 + 1, count * 3 // 4 + 1), whens[turn % len(whens)], ways[turn % len(ways)])]
