# SPDX-License-Identifier: Apache-2.0
"""--with kubeadm, by the real one."""
import glob
import os
import re

from framework import breaking
from framework.applying import apply_until
from framework.broken_off_run import BrokenOffRun
from framework.lab import HEALTHY, MANIFESTS, until
from framework.registry import NotRun, rule

KUBE_VIP = """apiVersion: v1
kind: Pod
metadata: {name: kube-vip, namespace: kube-system}
spec: {hostNetwork: true, containers: [{name: kube-vip, image: "k8s.gcr.io/pause:3.2"}]}
"""
SECRET = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b|certificateKey: *[0-9a-f]")
AS_BEFORE = {"set_aside": ["node3"], "manifests": {"node3": ["kube-vip.yaml"]}}
BY_KUBEADM = ("--replace", "node3", "--with", "kubeadm")


def kubeadm_cluster(cluster):
    """API servers everywhere, of which node1's can invite; node3 has a kubelet that asks the API, as kubeadm's do."""
    if not cluster.lab.on("node3", "command -v crictl || true"):
        raise NotRun("kubeadm works by crictl, and there is none here (LAB_CRICTL)")
    cluster.add_control_planes(*cluster.spec_nodes)
    cluster.lab("invite", "node1")
    cluster.lab.on("node3", "rm /etc/systemd/system/kubelet.service.d/20-alone.conf; systemctl daemon-reload")


def is_a_node(cluster, name):
    labels = cluster.kubectl("node1", "get", "node", name, "-o", "jsonpath={.metadata.labels}", check=False)
    return "node-role.kubernetes.io/control-plane" in labels


def joined_by_kubeadm(cluster):
    cluster.wait_api_ready(*cluster.spec_nodes)
    assert is_a_node(cluster, "node3"), cluster.kubectl("node1", "get", "nodes")
    assert not cluster.members()["node3"]["learner"]
    left = cluster.lab.on("node3", "ls /run/quorate-* /etc/kubernetes/bootstrap-kubelet.conf 2>/dev/null || true")
    left += cluster.lab.on("node1", "ls /run/quorate-* 2>/dev/null || true")
    assert not left, left
    tokens = cluster.kubectl("node1", "-n", "kube-system", "get", "secrets", "-o", "jsonpath={.items[*].data.description}")
    # "of quorate, for one join"
    assert "b2YgcXVvcmF0ZS" not in tokens, "the token is left"


def says_no_secret(cluster):
    """Neither what was printed nor what was written down has a token, nor the line of a configuration in which the key stands: a key
    by itself looks like a digest."""
    assert SECRET.search("token: abc123.0123456789abcdef") and SECRET.search("certificateKey: 00"), "the search finds nothing"
    text = "".join(run.out + run.problems for run in cluster.quorate.runs)
    journals = glob.glob(os.path.join(cluster.quorate.home, "**", "*.jsonl"), recursive=True)
    assert journals, "there is no journal to search"
    for path in journals:
        with open(path, encoding="utf-8") as file:
            text += file.read()
    assert not SECRET.findall(text), SECRET.findall(text)
    for node in cluster.spec_nodes:
        kept = cluster.lab.on(node, "find /var/lib/quorate -name '*.txt' -o -name '*.json' | xargs -r cat")
        assert not SECRET.findall(kept), f"{node}: {SECRET.findall(kept)}"


@rule("with kubeadm a node is reset, and all of its control plane joins again, etcd as a learner; kubeadm manages it on", kubernetes=True)
def _(cluster):
    kubeadm_cluster(cluster)
    cluster.lab.on("node3", f"cat >{MANIFESTS}/kube-vip.yaml", text=KUBE_VIP)
    with cluster.writing():
        run = cluster.apply(*BY_KUBEADM)
    cluster.notes.append(f"{run.seconds:.0f} s")
    assert "member add --learner" in run.out, run.describe()
    joined_by_kubeadm(cluster)
    assert cluster.lab.on("node3", f"cat {MANIFESTS}/kube-vip.yaml").strip() == KUBE_VIP.strip()
    assert "ca.key" in cluster.lab.on("node3", "ls /var/lib/quorate/*/kubernetes/pki"), "there is no copy of what was there"
    says_no_secret(cluster)
    cluster.converged(**AS_BEFORE)
    # kubeadm's own commands, on what kubeadm and quorate have made together
    assert "etcd-server" in cluster.lab.on("node3", "kubeadm certs check-expiration 2>/dev/null")
    cluster.lab.on("node3", "kubeadm certs renew all 2>/dev/null")
    cluster.converged(**AS_BEFORE)
    # and on a member that quorate joins by itself
    breaking.lose_data(cluster.lab, "node3")
    cluster.apply()
    cluster.converged(**AS_BEFORE)
    reset = cluster.lab.on("node3", "kubeadm reset --force 2>&1")
    assert "node3" not in cluster.members(), reset
    cluster.apply(*BY_KUBEADM)
    joined_by_kubeadm(cluster)


