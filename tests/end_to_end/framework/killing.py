# SPDX-License-Identifier: Apache-2.0
"""The kill matrix: where a run is killed, and what a killed run has to look like."""
import glob
import json
import os
import random
import signal

SETTINGS = {"everywhere": False, "seed": 1}


def settings(everywhere, seed):
    SETTINGS.update(everywhere=everywhere, seed=seed)


def with_kill(cluster, record, when):
    """The environment in which the program ends itself at a record of its journal."""
    return {"LD_PRELOAD": cluster.shim, "QUORATE_TEST_KILL_AT": str(record), "QUORATE_TEST_KILL_WHEN": when}


class FewerRecords(AssertionError):
    """A run that ended before the record at which it was to be killed: nothing of it had to be tried again, unlike in the run that
    was counted."""

    def __init__(self, wanted, records):
        super().__init__(f"it was not killed at record {wanted}: it has {records}")
        self.records = records


def assert_killed(cluster, run, record):
    if run.code == 0 and records_of(cluster.quorate.home) < record:
        raise FewerRecords(record, records_of(cluster.quorate.home))
    assert run.code == -signal.SIGKILL, f"exit {run.code}: it was not killed at record {record}"


def at_record(cluster, record, attempt):
    """`attempt(record)`, from a home that has run nothing yet; where its run has fewer records, once more with its last."""
    cluster.new_home()
    try:
        attempt(record)
    except FewerRecords as fewer:
        cluster.new_home()
        attempt(fewer.records)


def steps_of_records(home):
    """Of the journals in a home: the step of each record, 0 for the run's own."""
    steps = []
    for name in sorted(glob.glob(os.path.join(home, "state", "quorate", "*", "*.jsonl"))):
        with open(name, encoding="utf-8") as file:
            for line in file:
                what = next(value for key, value in json.loads(line).items() if key != "atSeconds")
                steps.append(int(what.get("step", 0)))
    return steps


def records_of(home):
    """How many records the journals in a home have."""
    return len(steps_of_records(home))


def to_try(name, steps):
    """Record numbers, counted from 1: the one in the middle; or one in each step where all is asked for, of the seed's choice. `steps`: of
    each record."""
    if not SETTINGS["everywhere"]:
        return [max(1, len(steps) // 2)]
    chance = random.Random(f"{SETTINGS['seed']} killed {name}")
    return [chance.choice([number for number, of in enumerate(steps, 1) if of == step]) for step in sorted(set(steps))]
