# SPDX-License-Identifier: Apache-2.0
"""Procedure 8: a snapshot is restored."""
import contextlib
import os
import time

from framework import breaking
from framework.applying import apply_until, interrupted_at, type_by_hand
from framework.cluster import CONFIRMED, MASTER_LEASES
from framework.broken_off_run import BrokenOffRun
from framework.lab import HEALTHY, MANIFESTS, until
from framework.registry import rule

# The very files, by their inodes; etcd makes no new ones while it is stopped.
SAME_FILES = "find . -type f ! -name '*.tmp' -printf '%i %p\\n' | sort"


def restore(cluster, snapshot, *words, expect=0, **options):
    return cluster.apply("--restore", snapshot, *CONFIRMED, *words, expect=expect, **options)


def changed_since(cluster):
    """What the snapshot has not."""
    cluster.lab.etcdctl("node1", "put", "registry/since", "later")
    cluster.lab.etcdctl("node1", "del", "--prefix", "registry/pods/namespace-1")


def restored(cluster, old_id, set_aside=()):
    cluster.wait_healthy(*cluster.spec_nodes)
    cluster.verify_data()
    assert cluster.cluster_id() != old_id, "it has the old cluster's ID"
    cluster.nothing_left(*cluster.spec_nodes)
    cluster.converged(set_aside=set_aside)


