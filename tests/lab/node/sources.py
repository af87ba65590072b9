# SPDX-License-Identifier: Apache-2.0
"""sources: the manifest directory as the real kubelet reads it: single files on events, the whole of it now and then.

An event is believed for its own file alone, and a file that cannot be read as a pod then changes nothing; the next scan takes the
directory as it is: what cannot be read is dropped, and the last file in the alphabet wins a pod's name.
"""
import ctypes
import hashlib
import json
import os
import select
import struct
import time

import yaml

from log import log

IN_MODIFY, IN_ATTRIB, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_IGNORED = 2, 4, 64, 128, 256, 512, 0x8000
GONE = IN_MOVED_FROM | IN_DELETE
WATCHED = IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
libc = ctypes.CDLL(None, use_errno=True)
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Pod:
    def __init__(self, path, node, manifest):
        if not isinstance(manifest, dict) or manifest.get("kind") != "Pod" or manifest.get("apiVersion") != "v1":
            raise ValueError("not a v1 Pod")
        self.manifest = manifest
        metadata, self.spec = manifest.get("metadata") or {}, manifest.get("spec") or {}
        self.name = str(metadata["name"]) + "-" + node
        self.namespace = metadata.get("namespace") or "default"
        self.full_name = f"{self.name}_{self.namespace}"
        self.labels = {key: str(value) for key, value in (metadata.get("labels") or {}).items()}
        self.annotations = {key: str(value) for key, value in (metadata.get("annotations") or {}).items()}
        content = json.dumps(manifest, sort_keys=True, default=str)
        self.uid = str(metadata.get("uid") or hashlib.md5(f"host:{node} file:{path} {content}".encode()).hexdigest())
        self.grace = int(self.spec.get("terminationGracePeriodSeconds", 30))
        self.containers = self.spec["containers"]
        for container in self.containers:
            if not isinstance(container["name"], str) or not isinstance(container["image"], str):
                raise ValueError("a container's name or image is not a string")
            for word in (container.get("command") or []) + (container.get("args") or []):
                if not isinstance(word, str):
                    raise ValueError(f"cannot unmarshal {word!r} into a string")
        self.seen = time.time_ns()


class ManifestDirectory:
    def __init__(self, path, node, period):
        self.path, self.node, self.period = path, node, period
        self.pods = {}       # by full name
        self.file_pods = {}  # file name: full name, for files that go
        self.inotify = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watched = None  # the directory's inode
        self.next_scan = 0
        self.watch()

    def watch(self):
        try:
            inode = os.stat(self.path).st_ino
        except OSError:
            self.watched = None
            return
        if inode != self.watched and libc.inotify_add_watch(self.inotify, self.path.encode(), WATCHED) >= 0:
            self.watched = inode

    def read(self, name):
        path = os.path.join(self.path, name)
        with open(path, "rb") as file:
            return Pod(path, self.node, yaml.load(file.read(), Loader))

    def scan(self):
        self.next_scan = time.monotonic() + self.period
        before, self.pods, self.file_pods = self.pods, {}, {}
        try:
            names = sorted(os.listdir(self.path))
        except OSError as error:
            log("E", f'Unable to read config path "{self.path}": {error.strerror}')
            names = []
        for name in names:
            if name.startswith(".") or not os.path.isfile(os.path.join(self.path, name)):
                continue
            try:
                self.accept(name, self.read(name), before)
            except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
                log("E", f'Can\'t process manifest file "{self.path}/{name}": {describe(error)}')

    def accept(self, name, pod, before):
        old = before.get(pod.full_name)
        self.pods[pod.full_name] = old if old and old.uid == pod.uid else pod
        self.file_pods[name] = pod.full_name

    def event(self, mask, name):
        if name.startswith("."):
            return
        if mask & GONE:
            self.pods.pop(self.file_pods.pop(name, None), None)
            return
        try:
            self.accept(name, self.read(name), self.pods)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            log("E", f'Error while processing event ("{self.path}/{name}"): {describe(error)}')

    def wait(self, timeout):
        """For something to happen, but not for longer than that."""
        self.watch()
        if select.select([self.inotify], [], [], timeout)[0]:
            data, at = os.read(self.inotify, 65536), 0
            while at < len(data):
                _, mask, _, length = struct.unpack_from("iIII", data, at)
                name = data[at + 16:at + 16 + length].rstrip(b"\0").decode(errors="replace")
                at += 16 + length
                if mask & IN_IGNORED:
                    self.watched = None
                elif name:
                    self.event(mask, name)
        if time.monotonic() >= self.next_scan:
            self.scan()


def describe(error):
    return " ".join(str(error).split()) or type(error).__name__
