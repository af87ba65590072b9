# SPDX-License-Identifier: Apache-2.0
"""Snapshots: saved, and looked at."""
import glob
import json
import os
import signal
import subprocess
import time

from framework import killing
from framework.cluster import CONFIRMED
from framework.lab import until
from framework.registry import rule


def save(cluster, name, *words, expect=0):
    path = os.path.join(cluster.folder, name)
    return path, cluster.run("snapshot", "save", "--out", path, *words, expect=expect)


def verify(cluster, path, expect):
    run = cluster.run("snapshot", "verify", path, "-o", "json", expect=expect)
    return json.loads(run.out)


def etcdctl_says(path):
    """As etcd's own tool on the workstation sees it; it ends with an error where the file is no good."""
    done = subprocess.run(["etcdctl", "snapshot", "status", path, "-w", "json"], capture_output=True, text=True, check=True,
                          env={**os.environ, "ETCDCTL_API": "3"})
    return json.loads(done.stdout)


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
    return path


@rule("a saved snapshot is what etcdctl takes for one, with a descriptor of what the cluster holds, and is found good")
def _(cluster):
    cluster.fill()
    path, run = save(cluster, "good.db")
    assert run.out.strip() == path and os.stat(path).st_mode & 0o777 == 0o600
    with open(path + ".json", encoding="utf-8") as file:
        said = json.load(file)
    theirs = etcdctl_says(path)
    assert int(said["contents"]["revision"]) == theirs["revision"] and int(said["contents"]["entries"]) == theirs["totalKey"]
    with open(os.path.join(cluster.folder, "dataset", "model.json"), encoding="ascii") as file:
        assert int(said["contents"]["keys"]) == len(json.load(file)), said
    assert said["clusterId"] == cluster.cluster_id() and said["source"]["withQuorum"] and said["hash"], said
    assert said["source"]["node"] != cluster.leader(), "the leader gave it, though followers could"
    report = verify(cluster, path, 0)
    assert report["state"] == "good" and report["contents"]["keys"] == said["contents"]["keys"], report
    assert cluster.run("snapshot", "save", "--out", path, expect=1).text.count("there already") == 1


@rule("without a name it is named by the cluster, its ID and the time, in the spec's backup directory", still=True)
def _(cluster):
    with open(cluster.spec_file, "a", encoding="utf-8") as file:
        file.write(f"  backup: {{directory: {cluster.folder}/backups}}\n")
    cluster.run("snapshot", "save", expect=0)
    names = [os.path.basename(name) for name in glob.glob(f"{cluster.folder}/backups/*.db")]
    assert len(names) == 1 and names[0].startswith(f"lab-{cluster.cluster_id()}-2"), names


@rule("a snapshot goes through a pipe, and the exit code is its verdict")
def _(cluster):
    path = os.path.join(cluster.folder, "piped.db")
    cluster.lab.etcdctl("node1", "put", "piped", "yes")
    with open(path, "wb") as file:
        process = cluster.start("snapshot", "save", "--out", "-", stdout=file)
        assert cluster.finish(process, expect=0).code == 0
    assert etcdctl_says(path)["revision"] > 0
    assert not os.path.exists(os.path.join(cluster.quorate.home, "-")), "a file called - was made"


@rule("files that are cut, flipped, another cluster's or not as described are told apart", still=True)
def _(cluster):
    path, _ = save(cluster, "whole.db")
    with open(path, "rb") as file:
        whole = file.read()
    middle = len(whole) // 2
    folder = cluster.folder
    assert verify(cluster, write(f"{folder}/cut.db", whole[:middle]), 1)["state"] == "cut"
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:]
    assert verify(cluster, write(f"{folder}/flipped.db", flipped), 1)["state"] == "flipped"
    assert verify(cluster, write(f"{folder}/copied.db", whole[:-32]), 1)["state"] == "no-trailer"
    assert verify(cluster, write(f"{folder}/none.db", b"nothing" * 4096), 1)["state"] == "no-snapshot"
    with open(path + ".json", encoding="utf-8") as file:
        said = json.load(file)
    said["contents"]["keys"] = str(int(said["contents"].get("keys", "0")) + 1)
    write(f"{folder}/described.db", whole)
    write(f"{folder}/described.db.json", json.dumps(said).encode())
    assert verify(cluster, f"{folder}/described.db", 1)["state"] == "not-as-described"
    cluster.write_spec(hosts={node: f"host: 192.0.2.{number}" for number, node in enumerate(cluster.spec_nodes, 1)})
    assert verify(cluster, write(f"{folder}/foreign.db", whole), 1)["state"] == "foreign"
    for spec in (write(f"{folder}/wrong.yaml", b"kind: Nothing\n"), f"{folder}/mistyped.yaml", "cluster.yaml"):
        assert not cluster.run("snapshot", "verify", "-f", spec, f"{folder}/foreign.db", expect=1).out, "it was judged without the spec"
    run = cluster.apply("--restore", f"{folder}/cut.db", "--confirm", "lab", expect=3)
    assert "cannot be restored" in run.text


