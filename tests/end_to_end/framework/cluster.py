# SPDX-License-Identifier: Apache-2.0
"""What a rule is given: the lab in its healthy state, the program, a spec, a client that writes, and the checks."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from . import checks
from .lab import MANIFESTS, Broken, Lab, until
from .quorate import Quorate

WRITER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "writer.py")
DATASET = os.path.join(os.path.dirname(WRITER), "dataset.py")
GAP_LIMIT = 6.0
MASTER_LEASES = "/registry/masterleases/"
# What a person types for a restore.
CONFIRMED = ("--confirm", "lab")

# Nothing here moves while etcd serves; the places where quorate could leave something.
FACTS_OF_FILES = """
find /etc/kubernetes /var/lib/quorate /etc/ssh /var/lib/kubelet/config.yaml -exec stat -c '%n %a %u:%g %F' {} + 2>/dev/null | sort
find /etc/kubernetes /var/lib/quorate -type f -exec sha256sum {} + 2>/dev/null | sort
stat -c '%n %a %u:%g %i' /var/lib/etcd /var/lib/etcd/.quorate-* /var/lib/etcd/member 2>/dev/null || true
"""


class Cluster:
    def __init__(self, lab, program, scratch, shim):
        self.lab, self.shim = lab, shim
        self.folder = os.path.join(scratch, lab.name)
        self.program = program
        self.environment = lab.environment()
        self.quorate = None
        self.saved = set()
        self.gaps, self.notes = [], []
        self.broken_off = 0  # runs, on purpose
        self.control_planes = set()  # nodes with an API server and controllers beside etcd
        self.moved = {}      # node to an address that its machine has beside the lab's, or instead

    def begin(self):
        """A new, empty workstation folder for each test."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.gaps, self.notes, self.broken_off = [], [], 0
        self.control_planes = set()
        self.moved = {}
        self.new_home()
        self.write_spec()

    def new_home(self):
        """A workstation that has run nothing yet."""
        self.quorate = Quorate(self.program, self.lab, os.path.join(self.folder, f"here-{time.monotonic_ns()}"))

    # --- the spec ---
    def write_spec(self, nodes=Lab.members, ssh=None, hosts=None, machines=None, flags=None, certificates=None, set_aside=None):
        """A cluster.yaml, named by QUORATE_SPEC for every run. `ssh`: settings over the lab's own; `hosts`: node to flow map;
        `machines`: the lab's node that plays a node of the spec, where that is another; `flags`: etcd's extraArgs; `certificates`: settings of
        theirs; `set_aside`: how much of it is kept."""
        settings = {"user": "root", "identityFile": self.environment["LAB_SSH_KEY"],
                    "knownHostsFile": self.environment["LAB_KNOWN_HOSTS"], **(ssh or {})}
        lines = ["apiVersion: quorate/v1alpha1", "kind: EtcdCluster", "metadata:", "  name: lab", "spec:", "  ssh:"]
        lines += [f"    {key}: {value}" for key, value in settings.items()]
        if flags:
            lines += ["  etcd:", "    extraArgs:"] + [f"      {flag}: '{value}'" for flag, value in flags.items()]
        if certificates:
            lines += ["  certificates:"] + [f"    {key}: {value}" for key, value in certificates.items()]
        if set_aside is not None:
            lines.append(f"  setAside: {{keep: {set_aside}}}")
        self.spec_nodes = tuple(nodes)
        self.machines = {node: (machines or {}).get(node, node) for node in nodes}
        lines.append("  members:")
        lines += [f"    - {{name: {node}, {(hosts or {}).get(node) or 'host: ' + self.lab.address(self.machines[node])}}}" for node in nodes]
        self.spec_file = os.path.join(self.folder, "cluster.yaml")
        with open(self.spec_file, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    # --- the program ---
    def elsewhere(self):
        """Another folder, where nothing of the runs before is known."""
        return os.path.join(self.folder, f"elsewhere-{time.monotonic_ns()}")

    def options(self, more):
        return {"QUORATE_SPEC": self.spec_file, **(more or {})}

    def run(self, *words, expect=None, more=None, **options):
        return self.quorate(*words, expect=expect, more=self.options(more), **options)

    def start(self, *words, more=None, **options):
        return self.quorate.start(*words, more=self.options(more), **options)

    def finish(self, process, expect=None, seconds=300):
        return self.quorate.finish(process, expect, seconds)

    def apply(self, *words, expect=0, **options):
        return self.run("apply", "--auto-approve", *words, expect=expect, **options)

    def plan(self, *words, expect=None, **options):
        """The plan as a record."""
        run = self.run("plan", "-o", "json", *words, expect=expect, **options)
        return json.loads(run.out)

    def status(self):
        return json.loads(self.run("status", "-o", "json").out)

    # --- etcd ---
    def members(self, via="node1"):
        """Name (or peer URL, where it never started) to the member's facts."""
        found = json.loads(self.lab.etcdctl(via, "member", "list", "-w", "json"))
        return {one.get("name") or one["peerURLs"][0]: {"id": f"{one['ID']:016x}", "learner": one.get("isLearner", False),
                                                        "peer_url": one["peerURLs"][0]} for one in found["members"]}

    def cluster_id(self, via="node1"):
        return f"{json.loads(self.lab.etcdctl(via, 'member', 'list', '-w', 'json'))['header']['cluster_id']:016x}"

    def leader(self):
        for node in Lab.members:
            status = json.loads(self.lab.etcdctl(node, "endpoint", "status", "-w", "json"))[0]["Status"]
            if status["header"]["member_id"] == status["leader"]:
                return node
        raise AssertionError("no leader")

    def wait_healthy(self, *nodes):
        for node in nodes:
            until(lambda node=node: self.lab.succeeds("etcdctl", node, "endpoint", "health"), 60, f"etcd on {node} is healthy")

    # --- the rest of the control plane ---
    def add_control_planes(self, *nodes):
        for node in nodes:
            self.lab("control-plane", node)
        self.control_planes.update(nodes)
        for node in nodes:
            self.wait_api_ready(node)

    def api_is_ready(self, node):
        return self.lab.on(node, "curl -s -k -m 2 https://127.0.0.1:6443/readyz || true") == "ok"

    def wait_api_ready(self, *nodes):
        for node in nodes:
            until(lambda node=node: self.api_is_ready(node), 60, f"the API server on {node} is ready")

    def etcd_version(self):
        return json.loads(self.lab.etcdctl(Lab.members[0], "endpoint", "status", "-w", "json"))[0]["Status"]["version"]

    def kubectl(self, node, *words, check=True):
        """By the API server of that node; where there are no stand-ins."""
        return self.lab("enter", node, "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", *words, check=check)

    def lets_clients_in(self):
        """An API server's manifest is where the kubelet runs it."""
        return any(self.lab.on(node, f"ls {MANIFESTS}/kube-apiserver.yaml 2>/dev/null || true") for node in self.control_planes)

    def api_servers_since(self, via="node1"):
        """Address to the moment since when its API server has run, of those that have a lease in etcd. The stand-in's lease says it; of a
        real one its process does."""
        if not self.lab.kubernetes:
            lines = self.lab.etcdctl(via, "get", "--prefix", MASTER_LEASES).split()
            return {key.removeprefix(MASTER_LEASES): float(value) for key, value in zip(lines[::2], lines[1::2])}
        leases = self.lab.etcdctl(via, "get", "--prefix", "--keys-only", MASTER_LEASES).split()
        nodes = {self.lab.address(node): node for node in self.control_planes}
        started = "stat -c %Z /proc/$(pgrep -xo kube-apiserver)"
        return {address: float(self.lab.on(nodes[address], started) if address in nodes else 0)
                for address in (key.removeprefix(MASTER_LEASES) for key in leases)}

    def early_controllers(self):
        """How often a controller has run without an API server that was ready."""
        logs = "cat /var/log/pods/kube-system_kube-*/*/*.log | grep -c 'no API server' || true"
        return [self.lab.on(node, logs).strip() for node in sorted(self.control_planes)]

    # --- the client that writes ---
    @contextlib.contextmanager
    def writing(self, continues=True, via="node1"):
        """Writes until the end of the block; then every acknowledged write must be there, and the longest gap was short."""
        writer = self.start_writer(via)
        try:
            yield
            time.sleep(0.3)
        finally:
            self.end_writer(writer)
        with open(os.path.join(self.folder, "writer", "summary.json"), encoding="ascii") as file:
            summary = json.load(file)
        self.gaps.append(summary["gap"])
        self.notes.append(f"{summary['acknowledged']} writes, gap {summary['gap']} s")
        self.verify_writes()
        assert summary["acknowledged"] > 20, f"the client could hardly write: {summary}"
        if continues:
            assert summary["gap"] < GAP_LIMIT, f"no write was acknowledged for {summary['gap']} s: {summary}"

    def client_folder(self, name, via):
        """A folder with a client's certificates."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        self.fetch_credentials(folder, via)
        return folder

    def fetch_credentials(self, folder, via):
        """Each file changes at once, and a certificate with its key."""
        for name, paths in (("ca.crt", "ca.crt"), ("client.pem", "healthcheck-client.crt healthcheck-client.key")):
            with open(os.path.join(folder, f".{name}"), "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(self.lab.on(via, f"cd /etc/kubernetes/pki/etcd; cat {paths}"))
            os.replace(os.path.join(folder, f".{name}"), os.path.join(folder, name))

    @contextlib.contextmanager
    def fetching_credentials(self, via="node1"):
        """The client that writes is given what the node has by then, as a client is that is told of another CA."""
        ended = threading.Event()

        def fetch():
            while not ended.wait(0.5):
                # a node that is down for a while
                with contextlib.suppress(Broken):
                    self.fetch_credentials(os.path.join(self.folder, "writer"), via)

        thread = threading.Thread(target=fetch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        # what is read back after the end is asked for with what there is by then
        self.fetch_credentials(os.path.join(self.folder, "writer"), via)

    def start_writer(self, via):
        folder = self.client_folder("writer", via)
        writer = self.lab.start_in_network([sys.executable, WRITER, "write", folder, self.cluster_id(via),
                                            *map(self.lab.address, Lab.nodes), *self.moved.values()], stdin=subprocess.DEVNULL)
        log = os.path.join(folder, "acknowledged.txt")
        try:
            until(lambda: os.path.exists(log) and os.path.getsize(log) > 200, 20, "the client's first writes are acknowledged")
        except BaseException:
            self.end_writer(writer)
            raise
        return writer

    @staticmethod
    def end_writer(writer):
        writer.send_signal(signal.SIGTERM)
        try:
            writer.wait(20)
        except subprocess.TimeoutExpired:
            writer.kill()
            writer.wait()
            raise

    def verify_writes(self):
        """Through every voter that serves."""
        members = self.members(via=self.serving_node())
        addresses = [one["peer_url"].split("/")[2].rsplit(":", 1)[0] for one in members.values() if not one["learner"]]
        alive = [self.lab.address(node) for node in self.lab.running()] + [*self.moved.values()]
        done = subprocess.run(self.lab.words("run", sys.executable, WRITER, "verify", os.path.join(self.folder, "writer"),
                                             *[each for each in addresses if each in alive]),
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-1500:]

    def serving_node(self):
        for node in self.lab.running():
            if "cluster_id" in self.lab.etcdctl(node, "member", "list", "-w", "json", check=False):
                return node
        raise AssertionError("no node's etcd gives the member list")

    # --- data, and the model of it ---
    def in_network(self, *words):
        done = subprocess.run(self.lab.words("run", sys.executable, *words), capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-1500:]

    def fill(self, via="node1"):
        self.in_network(DATASET, "fill", self.client_folder("dataset", via), self.lab.address(via))

    def fill_large(self, mebibytes, via="node1"):
        self.in_network(DATASET, "large", self.client_folder("dataset", via), self.lab.address(via), str(mebibytes))

    def fill_until_full(self, of, via="node1"):
        """`of` keys, or of history alone."""
        self.in_network(DATASET, "full", self.client_folder("full", via), self.lab.address(via), of)

    def verify_data(self, *nodes):
        """Each of them has exactly what fill() has written."""
        self.in_network(DATASET, "verify", os.path.join(self.folder, "dataset"), *map(self.lab.address, nodes or self.spec_nodes))

    def snapshot(self, via="node1"):
        """By etcdctl, in a file on the workstation."""
        self.wait_healthy(via)
        self.lab.etcdctl(via, "snapshot", "save", "/root/snapshot.db")
        path = os.path.join(self.folder, f"snapshot-{time.monotonic_ns()}.db")
        with open(path, "wb") as file:
            subprocess.run(self.lab.words("enter", via, "cat", "/root/snapshot.db"), stdout=file, timeout=120, check=True)
        self.lab.on(via, "rm /root/snapshot.db")
        return path

    # --- the checks ---
    def converged(self, **expected):
        checks.converged(self, **expected)

    def nothing_left(self, *nodes):
        """Of a run that has ended."""
        for node in nodes:
            checks.nothing_left(self, node)

    def facts(self, nodes=Lab.nodes):
        """What must stay as it is where nothing may be changed: the nodes' files, and the member list."""
        text = [self.lab.on(node, FACTS_OF_FILES) for node in self.lab.running(nodes)]
        with contextlib.suppress(AssertionError):
            text.append(self.lab.etcdctl(self.serving_node(), "member", "list"))
        return text

    @contextlib.contextmanager
    def nothing_changed(self, nodes=Lab.nodes):
        before = self.facts(nodes)
        yield
        after = self.facts(nodes)
        lines = [f"{sign} {line}" for one, other, sign in ((before, after, "-"), (after, before, "+"))
                 for line in sorted(set("\n".join(one).split("\n")) - set("\n".join(other).split("\n")))]
        assert not lines, "something was changed:\n  " + "\n  ".join(lines[:20])
