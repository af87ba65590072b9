# SPDX-License-Identifier: Apache-2.0
"""crictl_views: the tables and the JSON of the stand-in crictl, in the real one's forms."""
import sys
import time

import quick_json
import runtime


def show(value):
    print(quick_json.dumps(value))


def table(rows):
    """Columns of at least 20, three blanks apart; the last one ends where it ends."""
    widths = [max(20, max(len(row[column]) for row in rows) + 3) for column in range(len(rows[0]) - 1)]
    for row in rows:
        print("".join(cell.ljust(width) for cell, width in zip(row, widths)) + row[-1])


def ago(nanoseconds):
    seconds = time.time() - int(nanoseconds) / 10**9
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 1:
        return "Less than a second ago"
    if seconds < 2:
        return "1 second ago"
    if seconds < 60:
        return f"{int(seconds)} seconds ago"
    if minutes == 1:
        return "About a minute ago"
    if minutes < 60:
        return f"{minutes} minutes ago"
    if hours == 1:
        return "About an hour ago"
    return f"{hours} hours ago" if hours < 48 else f"{hours // 24} days ago"


def short(identifier, whole):
    return identifier if whole else identifier.removeprefix("sha256:")[:13]


def container_table(containers, whole):
    rows = [["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD"]]
    for container in containers:
        rows.append([short(container.id, whole), short(container.config["imageId"], whole), ago(container.created),
                     container.state.removeprefix("CONTAINER_").capitalize(), container.name, str(container.attempt),
                     short(container.sandbox, whole), container.labels["io.kubernetes.pod.name"]])
    table(rows)


def sandbox_table(sandboxes, whole):
    rows = [["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"]]
    for sandbox in sandboxes:
        metadata = sandbox["metadata"]
        rows.append([short(sandbox["id"], whole), ago(sandbox["createdAt"]),
                     "Ready" if sandbox["state"] == "SANDBOX_READY" else "NotReady",
                     metadata["name"], metadata["namespace"], str(metadata["attempt"]), "(default)"])
    table(rows)


def image_table(images):
    rows = [["IMAGE", "TAG", "IMAGE ID", "SIZE"]]
    for image in images:
        for reference in image["repoTags"]:
            name, _, tag = reference.rpartition(":")
            size = int(image["size"])
            human = f"{size / 10**6:.3g}MB" if size >= 10**6 else f"{size / 10**3:.3g}kB"
            rows.append([name, tag, short(image["id"], False), human])
    table(rows)


def container_entry(container):
    config = container.config
    return {"id": container.id, "podSandboxId": container.sandbox,
            "metadata": {"name": container.name, "attempt": container.attempt},
            "image": {"image": config["imageId"], "annotations": {}}, "imageRef": config["imageId"],
            "state": container.state, "createdAt": str(container.created),
            "labels": container.labels, "annotations": config["annotations"]}


def container_status(container):
    config = container.config
    return {
        "status": {
            "id": container.id, "metadata": {"attempt": container.attempt, "name": container.name}, "state": container.state,
            "createdAt": runtime.timestamp(container.created), "startedAt": runtime.timestamp(container.started),
            "finishedAt": runtime.timestamp(container.finished), "exitCode": container.exit_code,
            "image": {"annotations": {}, "image": config["image"]}, "imageRef": config["imageId"],
            "reason": container.reason, "message": container.message,
            "labels": container.labels, "annotations": config["annotations"],
            "mounts": [{"containerPath": mount["containerPath"], "hostPath": mount["hostPath"], "propagation": "PROPAGATION_PRIVATE",
                        "readonly": mount["readonly"], "selinuxRelabel": False} for mount in config["mounts"]],
            "logPath": config["logPath"],
            "resources": {"linux": {}, "windows": None}},
        "info": {
            "sandboxID": container.sandbox, "pid": container.pid if container.running else 0, "removing": False,
            "snapshotKey": container.id, "snapshotter": "overlayfs", "runtimeType": "io.containerd.runc.v2", "runtimeOptions": {},
            "config": {"metadata": {"name": container.name, **({"attempt": container.attempt} if container.attempt else {})},
                       "image": {"image": config["imageId"]},
                       **{key: config[source] for key, source in (("command", "command"), ("args", "arguments")) if config[source]},
                       "mounts": [{"container_path": mount["containerPath"], "host_path": mount["hostPath"],
                                   **({"readonly": True} if mount["readonly"] else {})} for mount in config["mounts"]],
                       "labels": container.labels, "annotations": config["annotations"],
                       "log_path": "/".join(config["logPath"].split("/")[-2:])},
            "runtimeSpec": {"ociVersion": "1.0.2-dev",
                            "process": {"user": {"uid": config["uid"], "gid": config["gid"]}, "args": config["args"],
                                        "env": [f"{key}={value}" for key, value in config["env"].items()], "cwd": config["workingDir"]},
                            "root": {"path": "rootfs"}}}}


def sandbox_status(sandbox):
    return {"status": {"id": sandbox["id"], "metadata": sandbox["metadata"], "state": sandbox["state"],
                       "createdAt": runtime.timestamp(int(sandbox["createdAt"])),
                       "network": {"additionalIps": [], "ip": ""}, "linux": {"namespaces": {"options": {"network": "NODE"}}},
                       "labels": sandbox["labels"], "annotations": sandbox["annotations"], "runtimeHandler": ""},
            "info": {"pid": 0, "processStatus": "running" if sandbox["state"] == "SANDBOX_READY" else "deleted"}}


def log_line(line, with_time):
    when, stream, tag, text = (line.rstrip("\n").split(" ", 3) + ["", "", "", ""])[:4]
    to = sys.stderr if stream == "stderr" else sys.stdout
    print((when + " " if with_time else "") + text, end="\n" if tag == "F" else "", file=to, flush=True)
