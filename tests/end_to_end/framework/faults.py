# SPDX-License-Identifier: Apache-2.0
"""What can happen to a run at a record of its journal. The program stops itself there, the fault strikes, and it goes on with it."""
import contextlib
import random
import signal
from dataclasses import dataclass

from . import killing
from .addresses import add_new_addresses
from .breaking import END_ETCD
from .lab import until

# The processes of sshd that serve a connection; the one that listens stays.
END_CONNECTIONS = r"""
for process in $(pgrep -x sshd); do
    # with one of a connection's the others end
    parent=$(ps -o ppid= -p "$process" | tr -d ' ') || continue
    [ "$parent" = 1 ] || ! kill -9 "$process" || echo "$process"
done
"""
# Where a run writes on a node. Each is put on a small disk of its own while nothing of etcd runs; kubelet starts it again.
SMALL_DISKS = "systemctl stop kubelet\n" + END_ETCD + r"""
while pgrep -x etcd >/dev/null; do sleep 0.05; done
for folder in /etc/kubernetes /var/lib/quorate /var/lib/etcd; do
    mkdir -p /root/full
    mkdir -p -m 700 "$folder"
    tar -C "$folder" -c . >/root/full/files.tar
    mount -t tmpfs -o "size=1g,mode=$(stat -c %a "$folder")" tmpfs "$folder"
    tar -C "$folder" -x -p --same-owner -f /root/full/files.tar
    rm -r /root/full
done
systemctl start kubelet
"""
FULL = r"""
fill() {
    used=$(df -k --output=used "$1" | tail -n 1 | tr -d ' ')
    [ "$used" != 0 ] || used=4  # 0 would mean that it has no limit
    mount -o "remount,size=${used}k" "$1"
}
refuses() {
    said=$(LC_ALL=C head -c 64k /dev/zero 2>&1 >"$1/.test-of-room") || true
    rm -f "$1/.test-of-room"
    case $said in *'No space left on device'*) ;; *) return 1;; esac
}
for folder in /etc/kubernetes /var/lib/quorate /var/lib/etcd; do
    tries=0
    # etcd may take more of it meanwhile, or less
    until fill "$folder" && refuses "$folder"; do
        tries=$((tries + 1))
        [ "$tries" -lt 20 ] || { echo "$folder takes a write: $said"; break; }
    done
done
"""
ROOM_AGAIN = "for folder in /etc/kubernetes /var/lib/quorate /var/lib/etcd; do mount -o remount,size=1g $folder; done"
# One that does not stay up may be gone by then.
STOP_ETCD = r"""
pkill -STOP -x etcd || exit 0
for _ in $(seq 40); do
    states=$(ps -o stat= -C etcd) || exit 0
    case $states in *T*) echo stopped; exit;; esac
    sleep 0.05
done
echo "not stopped: $states"
"""


def cut_connections(lab):
    """Those of ssh; new ones can be made."""
    ended = [lab.on(node, END_CONNECTIONS).split() for node in lab.running()]
    assert any(ended), "there was no connection to cut"


class Fault:
    """`continues`: a client that writes hardly notices. `nodes`: those of which it strikes the first that it can."""
    name, continues = "", False
    cuts_off = False  # nothing can be taken away from its node until it has healed

    def __init__(self, cluster, nodes):
        self.cluster, self.nodes, self.node = cluster, nodes, None

    def describe(self):
        return f"{self.name} {self.node or 'one of ' + ', '.join(self.nodes)}"

    def prepare(self):
        """Before the run."""

    def clear_away(self):
        """After everything: what prepare() made."""

    def strike(self):
        """Whether there was a node that it could strike; asserts that it had its effect there."""
        raise NotImplementedError

    def heal(self):
        """After the run has ended; also where it did not strike."""


class ConnectionsCut(Fault):
    name, continues = "the connections are cut to", True

    def describe(self):
        return f"{self.name} all nodes"

    def strike(self):
        cut_connections(self.cluster.lab)
        return True


