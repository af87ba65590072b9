# SPDX-License-Identifier: Apache-2.0
"""Hosts that refuse, lie or are silent: a clear error that says where and what to do, exit 1 or 3, and nothing changed."""
import os
import subprocess

from framework import breaking
from framework.registry import rule


def is_refused(cluster, *mentions):
    with cluster.nothing_changed():
        run = cluster.apply(expect=(1, 3))
    missing = [word for word in mentions if word not in run.text]
    assert not missing, f"not said: {missing}"


def known_hosts(cluster, change):
    """The lab's file with another content."""
    with open(cluster.environment["LAB_KNOWN_HOSTS"], encoding="utf-8") as file:
        lines = file.read().splitlines()
    path = os.path.join(cluster.folder, "known_hosts")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(change(lines)) + "\n")
    return path


@rule("a host that refuses the connection", still=True)
def _(cluster):
    cluster.write_spec(hosts={"node3": f"host: {cluster.lab.address('node3')}, ssh: {{port: 2299}}"})
    is_refused(cluster, "node3", "refused")


@rule("a host where nobody is", still=True)
def _(cluster):
    cluster.write_spec(hosts={"node3": f"host: {cluster.lab.subnet}.222"})
    is_refused(cluster, "node3")


@rule("a name that no resolver knows", still=True)
def _(cluster):
    cluster.write_spec(hosts={"node3": f"host: node3.invalid, address: {cluster.lab.address('node3')}"})
    is_refused(cluster, "node3", "node3.invalid")


@rule("a host that swallows every packet")
def _(cluster):
    cluster.lab("cut", "node3")
    is_refused(cluster, "node3")


@rule("a key that no node takes", still=True)
def _(cluster):
    key = os.path.join(cluster.folder, "other_key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    cluster.write_spec(ssh={"identityFile": key})
    is_refused(cluster, "node1", "node2", "node3", "identityFile")


@rule("a key that one node does not take", still=True)
def _(cluster):
    key = os.path.join(cluster.folder, "other_key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    cluster.write_spec(hosts={"node3": f"host: {cluster.lab.address('node3')}, ssh: {{identityFile: {key}}}"})
    is_refused(cluster, "node3", key)


@rule("a key file that is not there", still=True)
def _(cluster):
    cluster.write_spec(ssh={"identityFile": "/nowhere/key"})
    is_refused(cluster, "/nowhere/key")


@rule("a changed host key, with the fingerprint and what to do", still=True)
def _(cluster):
    other = os.path.join(cluster.folder, "host_key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    with open(other + ".pub", encoding="utf-8") as file:
        line = f"node3,{cluster.lab.address('node3')} " + " ".join(file.read().split()[:2])
    cluster.write_spec(ssh={"knownHostsFile": known_hosts(
        cluster, lambda lines: [one for one in lines if not one.startswith("node3,")] + [line])})
    is_refused(cluster, "node3", "SHA256:")


@rule("an unknown host key, with the fingerprint and what to do", still=True)
def _(cluster):
    cluster.write_spec(ssh={"knownHostsFile": known_hosts(
        cluster, lambda lines: [one for one in lines if not one.startswith("node3,")])})
    is_refused(cluster, "node3", "SHA256:")


@rule("sudo that asks for a password")
def _(cluster):
    for node in cluster.spec_nodes:
        cluster.lab.on(node, "rm -f /etc/sudoers.d/*; sed -i '/NOPASSWD/d' /etc/sudoers; echo 'ops ALL=(ALL) ALL' >/etc/sudoers.d/ops;"
                             " chmod 440 /etc/sudoers.d/ops")
    cluster.write_spec(ssh={"user": "ops", "sudo": "true"})
    is_refused(cluster, "node1", "sudo")


@rule("a user who is not root, without sudo", still=True)
def _(cluster):
    cluster.write_spec(ssh={"user": "ops"})
    is_refused(cluster, "node1", "node2", "node3", "runs as ops", "sudo: true")


@rule("a user who is not root on one node sees no data there, and that is no lost data", still=True)
def _(cluster):
    cluster.write_spec(hosts={"node3": f"host: {cluster.lab.address('node3')}, ssh: {{user: ops}}"})
    plan = cluster.run("plan", expect=0)
    assert "lost-data" not in plan.text and "remove member" not in plan.text, plan.text
    is_refused(cluster, "node3", "runs as ops", "sudo: true")


@rule("a node that lets in, and whose shell says nothing, answers: it is not lost, and the plan comes in under 8 s")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    give_shell(cluster, "node3", "exec sleep 1000\n")
    with cluster.nothing_changed():
        run = cluster.run("plan", "--lost", "node3", expect=3)
    assert "It answers, so it is not lost" in run.text, run.text
    assert run.seconds < 8, f"the plan took {run.seconds:.1f} s"


def give_shell(cluster, node, script):
    cluster.lab.on(node, "cat >/root/shell; chmod 755 /root/shell; usermod -s /root/shell root", text="#!/bin/sh\n" + script)


@rule("a login shell that prints garbage before the probe's answer")
def _(cluster):
    give_shell(cluster, "node3", 'head -c 3000 /dev/urandom\nexec /bin/bash "$@"\n')
    is_refused(cluster, "node3")


@rule("a login shell that prints a friendly banner does not disturb, or is named")
def _(cluster):
    cluster.lab.on("node3", "printf 'echo Welcome to node3; echo and good luck >&2\\n' >/root/.bashrc")
    with cluster.nothing_changed():
        run = cluster.apply(expect=(0, 1, 3))
    assert run.code == 0 or "node3" in run.text


@rule("a probe that is cut off in the middle")
def _(cluster):
    give_shell(cluster, "node3", '/bin/bash "$@" | head -c 2500\n')
    is_refused(cluster, "node3")


@rule("a login shell that lets nobody in")
def _(cluster):
    cluster.lab.on("node3", "usermod -s /usr/sbin/nologin root")
    is_refused(cluster, "node3")


@rule("a file that is no spec", still=True)
def _(cluster):
    with open(cluster.spec_file, "w", encoding="utf-8") as file:
        file.write("apiVersion: quorate/v1alpha1\nkind: EtcdCluster\nmetadata: {name: lab}\nspec:\n  membres:\n  - [\n")
    with cluster.nothing_changed():
        run = cluster.apply(expect=1)
    assert "cluster.yaml:" in run.text
