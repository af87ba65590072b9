# SPDX-License-Identifier: Apache-2.0
"""What a repaired cluster looks like, asked of the nodes and of etcd itself, and not only of quorate."""
import json

from .lab import MANIFESTS, until

CONTROL_PLANE = ("kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml")
FILES = r"""
cd /
stat -c '%n %a %u:%g' /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/pki/etcd/*.key /var/lib/etcd
for key in server peer healthcheck-client; do
    openssl verify -CAfile /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/etcd/$key.crt >/dev/null || echo "unverified $key"
done
[ ! -e /var/lib/quorate/run.json ] || echo "left run.json"
[ ! -e /var/lib/quorate/NEXT.txt ] || echo "left NEXT.txt"
for part in /etc/kubernetes/manifests/.[!.]* /etc/kubernetes/pki/etcd/.[!.]*; do [ ! -e "$part" ] || echo "left $part"; done
"""


def same_hash(cluster):
    """Every member has the same data at the same revision."""
    answers = []

    def equal():
        text = cluster.lab.etcdctl(cluster.spec_nodes[0], "endpoint", "hashkv", "--cluster", "-w", "json", check=False)
        answers[:] = json.loads(text) if text else []
        seen = {(one["HashKV"]["header"]["revision"], one["HashKV"]["hash"]) for one in answers}
        return len(seen) == 1 and len(answers) == len(cluster.spec_nodes)
    until(equal, 10, f"hashkv is equal on {len(cluster.spec_nodes)} members: {answers}")


def files_are_right(cluster, node, manifests, user):
    text = cluster.lab.on(cluster.machines[node], FILES)
    right = (".yaml 600 0:0", f".key 600 {user or '0:0'}", f"/var/lib/etcd 700 {user}")
    wrong = [line for line in text.splitlines()
             if line.startswith(("left", "unverified")) or not (line.endswith(right) or line.startswith(right[2]))]
    assert not wrong, f"{node}: {wrong}"
    found = sorted(cluster.lab.on(cluster.machines[node], f"ls -A {MANIFESTS}").split())
    assert found == sorted(manifests), f"{node} has the manifests {found}, not {manifests}"


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
        others = [*(manifests or {}).get(node, []), *(CONTROL_PLANE if node in cluster.control_planes else ())]
        files_are_right(cluster, node, ["etcd.yaml", *others], (users or {}).get(node, ""))
    for node in set_aside:
        set_aside_is_there(cluster, node)
    again = cluster.apply(expect=0)
    assert "Nothing to do" in again.out, "apply found something to do the second time"