class NodeCrashed(Fault):
    name, cuts_off = "a power cut of", True

    def strike(self):
        running = self.cluster.lab.running()
        self.node = next((node for node in self.nodes if node in running), None)
        if self.node is None:
            return False
        self.cluster.lab("crash", self.node)
        assert self.node not in self.cluster.lab.running(), f"{self.node} is up after a power cut"
        return True

    def heal(self):
        if self.node and self.node not in self.cluster.lab.running():
            self.cluster.lab("start", self.node)
            add_new_addresses(self.cluster, *{self.node} & set(self.cluster.moved))


class DiskFull(Fault):
    name = "a full disk on"

    def prepare(self):
        self.node = self.nodes[0]
        self.cluster.lab.on(self.node, SMALL_DISKS)

    def strike(self):
        takes = self.cluster.lab.on(self.node, FULL)
        assert not takes, f"the disk of {self.node} is not full: {takes}"
        return True

    def heal(self):
        self.cluster.lab.on(self.node, ROOM_AGAIN)

    def clear_away(self):
        self.cluster.lab("crash", self.node)  # and the mounts are gone with it


class EtcdHangs(Fault):
    name = "etcd is stopped by SIGSTOP on"

    def strike(self):
        for self.node in self.nodes:
            stopped = self.cluster.lab.on(self.node, STOP_ETCD).strip()
            assert stopped in ("stopped", ""), f"etcd on {self.node}: {stopped}"
            if stopped:
                return True
        self.node = None
        return False

    def heal(self):
        if self.node:
            self.cluster.lab.on(self.node, "pkill -CONT -x etcd || true")


FAULTS = (ConnectionsCut, NodeCrashed, DiskFull, EtcdHangs)


@dataclass(frozen=True)
class Strike:
    kind: type
    nodes: tuple  # as a Fault's
    record: int
    way: str  # what goes on with the run afterwards


def to_try(name, steps, nodes, disks, ways):
    """Every fault in each step where all are asked for, else one of them in one step; where, and which node it would rather strike, is the
    seed's chance. `steps`: of each record. `disks`: the nodes that write."""
    chance = random.Random(f"{killing.SETTINGS['seed']} {name}")
    every = [(step, kind) for step in sorted(set(steps) - {0}) for kind in FAULTS]
    for step, kind in every if killing.SETTINGS["everywhere"] else [chance.choice(every)]:
        record = chance.choice([number for number, of in enumerate(steps, 1) if of == step])
        possible = disks if kind is DiskFull else nodes
        yield Strike(kind, tuple(chance.sample(possible, len(possible))), record, chance.choice(ways))


def is_halted(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def run_with(cluster, fault, record, *words):
    """A run of the program that the fault strikes at a record of its journal; the fault is over when this returns."""
    process = cluster.start(*words, more=killing.with_kill(cluster, record, "halt"))
    reached = struck = False
    try:
        until(lambda: process.poll() is not None or is_halted(process), 120, f"the {words[0]} reaches record {record}")
        if process.poll() is None:
            reached, struck = True, fault.strike()
            process.send_signal(signal.SIGCONT)
        # the last check of a restore waits longest
        run = cluster.finish(process, seconds=900)
    finally:
        fault.heal()
    if not struck:
        assert run.code == 0, f"exit {run.code}, without {fault.describe()} at record {record}"
        if reached:
            raise killing.Spared(f"no node for {fault.name} at record {record}")
        raise killing.FewerRecords(record, killing.records_of(cluster.quorate.home))
    # all was done, and a voter did not serve at the end
    not_everything = run.code == 3 and "Not everything" in run.out
    assert run.code in (0, 1, 4) or not_everything, f"exit {run.code}, with {fault.describe()} at record {record}"
    return run


@contextlib.contextmanager
def prepared(fault):
    fault.prepare()
    try:
        yield
    finally:
        fault.clear_away()