@rule("restored on all nodes at once, the cluster holds exactly the snapshot, and the old data is kept aside", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    snapshot = cluster.snapshot()
    changed_since(cluster)
    before = [cluster.lab.on(node, f"cd /var/lib/etcd/member && {SAME_FILES}") for node in cluster.spec_nodes]
    run = restore(cluster, snapshot)
    cluster.notes.append(f"{run.seconds:.0f} s")
    restored(cluster, old_id, set_aside=cluster.spec_nodes)
    assert [cluster.lab.on(node, f"cd /var/lib/etcd/.quorate-*/member && {SAME_FILES}") for node in cluster.spec_nodes] == before


@rule("API servers are stopped first and started again last, controllers after them, and the lease of a host that is gone is dropped", seldom=True)
def _(cluster):
    cluster.fill()
    cluster.add_control_planes(*cluster.spec_nodes)
    old_id, early = cluster.cluster_id(), cluster.early_controllers()
    cluster.lab.etcdctl("node1", "put", MASTER_LEASES + cluster.lab.subnet + ".99", "1000000000.000")
    snapshot = cluster.snapshot()
    began = time.time()
    restore(cluster, snapshot)
    restored(cluster, old_id, set_aside=cluster.spec_nodes)
    until(lambda: len(cluster.api_servers_since()) == 3, 10, "each API server has its lease again")
    since = cluster.api_servers_since()
    assert sorted(since) == [cluster.lab.address(node) for node in cluster.spec_nodes], since
    assert min(since.values()) > began, f"one of before wrote into the restored store: {since}, the restore began at {began}"
    assert cluster.early_controllers() == early, "a controller was started before its API server was ready"


@rule("once clients were let in there is no way back: abandon is refused, and resume ends it", seldom=True)
def _(cluster):
    cluster.lab.etcdctl("node1", "put", "kept", "yes")
    cluster.add_control_planes("node1", "node2")
    old_id, snapshot = cluster.cluster_id(), cluster.snapshot()
    process = cluster.start("apply", "--auto-approve", "--restore", snapshot, *CONFIRMED)
    is_placed = f"test -e {MANIFESTS}/kube-apiserver.yaml && echo yes || true"
    until(lambda: not cluster.lab.on("node1", is_placed), 60, "the API server's manifest is parked")
    until(lambda: cluster.lab.on("node1", is_placed), 60, "the API server's manifest is back")
    process.kill()
    cluster.finish(process)
    refused = cluster.run("abandon", "--auto-approve", *CONFIRMED, expect=3, home=cluster.elsewhere())
    assert "must not be sent back in time" in refused.text, refused.text
    cluster.run("resume", "--auto-approve", *CONFIRMED, expect=0, home=cluster.elsewhere())
    assert "yes" in cluster.lab.etcdctl("node3", "get", "kept") and cluster.cluster_id() != old_id
    cluster.wait_api_ready("node1", "node2")
    cluster.nothing_left(*cluster.spec_nodes)
    cluster.converged()


@rule("restored on one node, which the others join, the cluster holds exactly the snapshot", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    snapshot = cluster.snapshot()
    changed_since(cluster)
    restore(cluster, snapshot, "--strategy", "seed", "--seed", "node2")
    restored(cluster, old_id, set_aside=cluster.spec_nodes)


@rule("a snapshot that is on a node is brought here and restored; one that is not there is an error, and nothing is done", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    cluster.lab.etcdctl("node2", "snapshot", "save", "/root/kept.db")
    changed_since(cluster)
    with cluster.nothing_changed():
        assert "/root/none.db" in restore(cluster, "node2:/root/none.db", expect=1).text
        assert "restore the snapshot beside the data" in cluster.run("plan", "--restore", "node2:/root/kept.db", expect=0).out
    assert "Brought node2:/root/kept.db here" in restore(cluster, "node2:/root/kept.db").text
    restored(cluster, old_id, set_aside=cluster.spec_nodes)


# With etcd 3.5 and later the first restore bumps the revision, and etcdutl's mark of that is in the second snapshot.
@rule("a snapshot of a cluster that was restored before is sound, and is restored again", seldom=True)
def _(cluster):
    cluster.fill()
    restore(cluster, cluster.snapshot())
    cluster.wait_healthy(*cluster.spec_nodes)
    old_id, file = cluster.cluster_id(), os.path.join(cluster.folder, "again.db")
    cluster.run("snapshot", "save", "--out", file, expect=0)
    cluster.run("snapshot", "verify", file, expect=0)
    changed_since(cluster)
    restore(cluster, file)
    restored(cluster, old_id, set_aside=cluster.spec_nodes)


@rule("without the cluster's name a restore does not begin", still=True)
def _(cluster):
    with cluster.nothing_changed():
        cluster.apply("--restore", cluster.snapshot(), expect=1)


@rule("a file that is cut, flipped or no snapshot is refused before anything is done", still=True)
def _(cluster):
    with open(cluster.snapshot(), "rb") as file:
        whole = file.read()
    middle = len(whole) // 2
    bad = {"cut": whole[:middle], "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:], "none": b"no snapshot" * 999}
    with cluster.nothing_changed():
        for name, content in bad.items():
            path = f"{cluster.folder}/{name}.db"
            with open(path, "wb") as file:
                file.write(content)
            run = restore(cluster, path, expect=3)
            assert "cannot be restored" in run.text, run.text


@rule("without a tool of etcd's on a node it is refused, with what to bring; with the workstation's it is restored, also without openssl",
      seldom=True)
def _(cluster):
    cluster.fill()
    old_id, snapshot = cluster.cluster_id(), cluster.snapshot()
    breaking.stop_etcd(cluster.lab, "node3")
    # a file system's own way to hide a file: what is deleted below /usr the lab does not bring back
    cluster.lab.on("node3", "mount --bind /dev/null /usr/bin/ctr; mount --bind /dev/null /usr/bin/openssl")
    try:
        with cluster.nothing_changed():
            run = restore(cluster, snapshot, expect=3)
        assert "Nothing to restore with is on it" in run.text and "spec.etcd.tools" in run.text
        with open(cluster.spec_file, "a", encoding="utf-8") as file:
            file.write(f"  etcd: {{tools: {cluster.lab.tools()}}}\n")
        run = restore(cluster, snapshot)
    finally:
        cluster.lab.on("node3", "umount /usr/bin/ctr /usr/bin/openssl")
    assert "bring etcd 3" in run.out and "to node3" in run.out
    restored(cluster, old_id, set_aside=cluster.spec_nodes)


@rule("with every data directory wiped, most manifests gone and no tool of etcd's but the image's, the snapshot brings the cluster back")
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    snapshot = cluster.snapshot()
    for node in cluster.spec_nodes:
        breaking.stop_etcd(cluster.lab, node)
        cluster.lab.on(node, "rm -rf /var/lib/etcd/* /root/broken" if node != "node2" else
                       "rm -rf /var/lib/etcd; d=/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-01-02; mkdir -p $d; mv /root/broken/etcd.yaml $d")
    assert "mounted by ctr" in restore(cluster, snapshot).out
    restored(cluster, old_id)
    for node in cluster.spec_nodes:
        cluster.lab.on(node, "! grep /run/quorate /proc/mounts")


@rule("with no manifest of etcd's left anywhere it is made as kubeadm would write it", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    snapshot = cluster.snapshot()
    own = {}
    for node in cluster.spec_nodes:
        breaking.stop_etcd(cluster.lab, node)
        own[node] = cluster.lab.on(node, "grep -v -e --initial-cluster /root/broken/etcd.yaml")
        image = cluster.lab.on(node, "sed -n 's/^ *image: //p' /root/broken/etcd.yaml").strip()
        cluster.lab.on(node, "rm -rf /var/lib/etcd/member /root/broken")
    # the lab may have others beside it
    with open(cluster.spec_file, "a", encoding="utf-8") as file:
        file.write(f"  etcd: {{image: '{image}'}}\n")
    restore(cluster, snapshot)
    restored(cluster, old_id)
    # stand-ins have kubeadm 1.20's for whatever etcd they run
    for node, manifest in own.items() if cluster.lab.kubernetes or not cluster.lab.etcd else ():
        made = cluster.lab.on(node, f"grep -v -e --initial-cluster {MANIFESTS}/etcd.yaml")
        # the newer kubeadm puts what the lab asks of it behind its own arguments, which are sorted
        assert sorted(made.splitlines()) == sorted(manifest.splitlines()), f"{made}\n--- and not\n{manifest}"


@rule("on machines that were all installed anew it is refused without etcd's CA; with that on one of them the cluster is back", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    snapshot = cluster.snapshot()
    authority = {name: cluster.lab.on("node1", f"cat /etc/kubernetes/pki/etcd/{name}") for name in ("ca.crt", "ca.key")}
    for node in cluster.spec_nodes:
        breaking.reinstall(cluster.lab, node)
    with cluster.nothing_changed():
        run = restore(cluster, snapshot, expect=3)
    assert "has the key of etcd's CA" in run.text and "Put ca.key beside etcd's ca.crt" in run.text
    for name, content in authority.items():
        cluster.lab.on("node2", f"umask 077; mkdir -p /etc/kubernetes/pki/etcd; cat >/etc/kubernetes/pki/etcd/{name} <<'X'\n{content}X")
    restore(cluster, snapshot)
    restored(cluster, old_id)


@rule("a node that is lost by a person's word is left out; once it is back, what it holds is set aside and it joins", seldom=True)
def _(cluster):
    cluster.fill()
    old_id = cluster.cluster_id()
    snapshot = cluster.snapshot()
    cluster.lab("crash", "node3")
    assert "--lost node3" in restore(cluster, snapshot, expect=3).text
    restore(cluster, snapshot, "--lost", "node3")
    assert cluster.cluster_id() != old_id and sorted(cluster.members()) == ["node1", "node2"]
    cluster.verify_data("node1", "node2")
    cluster.lab("start", "node3")
    assert "given-up-cluster" in cluster.apply().out
    restored(cluster, old_id, set_aside=("node3",))


def killed_restore_without_node3(cluster, text):
    """The process is killed in the step that begins with the text, and then node3 dies."""
    cluster.fill()
    process, _lines = apply_until(cluster, text, "--restore", cluster.snapshot(), *CONFIRMED)
    process.kill()
    cluster.finish(process)
    cluster.lab("crash", "node3")


def node3_is_back(cluster):
    """With the run's record, which brings nothing back, and is taken away once its lease has expired. What was restored from stays there."""
    cluster.lab("start", "node3")
    until(lambda: "unreachable" not in cluster.run("plan").text, 60, "node3 answers")
    assert "run.json" in cluster.lab.on("node3", "ls /var/lib/quorate"), "this rule would prove nothing"
    assert "run-unfinished" not in cluster.run("plan").text
    cluster.lab.on("node3", "touch -d '2 minutes ago' /var/lib/quorate/run.json")
    cluster.apply()
    cluster.wait_healthy(*cluster.spec_nodes)
    cluster.verify_data()
    cluster.nothing_left("node1", "node2")
    assert "run.json" not in cluster.lab.on("node3", "ls /var/lib/quorate")


@rule("a node that dies in a restore holds nobody up: abandon brings the old cluster back on the others, and once it is back it brings back no run",
      seldom=True)
def _(cluster):
    old_id = cluster.cluster_id()
    killed_restore_without_node3(cluster, "[4/")
    assert "quorate abandon" in cluster.run("resume", "--auto-approve", *CONFIRMED, expect=3, home=cluster.elsewhere()).text
    assert "Done: " in cluster.run("abandon", "--auto-approve", *CONFIRMED, expect=3, home=cluster.elsewhere()).out
    cluster.wait_healthy("node1", "node2")
    assert cluster.cluster_id() == old_id, "the old cluster did not come back"
    node3_is_back(cluster)
    assert cluster.cluster_id() == old_id


@rule("a restored cluster that serves goes on without a node that dies then, and that node joins it once it is back", seldom=True)
def _(cluster):
    old_id = cluster.cluster_id()
    killed_restore_without_node3(cluster, "[6/")
    assert "Done: " in cluster.run("resume", "--auto-approve", *CONFIRMED, expect=3, home=cluster.elsewhere()).out
    assert cluster.cluster_id() != old_id
    node3_is_back(cluster)
    assert cluster.cluster_id() != old_id


@contextlib.contextmanager
def as_before(cluster):
    """Of a restore that fails: the old cluster runs again, with all that it had, and nothing of the restore is left."""
    cluster.fill()
    old_id, snapshot = cluster.cluster_id(), cluster.snapshot()
    cluster.lab.etcdctl("node1", "put", "since", "then")
    yield snapshot
    cluster.wait_healthy(*cluster.spec_nodes)
    assert cluster.cluster_id() == old_id, "the old cluster did not come back"
    cluster.verify_data()
    assert "then" in cluster.lab.etcdctl("node3", "get", "since")
    cluster.nothing_left(*cluster.spec_nodes)
    cluster.converged()


def running(cluster):
    """Each node's container of etcd, which is another one after a restart."""
    return [cluster.lab.etcd_container(node) for node in cluster.spec_nodes]


def put_back(run):
    assert "Put back" in run.out, run.text


@rule("a tool that fails on one node: nothing was stopped, and nothing of the restore is left")
def _(cluster):
    with as_before(cluster) as snapshot:
        # 3.4 has none of its own, and takes the next one's
        version = cluster.etcd_version() if breaking.etcd_is_since(cluster, 5) else "3.5.16"
        cluster.lab.on("node2", r"""printf '#!/bin/sh\n[ "$1" != snapshot ] || { echo broken >&2; exit 1; }\necho "etcdutl version: %s"\n' """
                                f"{version} >/usr/local/bin/etcdutl; chmod 755 /usr/local/bin/etcdutl")
        before = running(cluster)
        put_back(restore(cluster, snapshot, expect=1))
        assert running(cluster) == before, "an etcd was stopped"


@rule("something in the way of the data that is set aside: what was switched is switched back, and the old cluster runs again", seldom=True)
def _(cluster):
    with as_before(cluster) as snapshot:
        breaking.when_there(cluster.lab, "node2", "-d /var/lib/etcd/.quorate-*-restore/new",
                            "d=$(echo /var/lib/etcd/.quorate-*-restore); mkdir ${d%-restore}; : >${d%-restore}/member")
        put_back(restore(cluster, snapshot, expect=1))
        # what was in the way, and nothing else
        cluster.lab.on("node2", "rm /var/lib/etcd/.quorate-*/member; rmdir /var/lib/etcd/.quorate-*")


@rule("an etcd that cannot start with the restored data: the old cluster runs again, and its API servers", seldom=True)
def _(cluster):
    with as_before(cluster) as snapshot:
        cluster.add_control_planes("node1", "node3")
        breaking.take_peer_port_when_there(cluster.lab, "node3", "-d /var/lib/etcd/.quorate-*/member")
        put_back(restore(cluster, snapshot, expect=1))
        until(lambda: breaking.etcd_runs(cluster.lab, "node3"), 120, "etcd on node3 runs")
        cluster.wait_api_ready("node1", "node3")


# Restores another snapshot than the one that it is given, as nothing but a look at what is served shows. By the tool of the etcd that
# runs, and of its version: from 3.6 on etcdctl restores nothing.
OTHER_TOOL = r"""cat >/usr/local/bin/etcdutl <<'X'
#!/bin/sh
tool=/proc/$(pgrep -xo etcd)/root/usr/local/bin/etcdutl
[ -x $tool ] || tool=${tool%utl}ctl
[ "$1" = snapshot ] || { echo "etcdutl version: $(ETCDCTL_API=3 $tool version | sed -n '1s/.*: //p')"; exit; }
LC_ALL=C sed 's/third 1000 /thirD 1000 /' "$3" >/root/other.db
shift 3
exec $tool snapshot restore /root/other.db --skip-hash-check "$@"
X
chmod 755 /usr/local/bin/etcdutl"""


@rule("a store that is another on one node is found before clients are let in: the old cluster runs again")
def _(cluster):
    with as_before(cluster) as snapshot:
        cluster.lab.on("node2", OTHER_TOOL)
        run = restore(cluster, snapshot, expect=1)
        put_back(run)
        assert "etcd on node2: it has another hash than the members before it" in run.text, run.text


@rule("Ctrl-C in a restore: exit 4 with both ways out; what NEXT.txt says can be typed, and the commands alone end it")
def _(cluster):
    cluster.fill()
    old_id, snapshot = cluster.cluster_id(), cluster.snapshot()
    changed_since(cluster)
    interrupted_at(cluster, "[2/", "--restore", snapshot, *CONFIRMED)
    type_by_hand(cluster, cluster.lab.on("node2", "cat /var/lib/quorate/NEXT.txt"))
    cluster.wait_healthy(*cluster.spec_nodes)
    cluster.verify_data()
    cluster.run("resume", "--auto-approve", *CONFIRMED, expect=0, home=cluster.elsewhere())
    restored(cluster, old_id, set_aside=cluster.spec_nodes)


class Restore(BrokenOffRun):
    nodes = ("node1", "node2", "node3")
    records = 104

    def __init__(self, cluster, *words):
        cluster.lab.etcdctl("node1", "put", "kept", "yes")
        self.old_id = cluster.cluster_id()
        super().__init__(cluster, "--restore", cluster.snapshot(), *words)

    def is_ready(self):
        self.cluster.wait_healthy(*self.cluster.spec_nodes)

    def begin(self):
        self.cluster.lab("load", HEALTHY)
        self.is_ready()
        self.cluster.add_control_planes("node2")
        self.cluster.lab.etcdctl("node1", "put", "since", "then")

    def is_done(self):
        cluster = self.cluster
        cluster.wait_healthy(*cluster.spec_nodes)
        assert cluster.cluster_id() != self.old_id, "it has the old cluster's ID"
        assert "yes" in cluster.lab.etcdctl("node3", "get", "kept") and not cluster.lab.etcdctl("node3", "get", "since")
        cluster.wait_api_ready("node2")
        cluster.nothing_left(*cluster.spec_nodes)
        cluster.converged()

    def is_as_before(self):
        cluster = self.cluster
        cluster.wait_healthy(*cluster.spec_nodes)
        assert cluster.cluster_id() == self.old_id, "the old cluster did not come back"
        assert "then" in cluster.lab.etcdctl("node3", "get", "since")
        cluster.wait_api_ready("node2")
        cluster.nothing_left(*cluster.spec_nodes)
        cluster.converged()


@rule("killed anywhere, a restore of all: resume ends it and abandon undoes it, from another folder", kill=True)
def _(cluster):
    Restore(cluster).try_kills()


class SeedRestore(Restore):
    records = 116

    def __init__(self, cluster):
        super().__init__(cluster, "--strategy", "seed")


@rule("killed anywhere, a restore of one that the others join: resume ends it and abandon undoes it, from another folder", kill=True, seldom=True)
def _(cluster):
    SeedRestore(cluster).try_kills()


@rule("struck anywhere, a restore of all: it ends well, is undone, or resume and abandon go on from another folder", kill=True, seldom=True)
def _(cluster):
    Restore(cluster).try_faults()


@rule("struck anywhere, a restore of one that the others join: it ends well, is undone, or resume and abandon go on", kill=True, seldom=True)
def _(cluster):
    SeedRestore(cluster).try_faults()
