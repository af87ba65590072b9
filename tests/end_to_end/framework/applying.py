# SPDX-License-Identifier: Apache-2.0
"""An apply that something happens to while it is at work, and what a person can do then."""
import signal

from . import breaking
from .lab import until


def apply_until(cluster, text, *words, **options):
    """A running apply that has just printed the text."""
    process = cluster.start("apply", "--auto-approve", *words, **options)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line and line.startswith("["):
            return process, lines
    rest = process.stderr.read()
    process.wait()
    raise AssertionError(f"the apply ended without '{text}': {''.join(lines[-15:])}{rest}")


def way_out_is_said(run):
    assert "quorate resume" in run.out and "quorate abandon" in run.out, run.describe()


def interrupted_at(cluster, text, *words, **options):
    """An apply that Ctrl-C ends in the step that begins with the text; its output, line by line."""
    process, lines = apply_until(cluster, text, *words, **options)
    process.send_signal(signal.SIGINT)
    way_out_is_said(cluster.finish(process, expect=4, seconds=60))
    return lines


WORKSTATION = "this workstation"
# The lab's nodes have etcdctl in their images alone; where each kind keeps those.
TOOLS = "PATH=$PATH:$(ls -d /var/lib/lab-images/*etcd* /var/lib/quorate-lab-etcd/* 2>/dev/null | head -n 1)\n"


def type_by_hand(cluster, text):
    """The commands of NEXT.txt or of a runbook, each where its comment says; and as a person does, again where they fail, and not
    before what is stopped has stopped."""
    where, script = None, []

    def type_it():
        words = TOOLS + "\n".join(script) + "\n"
        place = ("run",) if where == WORKSTATION else ("enter", where)
        if where:
            until(lambda: cluster.lab.succeeds(*place, "sh", "-ec", words), 60, f"{where} does: {words[:600]}")

    stopped = "# check: no container, process or port of etcd is left on "
    for line in text.split("in this order", 1)[1].splitlines()[1:]:
        if line.startswith("# on "):
            type_it()
            where, script = line[len("# on "):].removesuffix(":").removesuffix(", as root"), []
            assert where == WORKSTATION or line == f"# on {where}, as root:", line
        elif line.startswith(stopped):
            type_it()
            where, script, node = None, [], line[len(stopped):]
            until(lambda at=node: not breaking.etcd_runs(cluster.lab, at), 60, f"etcd on {node} has stopped")
        else:
            script.append(line)
    type_it()
