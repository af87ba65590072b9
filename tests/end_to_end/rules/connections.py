# SPDX-License-Identifier: Apache-2.0
"""The ways in to the nodes: users, sudo, forbidden forwarding, slow and hanging networks."""
import json
import signal
import time

from framework import breaking, killing
from framework.applying import apply_until, interrupted_at, type_by_hand
from framework.cluster import CONFIRMED
from framework.lab import until
from framework.registry import rule


@rule("user ops with sudo -n repairs a wiped node")
def _(cluster):
    cluster.write_spec(ssh={"user": "ops", "sudo": "true"})
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()


@rule("where sshd forbids forwarding on all nodes, a wiped node is repaired all the same")
def _(cluster):
    for node in cluster.lab.nodes:
        cluster.lab.on(node, "mkdir -p /etc/ssh/sshd_config.d; echo 'DisableForwarding yes' >/etc/ssh/sshd_config.d/a.conf;"
                             " grep -q sshd_config.d /etc/ssh/sshd_config || sed -i '1i DisableForwarding yes' /etc/ssh/sshd_config;"
                             " systemctl restart ssh")
    report = cluster.status()
    assert not any(node["facts"].get("forwardingAllowed", False) for node in report["observation"]["nodes"]), "forwarding is not off"
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()


@rule("with 20 ms of latency to every node a wiped node is repaired", seldom=True)
def _(cluster):
    for node in cluster.lab.members:
        cluster.lab("slow", node, "20")
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        cluster.apply()
    cluster.converged()


