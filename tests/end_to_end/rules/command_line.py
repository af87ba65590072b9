# SPDX-License-Identifier: Apache-2.0
"""The commands, on a real cluster: exit codes, records that parse, and saved plans that are exactly what runs."""
import json
import os
import shutil

from framework import breaking
from framework.cluster import CONFIRMED
from framework.lab import until
from framework.registry import rule


@rule("validate accepts the spec, and refuses another with file, line and column", still=True)
def _(cluster):
    cluster.run("validate", expect=0)
    with open(cluster.spec_file, "a", encoding="utf-8") as file:
        file.write("  etdc: {}\n")
    run = cluster.run("validate", expect=1)
    assert "cluster.yaml:" in run.text and "etcd" in run.text


def with_own_ssh(cluster):
    """OpenSSH takes the home of the password file, whatever HOME says: another is mounted over it, for the program alone."""
    home = os.path.join(cluster.folder, "own")
    os.makedirs(os.path.join(home, ".ssh"), mode=0o700)
    shutil.copy2(cluster.environment["LAB_SSH_KEY"], os.path.join(home, ".ssh", "id_ed25519"))
    shutil.copy2(cluster.environment["LAB_KNOWN_HOSTS"], os.path.join(home, ".ssh", "known_hosts"))
    return ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" ~root; exec "$@"', home)


def addresses(cluster):
    return [cluster.lab.address(node) for node in cluster.lab.members]


@rule("import writes a spec from live nodes, which validates and has nothing to do", still=True)
def _(cluster):
    before, out = with_own_ssh(cluster), os.path.join(cluster.folder, "imported.yaml")
    cluster.run("import", *addresses(cluster), "--user", "root", "--out", out, expect=0, before=before)
    cluster.run("validate", "-f", out, expect=0)
    with open(out, encoding="utf-8") as file:
        assert f"name: etcd-{cluster.cluster_id()[:8]}" in file.read()
    cluster.run("plan", "--detailed-exitcode", "-f", out, expect=0, before=before)


@rule("import works when etcd is down everywhere")
def _(cluster):
    for node in cluster.lab.members:
        cluster.lab.on(node, breaking.STOP)
    run = cluster.run("import", *addresses(cluster), "--user", "root", expect=0, before=with_own_ssh(cluster))
    for node in cluster.lab.members:
        assert f"name: {node}" in run.out, run.out


@rule("import of three hosts of which one is dead writes all three members, as the others list them, and plan says who is silent")
def _(cluster):
    before, out = with_own_ssh(cluster), os.path.join(cluster.folder, "imported.yaml")
    cluster.lab("crash", "node3")
    run = cluster.run("import", *addresses(cluster), "--user", "root", "--out", out, expect=0, before=before)
    assert "warning: " in run.problems and cluster.lab.address("node3") in run.problems, run.describe()
    cluster.run("validate", "-f", out, expect=0)
    plan = json.loads(cluster.run("plan", "-o", "json", "-f", out, before=before).out)
    assert any(one["kind"] == "unreachable" and one["subject"] == "node3" for one in plan["findings"]), plan
    assert not any("removeMember" in step for step in plan.get("steps", [])), plan
    cluster.run("import", "10.255.255.1", "--user", "root", expect=1, before=before)


@rule("import adds a listed member that none of the hosts stands for, so that it is not surplus", still=True)
def _(cluster):
    before = with_own_ssh(cluster)
    run = cluster.run("import", *addresses(cluster)[:2], "--user", "root", expect=0, before=before)
    assert "name: node3" in run.out and "surplus" in run.problems, run.describe()


@rule("observe records the nodes without a secret, and plan works from the record without the network", still=True)
def _(cluster):
    record = os.path.join(cluster.folder, "observation.json")
    cluster.run("observe", "--out", record, expect=0)
    with open(record, encoding="utf-8") as file:
        text = file.read()
    assert len(json.loads(text)["nodes"]) == 3
    assert "PRIVATE KEY" not in text
    key = cluster.lab.on("node1", "sed -n 2p /etc/kubernetes/pki/etcd/server.key").strip()
    assert key and key not in text
    cluster.run("plan", "--observation", record, "--detailed-exitcode", expect=0)
    assert "copy it here first" in cluster.run("plan", "--observation", record, "--restore", "node2:/root/kept.db", expect=1).text


