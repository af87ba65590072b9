# SPDX-License-Identifier: Apache-2.0
"""A lab of real nodes (tests/lab), driven from here."""
import os
import shutil
import subprocess
import time

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "lab", "lab")
MANIFESTS = "/etc/kubernetes/manifests"
ETCD_CONTAINER = r"""
if command -v crictl >/dev/null; then
    crictl ps -q --name '^etcd$'
else
    for container in $(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==etcd'); do
        ctr -n k8s.io tasks ls | grep -q "^$container .*RUNNING" && echo "$container"
    done
fi || true
"""
HEALTHY = "healthy"  # the saved state that every rule begins with


class Broken(Exception):
    """The lab itself failed: no word about the product."""


def until(condition, seconds, what):
    """Waits for it, and says how long that took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - begin


class Lab:
    """Four nodes: node1 to node3 are an etcd cluster, node4 is fresh."""

    nodes = ("node1", "node2", "node3", "node4")
    members = ("node1", "node2", "node3")

    def __init__(self, name, subnet, etcd=None, kubernetes=None):
        """`etcd`: the version that its members run, where it is not the lab's own. `kubernetes`: without stand-ins, by this version of it."""
        self.name, self.subnet, self.etcd, self.kubernetes = name, subnet, etcd, kubernetes

    def tools(self):
        """A folder on this machine with the tools of the version that its members run."""
        environment = self.environment()
        folder = os.path.join(environment["LAB_ETCD_STORE"], environment["LAB_ETCD_VERSION"])
        return folder if os.path.isdir(folder) else os.path.dirname(shutil.which("etcdctl"))

    def words(self, *words):
        return [PROGRAM, "--name", self.name, "--subnet", self.subnet, *words]

    def __call__(self, *words, check=True, text=None, seconds=180):
        # a session of its own, so that Ctrl-C ends the tests and not the lab's own work half-way
        done = subprocess.run(self.words(*words), input=text, capture_output=True, text=True, timeout=seconds,
                              start_new_session=True, check=False, errors="replace")
        if check and done.returncode != 0:
            raise Broken(f"lab {' '.join(words)[:300]}: exit {done.returncode}: {(done.stderr + done.stdout).strip()[-800:]}")
        return done.stdout

    def succeeds(self, *words, seconds=60):
        return subprocess.run(self.words(*words), capture_output=True, timeout=seconds, start_new_session=True,
                              check=False).returncode == 0

    def environment(self):
        return dict(line.split("=", 1) for line in self("env").splitlines())

    def address(self, node):
        return f"{self.subnet}.{100 + int(node[4:])}"

    def on(self, node, script, check=True, text=None):
        """A script inside the node, without ssh."""
        return self("enter", node, "sh", "-ec", script, check=check, text=text)

    def etcd_container(self, node):
        """The ID of the one that runs, which is another after a restart; or nothing. Nodes have crictl, or ctr alone."""
        return self.on(node, ETCD_CONTAINER).strip()

    def running(self, nodes=nodes):
        """Those of them that are up."""
        status = self("status")
        return [node for node in nodes if f"{node} {self.address(node)} up" in status]

    def etcdctl(self, node, *words, check=True):
        return self("etcdctl", node, *words, check=check)

    def start_in_network(self, words, **options):
        """A process on the workstation; its id is the program's own, since `lab run` replaces itself."""
        return subprocess.Popen(self.words("run", *words), start_new_session=True, **options)

    def up(self):
        self("down", check=False)
        self("up", str(len(self.nodes)), "--members", str(len(self.members)),
             *(("--etcd", self.etcd) if self.etcd else ()), *(("--kubernetes", self.kubernetes) if self.kubernetes else ()), seconds=1200)

    def down(self):
        self("down", check=False)
