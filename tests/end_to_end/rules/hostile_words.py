# SPDX-License-Identifier: Apache-2.0
"""Names and paths on the nodes that a shell would read otherwise: quorate repairs with them or refuses, and they run nothing."""
import glob
import os
import shlex

from framework import breaking
from framework.applying import type_by_hand
from framework.lab import MANIFESTS, until
from framework.registry import rule

# Each would leave a file called owned if a shell read it, or be taken for an option.
FOLDER = """/var/lib/etcd of $(touch owned) `touch owned`; touch owned & 'a' "b" -rf *"""
NAMES = ("-rf", "$(touch owned)", "`touch owned`", "a; touch owned", "' ; touch owned ; '", '"; touch owned; "', "a\ntouch owned\n", "--help")


def move_data(lab, node):
    """etcd's data has a path of that kind, in the manifest too."""
    breaking.stop_etcd(lab, node)
    quoted = shlex.quote(FOLDER)
    in_yaml = FOLDER.replace("\\", "\\\\").replace('"', '\\"')
    lab.on(node, f"mv /var/lib/etcd {quoted}")
    manifest = lab.on(node, "cat /root/broken/etcd.yaml")
    assert "- --data-dir=/var/lib/etcd\n" in manifest and "path: /var/lib/etcd\n" in manifest, manifest
    manifest = manifest.replace("- --data-dir=/var/lib/etcd\n", f'- "--data-dir={in_yaml}"\n')
    manifest = manifest.replace("path: /var/lib/etcd\n", f'path: "{in_yaml}"\n').replace("mountPath: /var/lib/etcd\n", f'mountPath: "{in_yaml}"\n')
    lab.on(node, "cat >/root/broken/etcd.yaml", text=manifest)
    breaking.start_etcd(lab, node)


def strew_files(lab, node, *folders):
    for folder in folders:
        for name in NAMES:
            path = shlex.quote(os.path.join(folder, name))
            lab.on(node, f"echo 'not: a pod' >{path}")


def nothing_ran(cluster, control):
    """`control`: a place where a file of that name would be found."""
    places = [cluster.folder, os.getcwd(), *glob.glob(os.path.join(cluster.folder, "*"))]
    owned = [place for place in places if os.path.exists(os.path.join(place, "owned"))]
    for node in cluster.lab.running():
        owned += [f"{node}:{path}" for path in cluster.lab.on(node, "find / -xdev -name owned").splitlines()]
    assert owned == control, f"a command was run: {owned}"


@rule("a data directory, and files beside manifests and data, whose names a shell would read as commands: repaired, and nothing is run")
def _(cluster):
    lab = cluster.lab
    cluster.lab.on("node2", "touch /root/owned")
    nothing_ran(cluster, ["node2:/root/owned"])
    cluster.lab.on("node2", "rm /root/owned")
    move_data(lab, "node3")
    cluster.wait_healthy(*cluster.spec_nodes)
    breaking.stop_etcd(lab, "node3")
    lab.on("node3", f"rm -r {shlex.quote(FOLDER + '/member/wal')}")
    strew_files(lab, "node3", MANIFESTS, FOLDER, FOLDER + "/member")
    breaking.start_etcd(lab, "node3")
    with cluster.writing():
        for words in (("status",), ("plan",), ("plan", "-o", "markdown"), ("plan", "-o", "runbook"), ("observe", "--out", "seen.json")):
            cluster.run(*words, expect=0)
        cluster.apply()
        nothing_ran(cluster, [])
        cluster.wait_healthy("node3")
    kept = lab.on("node3", f"ls {shlex.quote(FOLDER)}/.quorate-*/").splitlines()
    assert "-rf" in kept and "$(touch owned)" in kept, f"not set aside: {kept}"
    cluster.run("plan", "--detailed-exitcode", expect=0)


@rule("a runbook with such a data directory, typed by a script, does what it says and runs nothing else", seldom=True)
def _(cluster):
    lab = cluster.lab
    move_data(lab, "node3")
    cluster.wait_healthy(*cluster.spec_nodes)
    with cluster.writing():
        type_by_hand(cluster, cluster.run("plan", "-o", "runbook", "--replace", "node3", expect=0).out)
        until(lambda: lab.succeeds("etcdctl", "node3", "endpoint", "health"), 60, "etcd on node3 is healthy")
        nothing_ran(cluster, [])
    cluster.run("plan", "--detailed-exitcode", expect=0)
