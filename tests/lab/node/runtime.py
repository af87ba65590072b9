# SPDX-License-Identifier: Apache-2.0
"""runtime: what the stand-ins for the kubelet and for crictl know together: images, sandboxes, containers, as files.

A container's record is CONTAINERS/ID/config.json, written once, and status.json, written by its shim.
"""
import _sha256  # what hashlib and signal load besides takes longer than the rest of a crictl
import _signal
import fcntl
import os
import time

import quick_json

STATE = "/var/lib/lab-runtime"
CONTAINERS = STATE + "/containers"
SANDBOXES = STATE + "/sandboxes"
IMAGES = "/var/lib/lab-images"
RUN = "/run/lab-runtime"
CGROUPS = "/sys/fs/cgroup/kubepods"
SHIM = "/usr/lib/quorate-lab/shim"
NEVER = "0001-01-01T00:00:00Z"


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return quick_json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_json(path, value):
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(quick_json.dumps(value))
    os.rename(temporary, path)


def timestamp(nanoseconds):
    if not nanoseconds:
        return NEVER
    seconds, rest = divmod(nanoseconds, 10**9)
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(seconds)) + f"{rest:09d}Z"


def new_id():
    return os.urandom(32).hex()


def boot_token():
    """The nodes share the machine's boot_id, so each boot of a node gets a mark of its own, in a file system that dies with it."""
    path = RUN + "/boot"
    os.makedirs(RUN, exist_ok=True)
    with open(path, "a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        token = file.read()
        if not token:
            token = os.urandom(8).hex()
            file.write(token)
    return token


def process_start(pid):
    """Tells a process from a later one with its number; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


# images

def image_directory(reference):
    """The directory of an image by its name, its id or the beginning of its id; None when the store lacks it."""
    for name in sorted(os.listdir(IMAGES)) if os.path.isdir(IMAGES) else []:
        image = read_json(f"{IMAGES}/{name}/image.json")
        if image and (reference in image["repoTags"] or image_id(name) == reference
                      or (len(reference) > 5 and image_id(name).startswith(("sha256:" + reference, reference)))):
            return name
    return None


def image_id(name):
    return "sha256:" + _sha256.sha256(("quorate-lab " + name).encode()).hexdigest()


def image_config(name):
    return read_json(f"{IMAGES}/{name}/image.json")


def images():
    found = []
    for name in sorted(os.listdir(IMAGES)) if os.path.isdir(IMAGES) else []:
        image = image_config(name)
        if image:
            size = sum(entry.stat().st_size for entry in os.scandir(f"{IMAGES}/{name}"))
            found.append({"id": image_id(name), "repoTags": image["repoTags"], "repoDigests": [], "size": str(size),
                          "uid": None, "username": "", "spec": None, "pinned": False})
    return found


# sandboxes

def sandboxes():
    """All of them, newest first."""
    found = []
    for name in os.listdir(SANDBOXES) if os.path.isdir(SANDBOXES) else []:
        sandbox = read_json(f"{SANDBOXES}/{name}") if name.endswith(".json") else None
        if sandbox:
            # a sandbox is a process in real life, and did not outlive the boot that it was made in
            if sandbox.pop("boot") != boot_token():
                sandbox["state"] = "SANDBOX_NOTREADY"
            found.append(sandbox)
    return sorted(found, key=lambda sandbox: -int(sandbox["createdAt"]))


def create_sandbox(name, namespace, uid, attempt, labels, annotations):
    os.makedirs(SANDBOXES, exist_ok=True)
    sandbox = {"id": new_id(),
               "metadata": {"name": name, "uid": uid, "namespace": namespace, "attempt": attempt},
               "state": "SANDBOX_READY", "createdAt": str(time.time_ns()),
               "labels": labels, "annotations": annotations, "runtimeHandler": "", "boot": boot_token()}
    write_json(f"{SANDBOXES}/{sandbox['id']}.json", sandbox)
    return sandbox


def stop_sandbox(sandbox_id):
    """Real ones end their containers without asking."""
    for container in containers():
        if container.sandbox == sandbox_id and container.running:
            container.stop(0)
    path = f"{SANDBOXES}/{sandbox_id}.json"
    sandbox = read_json(path)
    if sandbox:
        sandbox["state"] = "SANDBOX_NOTREADY"
        write_json(path, sandbox)


def remove_sandbox(sandbox_id):
    for container in containers():
        if container.sandbox == sandbox_id:
            container.remove()
    try:
        os.unlink(f"{SANDBOXES}/{sandbox_id}.json")
    except FileNotFoundError:
        pass


# containers

class Container:
    def __init__(self, container_id, config):
        self.id = container_id
        self.config = config
        self.sandbox = config["sandbox"]
        self.name = config["name"]
        self.attempt = config["attempt"]
        self.labels = config["labels"]
        self.uid = self.labels["io.kubernetes.pod.uid"]
        self.created = config["createdAt"]
        self.refresh()

    def refresh(self):
        status = read_json(f"{CONTAINERS}/{self.id}/status.json")
        if status is None:
            status = {"state": "CONTAINER_CREATED"}
            if self.config["boot"] != boot_token():
                status = {"state": "CONTAINER_EXITED"}
        elif status["state"] == "CONTAINER_RUNNING" and (
                self.config["boot"] != boot_token() or process_start(status["shim"]) != status["shimStart"]):
            # the shim may have written the end of it between the two looks
            status = read_json(f"{CONTAINERS}/{self.id}/status.json") or status
            if status["state"] == "CONTAINER_RUNNING":
                status = {**status, "state": "CONTAINER_EXITED", "pid": 0, "finishedAt": status["startedAt"],
                          "exitCode": 255, "reason": "Unknown"}
        self.state = status["state"]
        self.pid = status.get("pid", 0)
        self.started = status.get("startedAt", 0)
        self.finished = status.get("finishedAt", 0)
        self.exit_code = status.get("exitCode", 0)
        self.reason = status.get("reason", "")
        self.message = status.get("message", "")
        return self

    @property
    def running(self):
        return self.state == "CONTAINER_RUNNING"

    @property
    def exited(self):
        return self.state == "CONTAINER_EXITED"

    def signal(self, number):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, grace):
        """SIGTERM and, when the grace is over, SIGKILL; without grace SIGKILL at once."""
        if grace > 0:
            self.signal(_signal.SIGTERM)
            if self.wait_exited(grace):
                return
        self.kill()
        self.wait_exited(10)

    def kill(self):
        try:
            with open(f"{CGROUPS}/{self.uid}/{self.id}/cgroup.kill", "w", encoding="ascii") as file:
                file.write("1")
        except OSError:
            self.signal(_signal.SIGKILL)

    def wait_exited(self, seconds):
        until = time.monotonic() + seconds
        while not self.refresh().exited:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def remove(self):
        if self.refresh().running:
            self.stop(0)
        import shutil
        shutil.rmtree(f"{CONTAINERS}/{self.id}", ignore_errors=True)


def containers():
    """All of them, newest first."""
    found = []
    for name in os.listdir(CONTAINERS) if os.path.isdir(CONTAINERS) else []:
        config = read_json(f"{CONTAINERS}/{name}/config.json")
        if config:
            found.append(Container(name, config))
    return sorted(found, key=lambda container: -container.created)


def start_container(config):
    """Makes the record and the shim, and returns when the container runs or has failed to."""
    container_id = new_id()
    directory = f"{CONTAINERS}/{container_id}"
    os.makedirs(directory)
    config = {**config, "createdAt": time.time_ns(), "boot": boot_token()}
    write_json(directory + "/config.json", config)

    def leave_cgroup():
        # the service's cgroup ends with the service; containers do not
        os.makedirs(CGROUPS + "/shims", exist_ok=True)
        with open(CGROUPS + "/shims/cgroup.procs", "w", encoding="ascii") as file:
            file.write("0")

    import subprocess
    with subprocess.Popen([SHIM, container_id], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          start_new_session=True, preexec_fn=leave_cgroup, cwd="/") as shim:
        shim.stdout.read()   # it closes this once it has something to tell
        shim.returncode = 0  # it lives on, and is init's to reap when this process ends before it
    return Container(container_id, config)
