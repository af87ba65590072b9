# SPDX-License-Identifier: Apache-2.0
"""pods: one static pod's life: its sandbox, its containers, their restarts and their end."""
import hashlib
import json
import os
import signal
import time

import runtime
from log import log
from probes import Probes

BACK_OFF_FIRST, BACK_OFF_MOST = 10, 300
VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class BackOff:
    """The real one's arithmetic: what counts is the time since the end of the last run."""

    def __init__(self):
        self.duration, self.updated = 0, 0

    def expired(self, event):
        return event - self.updated > 2 * BACK_OFF_MOST

    def holds(self, event):
        return not self.expired(event) and time.time() - event < self.duration

    def next(self):
        if self.duration == 0 or self.expired(time.time()):
            self.duration = BACK_OFF_FIRST
        else:
            self.duration = min(2 * self.duration, BACK_OFF_MOST)
        self.updated = time.time()


class OrphanPod:
    """What is left to know of a pod when its manifest is gone."""

    def __init__(self, sandbox):
        metadata = sandbox["metadata"]
        self.uid, self.name, self.namespace = metadata["uid"], metadata["name"], metadata["namespace"]
        self.full_name, self.grace, self.containers = f"{self.name}_{self.namespace}", 30, []


class PodWorker:
    def __init__(self, pod, back_off):
        self.pod, self.back_off = pod, back_off
        self.terminating = False
        self.finished = False
        self.deadlines = {}  # container id: when SIGTERM's grace is over
        self.probes = Probes()
        self.complaint = {}

    @classmethod
    def orphan(cls, sandbox, back_off):
        worker = cls(OrphanPod(sandbox), back_off)
        worker.terminate()
        return worker

    def terminate(self):
        if not self.terminating:
            log("I", f'Killing pod "{self.pod.full_name}" ({self.pod.uid})')
        self.terminating = True

    def sync(self, containers, sandboxes):
        self.kill_overdue(containers)
        if self.terminating:
            self.sync_end(containers, sandboxes)
        else:
            self.sync_running(containers, sandboxes)
        self.probes.forget([c.id for c in containers if c.running])

    def sync_end(self, containers, sandboxes):
        running = [container for container in containers if container.running]
        for container in running:
            self.kill(container, "pod removed")
        if not running:
            for sandbox in sandboxes:
                if sandbox["state"] == "SANDBOX_READY":
                    runtime.stop_sandbox(sandbox["id"])
            self.finished = True

    def kill(self, container, why):
        if container.id not in self.deadlines:
            log("I", f'"Killing container with a grace period" pod="{self.pod.full_name}" containerName="{container.name}" '
                     f'containerID="containerd://{container.id}" gracePeriod={self.pod.grace} reason="{why}"')
            self.deadlines[container.id] = time.monotonic() + self.pod.grace
            container.signal(signal.SIGTERM)

    def kill_overdue(self, containers):
        running = {container.id: container for container in containers if container.running}
        for container_id, deadline in list(self.deadlines.items()):
            if container_id not in running:
                del self.deadlines[container_id]
            elif time.monotonic() > deadline:
                running[container_id].kill()

    def sync_running(self, containers, sandboxes):
        ready = [sandbox for sandbox in sandboxes if sandbox["state"] == "SANDBOX_READY"]
        if ready:
            sandbox = ready[0]
        else:
            # a container does not outlive its sandbox
            if any(container.running for container in containers):
                for container in containers:
                    if container.running:
                        self.kill(container, "sandbox changed")
                return
            sandbox = self.make_sandbox(1 + sandboxes[0]["metadata"]["attempt"] if sandboxes else 0)
            for old in sandboxes:
                if not any(container.sandbox == old["id"] for container in containers):
                    runtime.remove_sandbox(old["id"])
        for specification in self.pod.containers:
            self.sync_container(specification, sandbox, [c for c in containers if c.name == specification["name"]])

    def sync_container(self, specification, sandbox, mine):
        newest = mine[0] if mine else None
        for container in mine[2:] if newest and newest.running else mine[1:]:
            container.remove()
        if newest and newest.running:
            why = self.probes.check(newest, specification)
            if why:
                self.kill(newest, why)
            return
        if newest and not self.wants_restart(newest):
            return
        key = f"{self.pod.uid}/{specification['name']}"
        entry = self.back_off.setdefault(key, BackOff())
        if newest and entry.holds(newest.finished / 10**9):
            self.complain(key, f'"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"{specification["name"]}\\" with '
                               f'CrashLoopBackOff: \\"back-off {entry.duration}s restarting failed container={specification["name"]} '
                               f'pod={self.pod.full_name}({self.pod.uid})\\""')
            return
        image = self.image(specification)
        if not image:
            return
        if newest:
            entry.next()
        self.complaint.pop(key, None)
        self.start(specification, sandbox, image, newest)

    def wants_restart(self, container):
        policy = self.pod.spec.get("restartPolicy", "Always")
        return policy == "Always" or (policy == "OnFailure" and container.exit_code != 0)

    def complain(self, key, text):
        """Once in a while, not ten times a second."""
        if time.monotonic() > self.complaint.get(key, 0):
            self.complaint[key] = time.monotonic() + 10
            log("E", text)

    def image(self, specification):
        """The image's directory; a missing one is looked for again with a back-off of its own, as pulls are."""
        reference = specification["image"]
        key = f"{self.pod.uid}/image/{reference}"
        entry = self.back_off.setdefault(key, BackOff())
        if entry.holds(entry.updated):
            self.complain(key, f'"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"{specification["name"]}\\" with '
                               f'ImagePullBackOff: \\"Back-off pulling image \\\\\\"{reference}\\\\\\"\\""')
            return None
        name = runtime.image_directory(reference)
        if not name:
            entry.next()
            log("E", f'"Failed to pull image" err="rpc error: code = Unknown desc = failed to pull and unpack image \\"{reference}\\": '
                     f'failed to resolve reference: no such host" image="{reference}" reason="ErrImagePull"')
        return name

    def make_sandbox(self, attempt):
        pod = self.pod
        own = {"io.kubernetes.pod.name": pod.name, "io.kubernetes.pod.namespace": pod.namespace, "io.kubernetes.pod.uid": pod.uid}
        annotations = {"kubernetes.io/config.hash": pod.uid, "kubernetes.io/config.seen": runtime.timestamp(pod.seen),
                       "kubernetes.io/config.source": "file"}
        return runtime.create_sandbox(pod.name, pod.namespace, pod.uid, attempt, {**pod.labels, **own}, {**pod.annotations, **annotations})

    def start(self, specification, sandbox, image, previous):
        pod, name = self.pod, specification["name"]
        directory = f"/var/log/pods/{pod.namespace}_{pod.name}_{pod.uid}/{name}"
        attempt = previous.attempt + 1 if previous else self.next_log_number(directory)
        try:
            mounts = self.mounts(specification)
        except OSError as error:
            self.complain(name, f'"Unable to attach or mount volumes for pod" pod="{pod.full_name}" err="{error}"')
            return
        image_config = runtime.image_config(image)
        command = specification.get("command") or image_config.get("entrypoint") or []
        arguments = specification.get("args") or ([] if specification.get("command") else image_config.get("arguments") or [])
        environment = {**VARIABLES, "HOSTNAME": os.uname().nodename}
        environment.update((item["name"], str(item.get("value", ""))) for item in specification.get("env") or [])
        security = {**(pod.spec.get("securityContext") or {}), **(specification.get("securityContext") or {})}
        log("I", f'"Creating container in pod" pod="{pod.full_name}" container="{name}" attempt={attempt}')
        runtime.start_container({
            "sandbox": sandbox["id"], "name": name, "attempt": attempt, "image": specification["image"],
            "imageName": image, "imageId": runtime.image_id(image),
            "command": command, "arguments": arguments, "args": [expand(word, environment) for word in command + arguments] or ["/pause"],
            "env": environment, "workingDir": specification.get("workingDir") or "/",
            "uid": int(security.get("runAsUser", 0)), "gid": int(security.get("runAsGroup", 0)),
            "mounts": mounts, "logPath": f"{directory}/{attempt}.log",
            "sandboxName": pod.name, "resources": specification.get("resources") or {},
            "labels": {"io.kubernetes.container.name": name, "io.kubernetes.pod.name": pod.name,
                       "io.kubernetes.pod.namespace": pod.namespace, "io.kubernetes.pod.uid": pod.uid},
            "annotations": {
                "io.kubernetes.container.hash": hashlib.md5(json.dumps(specification, sort_keys=True, default=str).encode()).hexdigest()[:8],
                "io.kubernetes.container.restartCount": str(attempt),
                "io.kubernetes.container.terminationMessagePath": specification.get("terminationMessagePath", "/dev/termination-log"),
                "io.kubernetes.container.terminationMessagePolicy": specification.get("terminationMessagePolicy", "File"),
                "io.kubernetes.pod.terminationGracePeriod": str(pod.grace)},
        })

    @staticmethod
    def next_log_number(directory):
        """When nobody removed the logs of a container whose record is gone, counting goes on from them."""
        try:
            return 1 + max((int(name.partition(".")[0]) for name in os.listdir(directory)), default=-1)
        except (FileNotFoundError, ValueError):
            return 0

    def mounts(self, specification):
        volumes = {volume["name"]: volume for volume in self.pod.spec.get("volumes") or []}
        mounts = []
        for mount in specification.get("volumeMounts") or []:
            volume = volumes.get(mount["name"])
            if volume is None:
                raise OSError(f'no volume "{mount["name"]}"')
            if "hostPath" in volume:
                path = prepare_host_path(volume["hostPath"]["path"], volume["hostPath"].get("type") or "")
            else:
                path = f"/var/lib/kubelet/pods/{self.pod.uid}/volumes/{volume['name']}"
                os.makedirs(path, exist_ok=True)
            if mount.get("subPath"):
                path = os.path.join(path, mount["subPath"])
                os.makedirs(path, exist_ok=True)
            mounts.append({"containerPath": mount["mountPath"], "hostPath": path, "readonly": bool(mount.get("readOnly"))})
        return mounts


def expand(word, environment):
    for name, value in environment.items():
        word = word.replace(f"$({name})", value)
    return word


def prepare_host_path(path, kind):
    """What each type asks of the host; without a type it is the runtime that makes what is missing."""
    if kind in ("DirectoryOrCreate", ""):
        if not os.path.exists(path):
            os.makedirs(path, mode=0o755)
        elif kind and not os.path.isdir(path):
            raise OSError(f"hostPath type check failed: {path} is not a directory")
    elif kind == "FileOrCreate":
        if not os.path.exists(path):
            with open(path, "a", encoding="ascii"):
                pass
    elif kind == "Directory" and not os.path.isdir(path):
        raise OSError(f"hostPath type check failed: {path} is not a directory")
    elif kind == "File" and not os.path.isfile(path):
        raise OSError(f"hostPath type check failed: {path} is not a file")
    return path