@rule("what keeps kubeadm from joining a node is found before anything is changed", kubernetes=True)
def _(cluster):
    kubeadm_cluster(cluster)
    cluster.lab.on("node3", "echo 0 >/proc/sys/net/ipv4/ip_forward")
    before = cluster.lab.etcdctl("node1", "member", "list")
    run = cluster.apply(*BY_KUBEADM, expect=1)
    assert "ip_forward" in run.text, run.describe()
    assert cluster.lab.etcdctl("node1", "member", "list") == before
    cluster.lab.on("node3", "echo 1 >/proc/sys/net/ipv4/ip_forward; systemctl is-active kubelet")
    cluster.converged()


ANOTHER_RUNTIME = """
mkdir -p /run/crio
printf '[Socket]\nListenStream=/run/crio/crio.sock\n' >/run/systemd/system/another-runtime.socket
printf '[Service]\nExecStart=/bin/true\n' >/run/systemd/system/another-runtime.service
systemctl daemon-reload; systemctl start another-runtime.socket
"""


@rule("with kubeadm a node that has two container runtimes is refused before anything is changed, and joined by the one that the spec names", kubernetes=True)
def _(cluster):
    kubeadm_cluster(cluster)
    try:
        for node in ("node1", "node3"):
            cluster.lab.on(node, ANOTHER_RUNTIME)
        before = cluster.lab.etcdctl("node1", "member", "list")
        run = cluster.apply(*BY_KUBEADM, expect=1)
        assert re.search("multiple CRI (sockets|endpoints)", run.text), run.describe()
        assert cluster.lab.etcdctl("node1", "member", "list") == before
        with open(cluster.spec_file, "a", encoding="utf-8") as file:
            file.write("  kubeadm: {criSocket: /run/containerd/containerd.sock, bindPort: 6443, ignorePreflightErrors: [Swap]}\n")
        with cluster.writing():
            cluster.apply(*BY_KUBEADM)
        joined_by_kubeadm(cluster)
        cluster.converged(set_aside=["node3"])
    finally:
        # a loaded state leaves /run as it is
        for node in ("node1", "node3"):
            cluster.lab.on(node, "systemctl stop another-runtime.socket; rm -rf /run/crio /run/systemd/system/another-runtime.*")


class KubeadmJoin(BrokenOffRun):
    confirmed = ()
    nodes = ("node3",)
    records = 40

    def __init__(self, cluster):
        super().__init__(cluster, *BY_KUBEADM)
        self.name = "KubeadmJoin"

    def begin(self):
        self.cluster.lab("load", HEALTHY)
        self.cluster.wait_healthy(*self.cluster.spec_nodes)
        kubeadm_cluster(self.cluster)

    def resume(self, again=0):
        # what runs on the node is not ended with quorate
        until(lambda: "still at work" not in self.go_on("resume", expect=None).text, 300, "it goes on")
        super().resume()

    def is_done(self):
        joined_by_kubeadm(self.cluster)
        self.cluster.converged(set_aside=self.nodes)

    def is_as_before(self):
        """Undone before the reset; what has begun is gone on with by the next apply."""
        if is_a_node(self.cluster, "node3"):
            self.cluster.nothing_left(*self.cluster.spec_nodes)
        self.run(home=self.cluster.elsewhere())
        self.is_done()


@rule("killed anywhere, a join by kubeadm: resume ends it and abandon undoes it, from another folder", kubernetes=True, kill=True)
def _(cluster):
    KubeadmJoin(cluster).try_kills()


@rule("killed while kubeadm resets or joins a node: resume from another folder ends it", kubernetes=True)
def _(cluster):
    kubeadm_cluster(cluster)
    process, _lines = apply_until(cluster, "[5/", *BY_KUBEADM)
    # what a fast join leaves of the time between the two is less than one look takes
    is_reset = f"[ -e {MANIFESTS}/kube-apiserver.yaml ] || echo yes; pgrep -f '^kubeadm join' || true"
    until(lambda: cluster.lab.on("node3", is_reset), 120, "kubeadm has reset it")
    process.kill()
    cluster.finish(process)
    until(lambda: "still at work" not in cluster.run("resume", "--auto-approve", home=cluster.elsewhere()).text, 300, "it goes on")
    joined_by_kubeadm(cluster)
    cluster.converged(set_aside=["node3"])
