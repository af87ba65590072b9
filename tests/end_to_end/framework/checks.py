# SPDX-License-Identifier: Apache-2.0
"""What a repaired cluster looks like, asked of the nodes and of etcd itself, and not only of quorate."""
import glob
import json
import os
import re
import signal

from .lab import MANIFESTS, until

CONTROL_PLANE = ("kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml")
FILES = r"""
cd /
stat -c '%n %a %u:%g' /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/pki/etcd/*.key /var/lib/etcd
for name in apiserver controller-manager scheduler; do
    file=/etc/kubernetes/manifests/kube-$name.yaml
    [ ! -e "$file" ] || stat -c '%n %a %u:%g' "$file"
done
for key in server peer healthcheck-client; do
    openssl verify -CAfile /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/etcd/$key.crt >/dev/null || echo "unverified $key"
done
[ "$(pgrep -c -x etcd)" = 1 ] || echo "not one etcd: $(pgrep -a -x etcd)"
"""
# Whatever a run may have written, folders with a slash behind them.
LEFT = r"""
{
    find /etc/kubernetes/manifests /etc/kubernetes/pki -mindepth 1 -name '.*'
    find /etc/kubernetes /var/lib/etcd -name '.*.quorate*'
    find /var/lib/etcd -mindepth 1 -maxdepth 1 -name '.*' -printf '%p%y\n' | sed 's,d$,/,; s,f$,,'
    find /var/lib/quorate -mindepth 1 -printf '%p%y\n' | sed 's,d$,/,; s,f$,,'
    find /var/lib/etcd -mindepth 1 -maxdepth 1 -type d -name '.*' -empty -printf '%p is empty\n'
    find /var/lib/quorate -mindepth 1 -maxdepth 1 -type d -empty ! -name tombstones -printf '%p is empty\n'
    ls -d /run/quorate-* /run/.quorate-*
} 2>/dev/null || true
"""
# What stays: data that was set aside, what a run has parked, the copy of before a reset and its mark, what is known of lost clusters, and
# which runs have ended.
SET_ASIDE = re.compile(r"/var/lib/etcd/\.quorate-[0-9a-f]{12}(-\d+)?/")
SET_ASIDE_AT_UNDO = re.compile(r"/var/lib/etcd/\.quorate-[0-9a-f]{12}-undone(-\d+)?/")
KEPT = re.compile(r"/var/lib/quorate/(\.lock|\.change|ended|tombstones/([0-9a-f]+(-[0-9a-f]+)?)?"
                  r"|[0-9a-f]{12}/(ca\.crt|ca\.key|([\w-]+-)?etcd\.yaml(\.\w+)?|kubernetes/.*|kubeadm-finished)?)")
PARKED_BEFORE_RESET = re.compile(r"(/var/lib/quorate/[0-9a-f]{12}/)kube-[a-z-]+\.yaml")


def same_hash(cluster):
    """Every member has the same data at the same revision."""
    answers = []

    def equal():
        text = cluster.lab.etcdctl(cluster.spec_nodes[0], "endpoint", "hashkv", "--cluster", "-w", "json", check=False)
        answers[:] = json.loads(text) if text else []
        seen = {(one["HashKV"]["header"]["revision"], one["HashKV"]["hash"]) for one in answers}
        return len(seen) == 1 and len(answers) == len(cluster.spec_nodes)
    until(equal, 10, f"hashkv is equal on {len(cluster.spec_nodes)} members: {answers}")


def files_are_right(cluster, node, others=(), user=""):
    """`others`: manifests of nobody's that are there too."""
    machine = cluster.machines[node]
    text = cluster.lab.on(machine, FILES)
    right = (".yaml 600 0:0", f".key 600 {user or '0:0'}", f"/var/lib/etcd 700 {user or '0:0'}")
    wrong = [line for line in text.splitlines() if not line.startswith("/") or not line.endswith(right)]
    assert not wrong, f"{node}: {wrong}"
    found = sorted(cluster.lab.on(machine, f"ls -A {MANIFESTS}").split())
    wanted = sorted(["etcd.yaml", *others, *(CONTROL_PLANE if node in cluster.control_planes else ())])
    assert found == wanted, f"{node} has the manifests {found}, not {wanted}"


def nothing_left(cluster, machine):
    """Of a run that has ended: no lease and no words, nothing half-written, nothing that it needed for a while."""
    found = cluster.lab.on(machine, LEFT).splitlines()
    undone = any(run.words[:1] == ("abandon",) or re.search("(is undone|put back as it was)", run.out) for run in cluster.quorate.runs)

    def stays(path):
        parked = PARKED_BEFORE_RESET.fullmatch(path)
        return (KEPT.fullmatch(path) or SET_ASIDE.fullmatch(path) or (undone and SET_ASIDE_AT_UNDO.fullmatch(path))
                or (parked and f"{parked[1]}kubernetes/" in found))

    left = [path for path in found if not stays(path)]
    assert not left, f"{machine}: left {left}"


def nothing_left_here(cluster):
    """On the workstation: no file that is half-written, but for runs that were killed."""
    homes = {process.quorate_home for process in cluster.quorate.started}
    homes -= {process.quorate_home for process in cluster.quorate.started if process.returncode == -signal.SIGKILL}
    left = [path for home in homes for path in glob.glob(os.path.join(home, "**", "*.part"), recursive=True, include_hidden=True)]
    assert not left, f"left {left}"


def set_aside_is_there(cluster, node):
    found = cluster.lab.on(cluster.machines[node], "ls -d /var/lib/etcd/.quorate-*/* || true").split()
    assert found, f"{node}: no data was set aside"


def status_is_good(cluster):
    report = cluster.status()
    for field in ("findings", "refusals", "drift"):
        assert not report.get(field), f"status has {field}: {json.dumps(report[field])[:500]}"
    ids = set()
    for node in report["observation"]["nodes"]:
        status = node["endpoint"]["status"]
        assert not status.get("learner"), f"{node['name']} is a learner"
        ids.add(status["clusterId"])
    assert len(ids) == 1, f"more than one cluster: {ids}"


def members_are_right(cluster):
    members = cluster.members(via=cluster.spec_nodes[0])
    assert sorted(members) == sorted(cluster.spec_nodes), f"members: {members}"
    assert not any(one["learner"] for one in members.values()), members


def converged(cluster, set_aside=(), manifests=None, users=None):
    """`set_aside`: nodes that had data which is not used any more. `manifests`: node to the files besides etcd.yaml. `users`: node to
    the UID:GID that etcd runs as there."""
    cluster.run("plan", "--detailed-exitcode", expect=0)
    status_is_good(cluster)
    members_are_right(cluster)
    same_hash(cluster)
    for node in cluster.spec_nodes:
        files_are_right(cluster, node, (manifests or {}).get(node, ()), (users or {}).get(node, ""))
        nothing_left(cluster, cluster.machines[node])
    for node in set_aside:
        set_aside_is_there(cluster, node)
    again = cluster.apply(expect=0)
    assert "Nothing to do" in again.out, "apply found something to do the second time"
    nothing_left_here(cluster)
