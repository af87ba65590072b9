# SPDX-License-Identifier: Apache-2.0
"""Runs the rules: on each lab one after another, on all labs at once. A rule that could not run is a broken one."""
import json
import queue
import threading
import time
import traceback

from .cluster import Cluster
from .lab import HEALTHY, Lab
from .registry import NotRun

LOGS = r"""
tail -n 12 "$(ls -t /var/log/pods/kube-system_etcd-*/etcd/*.log 2>/dev/null | head -n 1)" 2>/dev/null | cut -c1-300 || true
journalctl -q -u kubelet -n 6 --no-pager -o cat | cut -c1-300 || true
ls -la /etc/kubernetes/manifests /var/lib/etcd /var/lib/quorate 2>/dev/null || true
"""


class Results:
    def __init__(self, count):
        self.count, self.lock = count, threading.Lock()
        self.done, self.broken, self.not_run, self.gaps, self.broken_off = 0, [], [], {}, 0

    def report(self, rule, seconds, notes, problem):
        with self.lock:
            self.done += 1
            if problem:
                self.broken.append(rule)
            note = f"  [{'; '.join(notes)}]" if notes else ""
            print(f"{'BROKEN' if problem else 'ok    '} {seconds:6.1f} s  {rule.group}: {rule.text}{note}", flush=True)
            if problem:
                print("\n".join("    " + line for line in problem.splitlines()), flush=True)

    def report_not_run(self, rule, reason):
        with self.lock:
            self.done += 1
            self.not_run.append(f"{rule.text}: {reason}")
            print(f"NOT RUN           {rule.group}: {rule.text}: {reason}", flush=True)

    def keep(self, rule, cluster):
        """What the rule has counted and measured."""
        with self.lock:
            self.broken_off += cluster.broken_off
            if cluster.gaps:
                self.gaps[rule.group] = max([*cluster.gaps, self.gaps.get(rule.group, 0.0)])


def evidence(cluster):
    """What quorate printed, its status, and the nodes' logs: enough to understand a failure without running it again."""
    text = [run.describe() for run in cluster.quorate.runs[-4:]]
    try:
        text.append(cluster.run("status", seconds=30).describe())
        running = cluster.lab.running()
        for node in Lab.nodes:
            text.append(f"--- {node}\n" + (cluster.lab.on(node, LOGS, check=False) if node in running else "is down"))
    except Exception as problem:  # pylint: disable=broad-except
        text.append(f"(no more: {problem})")
    return "\n".join(text)


def one_rule(cluster, rule, results):
    began = time.monotonic()
    problem = ""
    try:
        cluster.begin()
        rule.function(cluster)
    except NotRun as reason:
        results.report_not_run(rule, reason)
        return False
    except Exception as caught:  # pylint: disable=broad-except
        lines = traceback.format_exception(caught)
        cluster.quorate.end_all()
        problem = "".join(lines[-3:] if caught.__cause__ is None else lines) + evidence(cluster)
    results.keep(rule, cluster)
    results.report(rule, time.monotonic() - began, cluster.notes, problem)
    return not problem and rule.still


def work(lab, rules, results, make_cluster, ending):
    """One lab's thread. A rule that changed nothing leaves the state to the next."""
    cluster, fresh = None, False
    while not ending.is_set():
        try:
            rule = rules.get_nowait()
        except queue.Empty:
            return
        began = time.monotonic()
        try:
            if cluster is None:
                lab.up()
                lab("save", HEALTHY)
                cluster, fresh = make_cluster(lab), True
            if not fresh:
                lab("load", HEALTHY)
        except Exception as caught:  # pylint: disable=broad-except
            results.report(rule, time.monotonic() - began, [], f"the lab could not be brought to its state: {caught}")
            continue
        fresh = one_rule(cluster, rule, results)


def by_length(rules):
    """Those that change nothing first, side by side, so that no state is loaded between them; then the long ones, so that none of
    them is left to one lab at the end: four faults a step are more than one kill."""
    return sorted(rules, key=lambda rule: (not rule.still, not rule.kill, not rule.text.startswith("struck")))


def run(rules, left_out, given, program, scratch, shim):
    began = time.monotonic()
    first = given.subnet.rsplit(".", 1)
    labs = [Lab(given.lab_name + (f"-{i + 1}" if i else ""), f"{first[0]}.{int(first[1]) + i}", given.etcd, given.kubernetes)
            for i in range(given.labs)]
    waiting, results, ending = queue.Queue(), Results(len(rules)), threading.Event()
    for rule in by_length(rules):
        waiting.put(rule)
    threads = [threading.Thread(target=work, args=(lab, waiting, results, lambda lab: Cluster(lab, program, scratch, shim), ending))
               for lab in labs]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
    except KeyboardInterrupt:
        print("interrupted: ending after the rules in hand", flush=True)
    finally:
        ending.set()
        for thread in threads:
            thread.join()
        for lab in labs:
            lab.down()
    for group, gap in sorted(results.gaps.items()):
        print(f"longest gap between acknowledged writes, {group}: {gap:.2f} s")
    print(f"{results.broken_off} runs were killed or struck on purpose (seed {given.seed})")
    good = results.done - len(results.broken) - len(results.not_run)
    not_run = f"{len(results.not_run)} NOT RUN, " if results.not_run else ""
    print(f"{good} of {results.count} rules hold, {len(results.broken)} broken, {not_run}{results.count - results.done} not tried, "
          f"{left_out} left to --all, in {time.monotonic() - began:.0f} s"
          + (": " + json.dumps([one.text for one in results.broken] + results.not_run) if results.broken or results.not_run else ""))
    return 0 if good + len(results.not_run) == results.count else 1