class Drills:
    """In a place of the rule's own, since other labs drill at the same time."""

    def __init__(self, cluster):
        self.cluster, self.folder = cluster, os.path.join(cluster.folder, "drills")
        os.makedirs(self.folder)

    def run(self, *words, expect, **more):
        return self.cluster.run("snapshot", "drill", *words, expect=expect, more={"TMPDIR": self.folder, **more})

    def left(self):
        processes = subprocess.run(["pgrep", "-f", "--", f"--data-dir={self.folder}"], capture_output=True, text=True, check=False)
        return processes.stdout.split() + os.listdir(self.folder)


@rule("a drill restores a snapshot into an etcd that is thrown away, compares what that serves, and exits by it")
def _(cluster):
    cluster.fill()
    path, _ = save(cluster, "drilled.db")
    drills = Drills(cluster)
    run = drills.run(path, "-o", "json", expect=0)
    report = json.loads(run.out)
    assert report["drill"]["keys"] == report["contents"]["keys"] and report["drill"]["revision"] == report["contents"]["revision"]
    assert report["drill"]["hash"] == report["described"]["hash"], report
    with open(path, "rb") as file:
        whole = file.read()
    bare = write(os.path.join(cluster.folder, "bare.db"), whole[:-32])
    assert "etcd 3." in drills.run(bare, expect=1).out, "a bare database restores, and is still no snapshot"
    with open(path + ".json", encoding="utf-8") as file:
        said = json.load(file)
    said["hash"] = (said["hash"] + 1) % 2**32
    other = write(os.path.join(cluster.folder, "other.db"), whole)
    write(other + ".json", json.dumps(said).encode())
    report = json.loads(drills.run(other, "-o", "json", expect=1).out)
    assert report["state"] == "not-restored" and "the hash" in report["problems"][0], report
    cut = write(os.path.join(cluster.folder, "cut.db"), whole[:len(whole) // 2])
    assert "drill" not in json.loads(drills.run(cut, "-o", "json", expect=1).out)
    assert not drills.left(), drills.left()


@rule("a drill on a node restores beside its data, with its own tools, disturbs nothing, leaves nothing, and is told by hash from another")
def _(cluster):
    cluster.fill()
    path, _ = save(cluster, "drilled.db")
    containers = [cluster.lab.etcd_container(node) for node in cluster.spec_nodes]
    words = ("snapshot", "drill", path, "--node", "node2", "--auto-approve")
    with cluster.writing():
        run = cluster.run(*words, expect=0)
        assert "restored on node2" in run.out and "with the hash that its descriptor says" in run.out, run.describe()
        with open(path + ".json", encoding="utf-8") as file:
            said = json.load(file)
        said["hash"] = said["hash"] ^ 1
        write(path + ".json", json.dumps(said).encode())
        run = cluster.run(*words, expect=1)
        assert "what is restored has the hash" in run.text and "Put back as it was" in run.text, run.describe()
    assert [cluster.lab.etcd_container(node) for node in cluster.spec_nodes] == containers, "an etcd was ended"
    cluster.nothing_left(*cluster.spec_nodes)
    cluster.verify_data()
    cluster.converged()


@rule("a drill on a machine without etcd, without room, or with an etcd that does not start says so and leaves nothing", still=True)
def _(cluster):
    path, _ = save(cluster, "drilled.db")
    drills = Drills(cluster)
    programs = os.path.join(cluster.folder, "programs")
    os.makedirs(programs)
    without = {"PATH": programs}
    nothing_restores = "neither etcdutl nor an etcdctl that restores"
    assert nothing_restores in drills.run(path, expect=1, **without).text
    # that of 3.6 says its version, and has no `snapshot restore` any more
    etcdctl = os.path.join(programs, "etcdctl")
    with open(etcdctl, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\necho etcdctl version: 3.6.16\n")
    os.chmod(etcdctl, 0o755)
    run = drills.run(path, expect=1, **without)
    assert nothing_restores in run.text and "not-restored" not in run.text, run.text
    os.remove(etcdctl)
    os.symlink("/usr/bin/etcdctl", etcdctl)
    assert "there is no etcd" in drills.run(path, expect=1, **without).text
    with open(os.path.join(programs, "etcd"), "w", encoding="ascii") as file:
        file.write("#!/bin/sh\necho it cannot start\nexit 1\n")
    os.chmod(os.path.join(programs, "etcd"), 0o755)
    run = drills.run(path, expect=1, **without)
    assert "not-restored" in run.out and "it cannot start" in run.out, run.text
    assert "no folder can be made" in drills.run(path, expect=1, TMPDIR="/proc/none").text
    assert not drills.left(), drills.left()


@rule("a drill that is interrupted leaves nothing")
def _(cluster):
    path, _ = save(cluster, "drilled.db")
    drills = Drills(cluster)
    programs = os.path.join(cluster.folder, "programs")
    os.makedirs(programs)
    with open(os.path.join(programs, "etcd"), "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nsleep 300\n")
    os.chmod(os.path.join(programs, "etcd"), 0o755)
    process = cluster.start("snapshot", "drill", path, more={"PATH": programs + ":" + os.environ["PATH"], "TMPDIR": drills.folder})
    until(lambda: glob.glob(f"{drills.folder}/quorate-drill-*/log"), 60, "its etcd is started")
    process.send_signal(signal.SIGINT)
    assert "interrupted" in cluster.finish(process, expect=1, seconds=30).text
    assert not drills.left(), drills.left()


@rule("without a quorum the survivor's snapshot is saved, and called one")
def _(cluster):
    cluster.fill()
    for node in ("node2", "node3"):
        cluster.lab("crash", node)
    path, run = save(cluster, "survivor.db")
    assert "survivor" in run.problems, run.text
    report = verify(cluster, path, 0)
    assert not report["described"]["source"].get("withQuorum") and int(report["contents"]["keys"]) > 18_000, report


@rule("survivors are each saved onto their own disk, without a kubelet that would end them; a killed save is gone on with, and nothing is left", seldom=True)
def _(cluster):
    cluster.fill()
    folder = os.path.join(cluster.folder, "survivors")
    words = ("snapshot", "save", "--survivors", "--out", folder, "--auto-approve")
    assert "There is a quorum" in cluster.run(*words, expect=3).text
    for node in cluster.spec_nodes:
        cluster.lab("cut", node, "--peers")
    until(lambda: "no-quorum" in cluster.run("status").out, 30, "none sees a leader")
    containers = [cluster.lab.etcd_container(node) for node in cluster.spec_nodes]
    killed = cluster.run(*words, more=killing.with_kill(cluster, 4, "after"))
    assert killed.code == -signal.SIGKILL and killed.text.count("without a kubelet meanwhile") == 3, killed.describe()
    # its snapshots are there; that there is no quorum is all that is left to be said
    cluster.run("resume", "--auto-approve", expect=3, home=cluster.elsewhere())
    saved = glob.glob(f"{folder}/*.db")
    assert len(saved) == 3, saved
    for path in saved:
        assert verify(cluster, path, 0)["state"] == "good"
    for node in cluster.spec_nodes:
        assert cluster.lab.on(node, "systemctl is-active kubelet").strip() == "active"
        assert not cluster.lab.on(node, "ls -d /var/lib/etcd/.quorate-* /var/lib/quorate/run.json 2>/dev/null || true")
    assert [cluster.lab.etcd_container(node) for node in cluster.spec_nodes] == containers, "an etcd was ended"
    for node in cluster.spec_nodes:
        cluster.lab("heal", node)
    cluster.wait_healthy(*cluster.spec_nodes)
    cluster.verify_data()


@rule("a save that is interrupted leaves nothing behind")
def _(cluster):
    cluster.fill()
    cluster.lab("slow", "node2", "150")
    path = os.path.join(cluster.folder, "interrupted.db")
    process = cluster.start("snapshot", "save", "--out", path, "--node", "node2")
    until(lambda: os.path.exists(path + ".part") and os.path.getsize(path + ".part") > 0, 60, "the first bytes arrive")
    process.send_signal(signal.SIGINT)
    run = cluster.finish(process, expect=1, seconds=60)
    assert not glob.glob(path + "*"), glob.glob(path + "*")
    assert "cancel" in run.text or "interrupt" in run.text, run.text


def most_memory(process):
    """The peak of its resident memory, in MiB, while it runs."""
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                peak = max([peak, *[int(line.split()[1]) for line in file if line.startswith("VmHWM")]])
        except OSError:
            break
    return peak / 1024


@rule("a snapshot of more than 100 MiB is saved with less than 64 MiB of memory", seldom=True)
def _(cluster):
    small = most_memory(cluster.start("snapshot", "save", "--out", os.path.join(cluster.folder, "small.db")))
    cluster.fill_large(100)
    path = os.path.join(cluster.folder, "large.db")
    process = cluster.start("snapshot", "save", "--out", path)
    large = most_memory(process)
    cluster.finish(process, expect=0)
    size = os.path.getsize(path) >> 20
    assert size >= 100 and verify(cluster, path, 0)["state"] == "good"
    cluster.notes.append(f"{size} MiB saved with {large:.0f} MiB, a small one with {small:.0f} MiB")
    assert 0 < large < 64, f"{large} MiB for {size} MiB, and {small} for a small one"


def back_up_into(cluster, folder, keep=""):
    with open(cluster.spec_file, "a", encoding="utf-8") as file:
        file.write(f"  backup: {{directory: {folder}{keep}}}\n")


@rule("with a backup directory a verified snapshot is saved before the first step that could cost data, and the oldest of its own go")
def _(cluster):
    folder = os.path.join(cluster.folder, "backups")
    back_up_into(cluster, folder, ", keep: 2")
    cluster.fill()
    for _ in range(2):
        cluster.run("snapshot", "save", expect=0)
        time.sleep(1.1)  # their names tell seconds
    before = sorted(glob.glob(f"{folder}/*.db"))
    others = [write(f"{folder}/{name}", b"kept") for name in (
        f"lab-{cluster.cluster_id()}-20200101T000000Z.db", "other-0123456789abcdef-20200101T000000Z.db",
        "other-0123456789abcdef-20200101T000000Z.db.json")]
    old_member = cluster.members()["node3"]["id"]
    cluster.apply("--replace", "node3")
    assert all(os.path.exists(path) for path in others), "a file that is none of its own was removed"
    own = sorted(path.removesuffix(".json") for path in glob.glob(f"{folder}/lab-*.db.json"))
    assert len(own) == 2 and own[0] == before[1] and not os.path.exists(before[0]), (before, own)
    report = verify(cluster, own[1], 0)
    assert old_member in [member["id"] for member in report["contents"]["members"]], "it was saved after the member was removed"
    assert report["described"]["source"]["withQuorum"] and etcdctl_says(own[1])["revision"] == int(report["contents"]["revision"])
    cluster.converged(set_aside=["node3"])


@rule("a restore of the oldest backup deletes none of them, the one that it restores among them")
def _(cluster):
    folder = os.path.join(cluster.folder, "backups")
    back_up_into(cluster, folder, ", keep: 1")
    cluster.fill()
    cluster.run("snapshot", "save", expect=0)
    oldest = glob.glob(f"{folder}/*.db")
    time.sleep(1.1)  # their names tell seconds
    cluster.apply("--restore", *oldest, *CONFIRMED)
    assert set(oldest) < set(glob.glob(f"{folder}/*.db")), "nothing was saved before, or what was restored is gone"
    assert os.path.exists(oldest[0] + ".json")
    cluster.converged(set_aside=cluster.spec_nodes)


@rule("a backup that cannot be saved ends an apply before anything is changed, and --no-snapshot goes on without one", seldom=True)
def _(cluster):
    write(f"{cluster.folder}/file", b"no directory")
    back_up_into(cluster, f"{cluster.folder}/file/backups")
    before = cluster.members()
    run = cluster.apply("--replace", "node3", expect=1)
    assert "before anything was changed" in run.out and "file/backups" in run.text, run.text
    assert cluster.members() == before and not cluster.lab.on("node1", "ls /var/lib/quorate/run.json 2>/dev/null || true")
    file = f"{cluster.folder}/plan.json"
    cluster.run("plan", "--replace", "node3", "--out", file, expect=0)
    assert "a snapshot is saved first by this plan" in cluster.run("apply", file, "--auto-approve", "--no-snapshot", expect=1).text
    cluster.run("plan", "--replace", "node3", "--no-snapshot", "--out", file, expect=0)
    cluster.run("apply", file, "--auto-approve", "--no-snapshot", expect=0)
    cluster.converged(set_aside=["node3"])