@rule("status, plan and observe give records that parse, and equal input gives byte-equal plans", still=True)
def _(cluster):
    assert cluster.status()["kind"] == "Status"
    record = os.path.join(cluster.folder, "observation.json")
    cluster.run("observe", "--out", record, expect=0)
    words = ("plan", "--observation", record, "-o", "json")
    first, second = cluster.run(*words, expect=0), cluster.run(*words, expect=0)
    assert first.out == second.out and json.loads(first.out)["kind"] == "Plan"


@rule("where nothing is to do plan --detailed-exitcode exits 0, and status as well", still=True)
def _(cluster):
    cluster.run("plan", "--detailed-exitcode", expect=0)
    cluster.run("status", "--detailed-exitcode", expect=0)
    assert "Nothing to do" in cluster.apply().out


@rule("while something is pending plan --detailed-exitcode exits 2, and plan alone 0")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    cluster.run("plan", "--detailed-exitcode", expect=2)
    cluster.run("status", "--detailed-exitcode", expect=2)
    cluster.run("plan", expect=0)


def shown_and_applied(cluster, file, *confirmed):
    """Step by step, from another folder than the one in which it was made."""
    with open(file, encoding="utf-8") as saved:
        plan = json.load(saved)
    shown = cluster.run("show", file, expect=0)
    run = cluster.run("apply", file, *confirmed, expect=0, home=cluster.elsewhere())
    assert "Nothing has been changed" in shown.out and "Nothing has been changed" not in run.out, run.describe()
    for number, step in enumerate(plan["steps"], 1):
        assert step["title"] in shown.out
        assert f"[{number}/{len(plan['steps'])}] {step['title']}: done" in run.out
    assert plan["steps"], shown.out


@rule("a saved plan is shown, and applied exactly as it was")
def _(cluster):
    breaking.lose_data(cluster.lab, "node3")
    file = os.path.join(cluster.folder, "plan.json")
    cluster.run("plan", "--out", file, expect=0)
    shown_and_applied(cluster, file)
    cluster.converged()


@rule("a saved plan has in it what was asked for: a member is replaced, and then a snapshot restored, as planned", seldom=True)
def _(cluster):
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    snapshot, file = cluster.snapshot(), os.path.join(cluster.folder, "plan.json")
    old_member, old_id = cluster.members()["node2"]["id"], cluster.cluster_id()
    cluster.run("plan", "--replace", "node2", "--out", file, expect=0)
    shown_and_applied(cluster, file)
    assert cluster.members()["node2"]["id"] != old_member
    cluster.converged(set_aside=["node2"])
    cluster.lab.etcdctl("node1", "put", "since", "then")
    cluster.run("plan", "--restore", snapshot, "--out", file, expect=0)
    assert "--confirm" in cluster.run("apply", file, "--auto-approve", expect=1).text
    shown_and_applied(cluster, file, *CONFIRMED)
    assert cluster.cluster_id() != old_id
    assert "yes" in cluster.lab.etcdctl("node3", "get", "kept") and not cluster.lab.etcdctl("node3", "get", "since")
    cluster.converged(set_aside=cluster.spec_nodes)


@rule("a saved plan for an etcd that fails again and again is not stale by its next attempt", seldom=True)
def _(cluster):
    breaking.remove_member(cluster, "node3")
    # the kubelet calls a container's log by its attempt
    attempts = "ls -t /var/log/pods/kube-system_etcd-*/etcd/ | head -n 1"
    until(lambda: cluster.lab.on("node3", attempts).strip() != "0.log", 60, "etcd on node3 is tried again")
    file = os.path.join(cluster.folder, "plan.json")
    cluster.run("plan", "--out", file, expect=0)
    before = cluster.lab.on("node3", attempts)
    until(lambda: cluster.lab.on("node3", attempts) != before, 60, "etcd on node3 is tried once more")
    cluster.run("apply", file, expect=0)
    cluster.converged(set_aside=["node3"])