@rule("a node that hangs in the middle of an apply stops it with exit 4; after it is back, resume converges", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        process, _lines = apply_until(cluster, "[1/")
        cluster.lab("freeze", "node3")
        run = cluster.finish(process, seconds=240)
        cluster.lab("thaw", "node3")
        assert run.code == 4, f"exit {run.code}"
        assert run.seconds < 200, f"it took {run.seconds} s to say so"
        assert "quorate resume" in run.out and "quorate abandon" in run.out
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@rule("Ctrl-C ends the apply after the step in hand with exit 4, both ways out are said, and resume converges", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        interrupted_at(cluster, "[2/")
        journal = killing.records_in(cluster.quorate.home)
        begun = {record["operationStarted"]["step"] for record in journal if "operationStarted" in record}
        done = {record["stepEnded"]["step"] for record in journal if record.get("stepEnded", {}).get("outcome") == "done"}
        assert begun and begun <= done, f"begun of {begun}, and done are {done}"
        assert not any("runEnded" in record for record in journal), "it went on to the end"
        assert "quorate resume" in cluster.lab.on("node1", "cat /var/lib/quorate/NEXT.txt")
        assert "is unfinished" in cluster.run("status").out
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@rule("what NEXT.txt says can be typed: the commands alone finish a join that was stopped before its manifest was written", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        interrupted_at(cluster, "[2/")
        text = cluster.lab.on("node1", "cat /var/lib/quorate/NEXT.txt")
        assert "--initial-cluster-state=existing" in text and "etcdctl member promote" in text, text
        assert "PRIVATE KEY" not in text
        type_by_hand(cluster, text)
        until(lambda: not cluster.members()["node3"]["learner"], 60, "node3 is a voter")
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@rule("a second Ctrl-C leaves at once with exit 4 while a node hangs, says both ways out, and resume converges")
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        process, _lines = apply_until(cluster, "[1/")
        cluster.lab("freeze", "node3")
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        run = cluster.finish(process, expect=4, seconds=60)
        assert time.monotonic() - began < 3, "it did not leave at once"
        assert "quorate resume" in run.problems and "quorate abandon" in run.problems, run.describe()
        cluster.lab("thaw", "node3")
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@rule("of two applies at once exactly one goes on, and the other says who holds the lease", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        both = [cluster.start("apply", "--auto-approve", home=cluster.elsewhere()) for _ in range(2)]
        runs = sorted((cluster.finish(process) for process in both), key=lambda run: run.code)
    assert [run.code == 0 for run in runs] == [True, False], [run.code for run in runs]
    assert "holds the lease" in runs[1].text
    cluster.converged()


@rule("an apply beside one that is at work is refused, and says who holds the lease", seldom=True)
def _(cluster):
    breaking.lose_data(cluster.lab, "node3")
    process, _lines = apply_until(cluster, "[1/")
    other = cluster.apply(expect=(1, 3), home=cluster.elsewhere())
    assert "holds the lease" in other.text and "unlock" in other.text
    cluster.finish(process, expect=0)
    cluster.converged()


@rule("from another workstation a killed run's lease is waited for or broken by unlock, and then apply converges")
def _(cluster):
    breaking.lose_data(cluster.lab, "node3")
    process, _lines = apply_until(cluster, "[3/")
    process.kill()
    cluster.finish(process)
    another = ("unshare", "--mount", "sh", "-c", 'echo another >"$0"; mount --bind "$0" /etc/machine-id; exec "$@"', cluster.folder + "/id")
    held = cluster.apply(expect=(1, 3), before=another, home=cluster.elsewhere())
    assert "holds the lease" in held.text
    run_id = held.text.split("quorate unlock ")[1].split()[0].strip(".")
    cluster.run("unlock", "000000000000", expect=1)
    cluster.run("unlock", run_id, expect=0, before=another, home=cluster.elsewhere())
    cluster.apply(before=another, home=cluster.elsewhere())
    cluster.converged()


def frozen_for_ten_minutes(cluster, text):
    """An apply that has come so far, and is stopped there; to its nodes ten minutes have gone by since its lease was renewed."""
    process, _lines = apply_until(cluster, text)
    process.send_signal(signal.SIGSTOP)
    # a command of it may be at work on a node still, and renews nothing
    time.sleep(2)
    for node in cluster.spec_nodes:
        cluster.lab.on(node, "touch -d '10 minutes ago' /var/lib/quorate/run.json")
    return process


def thawed(cluster, process, **options):
    process.send_signal(signal.SIGCONT)
    return cluster.finish(process, seconds=120, **options)


@rule("an apply that was frozen for ten minutes, and thaws after another went on, changes nothing more")
def _(cluster):
    for text in "[1/", "[3/":
        breaking.lose_data(cluster.lab, "node3")
        process = frozen_for_ten_minutes(cluster, text)
        took = cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
        assert "Took over the lease of" in took.out, took.describe()
        cluster.converged()
        with cluster.nothing_changed():
            run = thawed(cluster, process, expect=4)
        # it may see that what it waits for cannot come before it learns that its lease is gone
        assert "lease" in run.text or "the cluster has changed" in run.text, run.describe()
        cluster.converged()


@rule("an apply that was frozen for ten minutes, and thaws with nobody else at work, stops with exit 4, and resume converges", seldom=True)
def _(cluster):
    with cluster.writing():
        breaking.lose_data(cluster.lab, "node3")
        process = frozen_for_ten_minutes(cluster, "[2/")
        run = thawed(cluster, process, expect=4)
        assert "lease" in run.text, run.describe()
        cluster.run("resume", "--auto-approve", expect=0, home=cluster.elsewhere())
    cluster.converged()


@rule("an apply that is frozen in the middle of a transfer keeps nobody from its lease, and changes nothing once it thaws")
def _(cluster):
    cluster.fill_large(40)
    snapshot = cluster.snapshot()
    cluster.lab("slow", "node2", "150")
    process = cluster.start("apply", "--auto-approve", "--restore", snapshot, *CONFIRMED)
    on_its_way = "ls /var/lib/etcd/.quorate-*-restore/.snapshot.db.quorate.*"
    until(lambda: cluster.lab.succeeds("enter", "node2", "sh", "-c", on_its_way), 60, "the snapshot is on its way")
    process.send_signal(signal.SIGSTOP)
    # what it had sent by then arrives
    time.sleep(3)
    cluster.lab("slow", "node2", "0")
    cluster.lab.on("node2", on_its_way)
    run_id = json.loads(cluster.lab.on("node2", "cat /var/lib/quorate/run.json"))["runId"]
    unlocked = cluster.run("unlock", run_id, expect=0, home=cluster.elsewhere())
    assert "at work" not in unlocked.text, unlocked.describe()
    cluster.run("abandon", "--auto-approve", *CONFIRMED, expect=0, home=cluster.elsewhere())
    cluster.converged()
    with cluster.nothing_changed():
        run = thawed(cluster, process, expect=4)
    assert "lease" in run.text, run.describe()
    cluster.converged()


def answers_soon(cluster):
    run = cluster.run("plan")
    assert run.seconds < 8, f"plan took {run.seconds:.1f} s"
    cluster.notes.append(f"plan in {run.seconds:.1f} s")
    return run


@rule("with a node dead, plan answers in under 8 seconds")
def _(cluster):
    cluster.lab("crash", "node3")
    answers_soon(cluster)


@rule("with a node cut off, plan answers in under 8 seconds", seldom=True)
def _(cluster):
    cluster.lab("cut", "node3")
    answers_soon(cluster)


@rule("with a node that hangs, plan answers in under 8 seconds")
def _(cluster):
    cluster.lab("freeze", "node3")
    answers_soon(cluster)


@rule("with two of three dead, plan answers in under 8 seconds and says that the quorum is lost")
def _(cluster):
    cluster.lab("crash", "node2")
    cluster.lab("crash", "node3")
    time.sleep(2)
    assert "no-quorum" in answers_soon(cluster).text


@rule("with two of three cut off, plan answers in under 8 seconds and says that the quorum is lost", seldom=True)
def _(cluster):
    cluster.lab("cut", "node2")
    cluster.lab("cut", "node3")
    time.sleep(3)
    assert "no-quorum" in answers_soon(cluster).text
