# SPDX-License-Identifier: Apache-2.0
"""No line of any private key is anywhere but in its file, nor any other secret: searched for in all that a run shows, passes and leaves."""
import os

from framework import breaking
from framework.applying import interrupted_at
from framework.authority import content, rotated
from framework.cluster import CONFIRMED
from framework.registry import rule
from framework.secrets import MARK, Arguments, JoinSecrets, Poison, left_here, left_in_folders, left_on_nodes

from .kubeadm import BY_KUBEADM, joined_by_kubeadm, kubeadm_cluster


def nowhere_in(poison, what, text, control):
    """`control` is known to be there: it was the right text that was searched."""
    assert control in text, f"{what}: not even '{control}' is found"
    found = poison.found_in(text)
    assert not found, f"{what}: {sorted(found)} in {poison.places_in(text)}"
    missed = poison.names() - poison.found_in("\n".join([text, *poison.samples()]))
    assert not missed, f"{what}: one that is put there is not found: {sorted(missed)}"


def hides_every_line(cluster, begin, stop_at, *words, shows="issueCertificates", known=lambda poison: None):
    """Stopped in the step that begins with the text, and resumed; `begin` brings about what it repairs; `known` adds to what is searched
    for. What was known in the end."""
    poison = Poison()
    poison.add_cluster(cluster)
    poison.plant(cluster)
    environment = poison.environment()
    assert len(poison.lines) > 100, "hardly a key was found"
    with Arguments() as arguments:
        assert arguments.sees_short_lived(), "short-lived processes are not seen"
        begin()
        plan_file, record = os.path.join(cluster.folder, "plan.json"), os.path.join(cluster.folder, "observation.json")
        for command in (("plan", "--out", plan_file, *words), ("plan", "-o", "json", *words), ("plan", "-o", "runbook", *words),
                        ("observe", "--out", record), ("status", "-o", "json")):
            cluster.run(*command, more=environment)
        confirmed = CONFIRMED if "--restore" in words else ()
        lines = interrupted_at(cluster, stop_at, *words, *confirmed, more=environment)
        poison.add_cluster(cluster)
        known(poison)
        on_nodes = left_on_nodes(cluster)
        nowhere_in(poison, "run.json and the logs of a stopped run", on_nodes, '"runId"')
        nowhere_in(poison, "NEXT.txt of a stopped run", on_nodes, "quorate resume")
        cluster.run("resume", "--auto-approve", *confirmed, expect=0, home=cluster.elsewhere(), more=environment)
        poison.add_cluster(cluster)
        known(poison)
    shown = "".join(lines) + "".join(run.describe() for run in cluster.quorate.runs)
    nowhere_in(poison, "the output", shown, shows)
    nowhere_in(poison, "journals, plans and records", left_in_folders(cluster), '"runStarted"')
    nowhere_in(poison, "the nodes", left_on_nodes(cluster), "etcdserver")
    nowhere_in(poison, "the workstation", left_here(cluster, poison.began), MARK)
    nowhere_in(poison, "arguments and environments", arguments.text(), "--auto-approve")
    return poison


@rule("a run that issues a CA and certificates shows, passes and leaves no line of any private key, and no other secret", seldom=True)
def _(cluster):
    with cluster.writing():
        hides_every_line(cluster, lambda: breaking.reinstall(cluster.lab, "node3"), "[5/")
    cluster.converged()


@rule("a restore that issues a CA and certificates shows, passes and leaves no line of any private key, and no other secret")
def _(cluster):
    def reinstall():
        for node in ("node1", "node3"):
            breaking.reinstall(cluster.lab, node)
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    snapshot = cluster.snapshot()
    hides_every_line(cluster, reinstall, "[4/", "--restore", snapshot)
    assert "yes" in cluster.lab.etcdctl("node3", "get", "kept")
    cluster.converged(set_aside=("node2",))


@rule("a rotation of the CA shows, passes and leaves no line of the key that it makes, and no other secret", seldom=True)
def _(cluster):
    with cluster.writing(), cluster.fetching_credentials():
        poison = hides_every_line(cluster, lambda: None, "] sign with", "--rotate-ca")
    rotated(cluster)
    for node in cluster.spec_nodes:
        assert "a line of a private key" in poison.found_in(content(cluster, node, "ca.key")), f"the new key on {node} was not searched for"
    cluster.converged()


@rule("a join by kubeadm shows, passes and leaves no token, no key of certificates, no line of any private key, and no other secret",
      seldom=True, kubernetes=True)
def _(cluster):
    kubeadm_cluster(cluster)
    with cluster.writing(), JoinSecrets(cluster, ("node1", "node3")) as secrets:
        hides_every_line(cluster, lambda: None, "] reset node3", *BY_KUBEADM, shows="member add --learner", known=secrets.add_to)
    # of the checks before anything is changed, and of the join itself
    assert len(secrets.tokens) >= 2 and len(secrets.keys) >= 2, f"not seen: {len(secrets.tokens)} tokens, {len(secrets.keys)} keys"
    joined_by_kubeadm(cluster)
    cluster.converged(set_aside=["node3"])
