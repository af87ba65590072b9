# SPDX-License-Identifier: Apache-2.0
"""Restores and recoveries that are killed at a record of their journal, and what goes on with them from another folder."""
from . import killing
from .cluster import CONFIRMED


class KilledRestore:
    """`begin` brings about what is restored from; `is_restored` and `is_as_before` are how it may end."""

    def __init__(self, cluster, *words):
        self.cluster, self.words = cluster, words

    def begin(self):
        raise NotImplementedError

    def is_restored(self):
        raise NotImplementedError

    def is_as_before(self):
        raise NotImplementedError

    def apply(self, **options):
        return self.cluster.apply(*self.words, *CONFIRMED, **options)

    def count(self):
        self.begin()
        self.apply()
        count = killing.records_of(self.cluster.quorate.home)
        self.is_restored()
        return count

    def resume(self):
        run = self.cluster.run("resume", "--auto-approve", *CONFIRMED, expect=0, home=self.cluster.elsewhere())
        # killed before the lease was taken: there is no run to resume
        if "No run is unfinished" in run.out:
            self.apply(home=self.cluster.elsewhere())
        self.is_restored()

    def abandon(self):
        run = self.cluster.run("abandon", "--auto-approve", *CONFIRMED, expect=(0, 3), home=self.cluster.elsewhere())
        if "must not be sent back in time" not in run.text:
            self.is_as_before()
            return
        assert run.code == 3, run.text
        assert self.cluster.lets_clients_in(), "refused before clients were let in"
        self.resume()

    def kill_at(self, record, when, way):
        self.begin()
        run = self.apply(expect=None, more=killing.with_kill(self.cluster, record, when))
        killing.assert_killed(self.cluster, run, record)
        self.resume() if way == "resume" else self.abandon()

    def try_kills(self, size):
        cluster, count, problems, tried = self.cluster, self.count(), [], 0
        for position, record in enumerate(killing.sample(count, size)):
            when, way = ("before", "after")[position % 2], ("resume", "abandon")[(position + position // 2) % 2]
            tried += 1
            try:
                killing.at_record(cluster, record, lambda at, when=when, way=way: self.kill_at(at, when, way))
            except AssertionError as problem:
                said = "\n".join(run.describe() for run in cluster.quorate.runs[-3:])
                problems.append(f"killed {when} record {record} of {count}, then {way}: {problem}\n{said}")
        cluster.notes[:] = [f"{tried - len(problems)} of {tried} kills ended as they must, {count} records"]
        assert not problems, "\n".join(problems)