@rule("nothing to do is not said with exit 0 while a voter runs and does not answer")
def _(cluster):
    cluster.lab.on("node3", "pkill -STOP -x etcd")
    try:
        run = cluster.apply(expect=3)
    finally:
        cluster.lab.on("node3", "pkill -CONT -x etcd")
    assert "etcd-silent" in run.text, run.text


@rule("a stale plan is refused with exit 3, saying so, and nothing is changed")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    file = os.path.join(cluster.folder, "plan.json")
    cluster.run("plan", "--out", file, expect=0)
    breaking.start_etcd(cluster.lab, "node3")
    cluster.wait_healthy("node3")
    with cluster.nothing_changed():
        run = cluster.run("apply", file, expect=3)
    assert "stale" in run.text and "the cluster has changed" in run.text
    # what was is of a node that had just stopped, or was about to
    assert "  was: node3: its etcd " in run.text and "\n  now: node3: its etcd serves\n" in run.text, run.text
    assert "was: node1" not in run.text and "was: node2" not in run.text, run.text


@rule("a plan for another spec is refused with exit 3")
def _(cluster):
    file = os.path.join(cluster.folder, "plan.json")
    cluster.write_spec(nodes=("node1", "node2"))
    cluster.run("plan", "--out", file, expect=0)
    cluster.write_spec()
    with cluster.nothing_changed():
        run = cluster.run("apply", file, expect=3)
    assert "stale" in run.text and "spec has changed" in run.text


@rule("an edited plan is refused, and nothing is changed")
def _(cluster):
    breaking.lose_data(cluster.lab, "node3")
    file = os.path.join(cluster.folder, "plan.json")
    cluster.run("plan", "--out", file, expect=0)
    with open(file, encoding="utf-8") as saved:
        text = saved.read()
    assert ".quorate-" in text
    with open(file, "w", encoding="utf-8") as saved:
        saved.write(text.replace("/.quorate-", "/.elsewhere-"))
    with cluster.nothing_changed():
        cluster.run("apply", file, expect=(1, 3))


@rule("apply without a terminal and without --auto-approve fails, and nothing is changed")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    with cluster.nothing_changed():
        run = cluster.run("apply", expect=1)
        cluster.run("apply", "--auto-approve=false", expect=1)
    assert "--auto-approve" in run.text


@rule("what changed between the plan and the yes stops the apply before its first step, with exit 3")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")

    def mend_by_hand():
        breaking.start_etcd(cluster.lab, "node3")
        cluster.wait_healthy("node3")
    run = cluster.quorate.on_terminal("apply", answer="yes", meanwhile=mend_by_hand, more=cluster.options(None), expect=3)
    assert "the cluster has changed" in run.problems, run.describe()
    cluster.converged()


@rule("what cannot be understood is refused with exit 1 and the right word", still=True)
def _(cluster):
    for words in (("aply",), ("apply", "--yes"), ("plan", "-o", "xml"), ("show",), ("show", "/nowhere"), ("unlock",), ("validate", "x"),
                  *(("plan", "--restore", "x", also) for also in ("--rotate-ca", "--renew-certificates=all", "--replace=node1"))):
        run = cluster.run(*words)
        assert run.code == 1 and run.problems, f"{words}: exit {run.code}"
    assert cluster.run("--help", expect=0).out and cluster.run("--version", expect=0).out


@rule("resume, abandon and unlock say that there is no unfinished run", still=True)
def _(cluster):
    assert "No run" in cluster.run("resume", "--auto-approve", expect=0).out
    assert "No run" in cluster.run("abandon", "--auto-approve", expect=0).out
    cluster.run("unlock", "0123456789ab", expect=1)


@rule("resume and abandon do not say that there is no unfinished run when no node can be looked at")
def _(cluster):
    for node in cluster.spec_nodes:
        cluster.lab("cut", node)
    for verb in ("resume", "abandon"):
        assert "No run" not in cluster.run(verb, "--auto-approve", expect=1).text
