# SPDX-License-Identifier: Apache-2.0
"""A live control plane, by kubectl, after etcd was restored beneath it."""
import json

from framework.cluster import CONFIRMED
from framework.lab import until
from framework.registry import rule

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
# Its lines are what was seen, as it was seen; it ends when its connection does, as every client's does.
WATCH = "nohup kubectl --kubeconfig /etc/kubernetes/admin.conf get configmaps --watch -o name >/root/watched 2>/root/watch-ended &"


def make(cluster, node, name):
    cluster.kubectl(node, "create", "configmap", name, f"--from-literal=made-by={node}")


def config_maps(cluster, node):
    return {line.removeprefix("configmap/") for line in cluster.kubectl(node, "get", "configmaps", "-o", "name").split()}


def watched(cluster, node):
    return cluster.lab.on(node, "cat /root/watched").split()


def resource_version(cluster, node):
    return json.loads(cluster.kubectl(node, "get", "--raw", CONFIG_MAPS))["metadata"]["resourceVersion"]


def watch_from(cluster, node, version):
    """What a client is told that goes on from there, in two seconds."""
    return cluster.kubectl(node, "get", "--raw", f"{CONFIG_MAPS}?watch=1&timeoutSeconds=2&resourceVersion={version}", check=False)


@rule("a restored control plane has what there was at the snapshot, no watch sees stale data, and new objects can be made", kubernetes=True)
def _(cluster):
    cluster.add_control_planes(*cluster.spec_nodes)
    make(cluster, "node1", "before")
    snapshot = cluster.snapshot()
    cluster.lab.on("node2", WATCH)
    make(cluster, "node1", "after")
    until(lambda: "configmap/after" in watched(cluster, "node2"), 30, "the watch sees what is made")
    seen, version = watched(cluster, "node2"), resource_version(cluster, "node2")
    cluster.apply("--restore", snapshot, *CONFIRMED)
    cluster.wait_api_ready(*cluster.spec_nodes)
    for node in cluster.spec_nodes:
        there = config_maps(cluster, node)
        assert "before" in there and "after" not in there, f"{node}: {there}"
    until(lambda: cluster.lab.on("node2", "pgrep -x kubectl || true") == "", 30, "the watch has ended")
    assert watched(cluster, "node2") == seen, "the watch saw what is not there any more"
    for number, node in enumerate(cluster.spec_nodes):
        make(cluster, node, f"new-{number}")
        until(lambda node=node, number=number: f"new-{number}" in config_maps(cluster, node), 10, "what is made is there")
    cluster.kubectl("node1", "create", "deployment", "new", "--image=k8s.gcr.io/pause:3.2")
    # there is no node that takes pods, which only a scheduler says of what only a controller makes
    until(lambda: "Unschedulable" in cluster.kubectl("node3", "get", "pods", "-l", "app=new", "-o", "json"), 90,
          "controllers and scheduler go on")
    if cluster.lab.etcd:
        # 3.5's tools bump the revision: who goes on from what it saw is told to begin anew
        told = watch_from(cluster, "node2", version)
        assert "410" in told or "too old resource version" in told.lower(), told
