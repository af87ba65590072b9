# SPDX-License-Identifier: Apache-2.0
"""crictl_commands: a stand-in for crictl with the real one's arguments, tables and JSON (cri-tools 1.26), on the stand-in kubelet's containers.

As with the real one, options end where the first argument stands.
"""
import os
import sys
import time
import warnings  # noqa: F401  (os.execvpe wants it, from behind a chroot)

import crictl_views as views
import runtime

CLONE_NEWNS = 0x20000


def say(level, message):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(f'time="{now}" level={level} msg="{message}"', file=sys.stderr)


def fatal(message):
    say("fatal", message)
    sys.exit(1)


class Options:
    """SPEC: names with their short forms; a name that ends in = takes a value, in =+ several of them."""

    def __init__(self, command, spec, words):
        self.values, kinds = {}, {}
        for entry in spec.split():
            names, equals, plus = entry.partition("=")
            kind = equals + plus
            names = names.split("|")
            self.values[names[0]] = [] if kind == "=+" else None if kind else False
            for name in names:
                kinds[name] = (names[0], kind)
        words = list(words)
        while words and words[0].startswith("-") and words[0] != "-":
            word = words.pop(0)
            if word == "--":
                break
            name, equals, value = word.lstrip("-").partition("=")
            if name not in kinds and not word.startswith("--") and all(letter in kinds for letter in name):
                # short options may stand together
                words[:0] = ["-" + letter for letter in name[:-1]] + ["-" + name[-1] + equals + value]
                continue
            if name in ("help", "h"):
                print(f"NAME:\n   crictl {command}\n\nOPTIONS: {spec}")
                sys.exit(0)
            if name not in kinds:
                print(f"Incorrect Usage: flag provided but not defined: -{name}\n", file=sys.stderr)
                fatal(f"flag provided but not defined: -{name}")
            name, kind = kinds[name]
            if not kind:
                self.values[name] = value != "false"
                continue
            if not equals:
                if not words:
                    fatal(f"flag needs an argument: {word}")
                value = words.pop(0)
            if kind == "=+":
                self.values[name].append(value)
            else:
                self.values[name] = value
        self.rest = words

    def __getitem__(self, name):
        return self.values[name]


def number(text, name):
    try:
        return int(text)
    except ValueError:
        fatal(f'invalid value "{text}" for flag -{name}: parse error')


def labels_match(wanted, labels):
    for pair in wanted:
        key, equals, value = pair.partition("=")
        if not equals:
            fatal(f"incorrectly formatted label: {pair}")
        if labels.get(key) != value:
            return False
    return True


def name_matches(pattern, name):
    if not pattern:
        return True
    import re  # pylint: disable=import-outside-toplevel  # takes longer than the rest
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def newest(items, options):
    if options["latest"]:
        return items[:1]
    return items[:number(options["last"], "last")] if options["last"] else items


def container_of(beginning, doing):
    found = [container for container in runtime.containers() if container.id.startswith(beginning)]
    if len(found) != 1:
        fatal(f'{doing} \\"{beginning}\\": rpc error: code = NotFound desc = an error occurred when try to find container '
              f'\\"{beginning}\\": not found')
    return found[0]


def sandbox_of(beginning, doing):
    found = [sandbox for sandbox in runtime.sandboxes() if sandbox["id"].startswith(beginning)]
    if len(found) != 1:
        fatal(f'{doing} \\"{beginning}\\": rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found')
    return found[0]


def need_arguments(options, command):
    if not options.rest:
        fatal(f"ID cannot be empty: crictl {command} ID")


def ps(words):
    options = Options("ps", "all|a quiet|q verbose|v no-trunc latest|l last|n= name= state|s= label=+ output|o= id= pod|p= image=", words)
    wanted = {"created": "CONTAINER_CREATED", "running": "CONTAINER_RUNNING", "exited": "CONTAINER_EXITED",
              "unknown": "CONTAINER_UNKNOWN"}
    state = None
    if options["state"]:
        state = wanted.get(options["state"].lower())
        if not state:
            fatal(f'--state should be one of created, running, exited or unknown')
    elif not (options["all"] or options["latest"] or options["last"]):
        state = "CONTAINER_RUNNING"
    found = [container for container in runtime.containers()
             if (state is None or container.state == state)
             and name_matches(options["name"], container.name)
             and labels_match(options["label"], container.labels)
             and container.id.startswith(options["id"] or "")
             and container.sandbox.startswith(options["pod"] or "")
             and (not options["image"] or runtime.image_directory(options["image"]) == container.config["imageName"])]
    found = newest(found, options)
    if options["quiet"]:
        for container in found:
            print(container.id)
    elif options["output"] in ("json", "yaml"):
        views.show({"containers": [views.container_entry(container) for container in found]})
    else:
        views.container_table(found, options["no-trunc"])


def pods(words):
    options = Options("pods", "quiet|q verbose|v no-trunc latest|l last|n= name= namespace= state|s= label=+ output|o= id=", words)
    states = {"ready": "SANDBOX_READY", "notready": "SANDBOX_NOTREADY"}
    state = None
    if options["state"]:
        state = states.get(options["state"].lower())
        if not state:
            fatal("--state should be ready or notready")
    found = [sandbox for sandbox in runtime.sandboxes()
             if (state is None or sandbox["state"] == state)
             and name_matches(options["name"], sandbox["metadata"]["name"])
             and name_matches(options["namespace"], sandbox["metadata"]["namespace"])
             and labels_match(options["label"], sandbox["labels"])
             and sandbox["id"].startswith(options["id"] or "")]
    found = newest(found, options)
    if options["quiet"]:
        for sandbox in found:
            print(sandbox["id"])
    elif options["output"] in ("json", "yaml"):
        views.show({"items": found})
    else:
        views.sandbox_table(found, options["no-trunc"])


def inspect(words):
    options = Options("inspect", "output|o= quiet|q template=", words)
    need_arguments(options, "inspect")
    for beginning in options.rest:
        views.show(views.container_status(container_of(beginning, "getting the status of the container")))


def inspectp(words):
    options = Options("inspectp", "output|o= quiet|q template=", words)
    need_arguments(options, "inspectp")
    for beginning in options.rest:
        views.show(views.sandbox_status(sandbox_of(beginning, "getting the pod sandbox status for")))


def logs(words):
    options = Options("logs", "follow|f tail= since= timestamps|t previous|p limit-bytes=", words)
    need_arguments(options, "logs")
    container = container_of(options.rest[0], "getting the status of the container")
    path = container.config["logPath"]
    if options["previous"]:
        path = f"{os.path.dirname(path)}/{container.attempt - 1}.log"
    try:
        file = open(path, encoding="utf-8", errors="replace")
    except OSError as error:
        fatal(f"failed to try resolving symlinks in path \\\"{path}\\\": {error.strerror}")
    with file:
        lines = file.readlines()
        if options["tail"] is not None and number(options["tail"], "tail") >= 0:
            count = number(options["tail"], "tail")
            lines = lines[-count:] if count else []
        while True:
            for line in lines:
                views.log_line(line, options["timestamps"])
            if not options["follow"] or (container.refresh().exited and not lines):
                return
            time.sleep(0.2)
            lines = file.readlines()


def images(words):
    options = Options("images", "quiet|q verbose|v digests no-trunc output|o=", words)
    found = [image for image in runtime.images()
             if not options.rest or any(options.rest[0] in tag for tag in image["repoTags"])]
    if options["quiet"]:
        for image in found:
            print(image["id"])
    elif options["output"] in ("json", "yaml"):
        views.show({"images": found})
    else:
        views.image_table(found)


def inspecti(words):
    options = Options("inspecti", "output|o= quiet|q template=", words)
    need_arguments(options, "inspecti")
    for reference in options.rest:
        name = runtime.image_directory(reference)
        if not name:
            fatal(f'no such image \\"{reference}\\" present')
        image = next(image for image in runtime.images() if image["id"] == runtime.image_id(name))
        views.show({"status": {**image, "spec": {"annotations": {}, "image": ""}}, "info": {"chainID": "", "imageSpec": {}}})


def pull(words):
    options = Options("pull", "creds= auth= quiet|q", words)
    name = runtime.image_directory(options.rest[0]) if options.rest else None
    if not name:
        fatal("pulling image: rpc error: code = Unknown desc = failed to pull and unpack image: no such host")
    print(f"Image is up to date for {runtime.image_id(name)}")


def execute(words):
    options = Options("exec", "interactive|i tty|t sync|s timeout= transport= quiet|q", words)
    if len(options.rest) < 2:
        fatal("exec needs an ID and a command: crictl exec ID COMMAND")
    container = container_of(options.rest[0], "execing command in container: getting the status of the container")
    command = options.rest[1:]
    if not container.running:
        fatal(f"execing command in container: rpc error: code = Unknown desc = container is in {container.state} state")
    child = os.fork()
    if child == 0:
        enter(container, command, options["interactive"])
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    code = 128 - code if code < 0 else code
    if code:
        fatal(f"execing command in container: command terminated with exit code {code}")


def enter(container, command, interactive):
    import ctypes  # here, since the others need not wait for it
    try:
        namespace = os.open(f"/proc/{container.pid}/ns/mnt", os.O_RDONLY)
        root = os.open(f"/proc/{container.pid}/root", os.O_RDONLY)
        if not interactive:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        if ctypes.CDLL(None).setns(namespace, CLONE_NEWNS) != 0:
            raise OSError("setns")
        os.fchdir(root)
        os.chroot(".")
        os.chdir(container.config["workingDir"])
        os.setgroups([])
        os.setgid(container.config["gid"])
        os.setuid(container.config["uid"])
        os.execvpe(command[0], command, container.config["env"])
    except FileNotFoundError:
        say("error", f'rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec failed: unable to start '
                     f'container process: exec: \\"{command[0]}\\": executable file not found in $PATH: unknown')
        os._exit(126)
    except OSError as error:
        say("error", f"failed to exec in container: {error}")
        os._exit(126)


def stop(words):
    options = Options("stop", "timeout|t=", words)
    need_arguments(options, "stop")
    for beginning in options.rest:
        container = container_of(beginning, "stopping the container")
        if container.running:
            container.stop(number(options["timeout"] or "0", "timeout"))
        print(beginning)


def remove(words):
    options = Options("rm", "force|f all|a", words)
    found = runtime.containers() if options["all"] else [
        container_of(beginning, "removing the container") for beginning in options.rest]
    if not options["all"]:
        need_arguments(options, "rm")
    failed = False
    for container in found:
        if container.running and not options["force"]:
            say("error", f'container \\"{container.id}\\" is running, please stop it first')
            failed = True
            continue
        container.remove()
        print(container.id if options["all"] else next(word for word in options.rest if container.id.startswith(word)))
    if failed:
        fatal("unable to remove container(s)")


def stop_pods(words):
    options = Options("stopp", "", words)
    need_arguments(options, "stopp")
    for beginning in options.rest:
        sandbox = sandbox_of(beginning, "stopping the pod sandbox")
        runtime.stop_sandbox(sandbox["id"])
        print(f"Stopped sandbox {beginning}")


def remove_pods(words):
    options = Options("rmp", "force|f all|a", words)
    found = runtime.sandboxes() if options["all"] else [
        sandbox_of(beginning, "removing the pod sandbox") for beginning in options.rest]
    if not options["all"]:
        need_arguments(options, "rmp")
    failed = False
    for sandbox in found:
        if sandbox["state"] == "SANDBOX_READY":
            if not options["force"]:
                say("error", f'pod sandbox \\"{sandbox["id"]}\\" is running, please stop it first')
                failed = True
                continue
            runtime.stop_sandbox(sandbox["id"])
        runtime.remove_sandbox(sandbox["id"])
        print(f"Removed sandbox {sandbox['id']}")
    if failed:
        fatal("unable to remove sandbox(es)")


def version(_):
    print("Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  1.6.20~ds1\nRuntimeApiVersion:  v1")


def info(_):
    views.show({"status": {"conditions": [{"type": "RuntimeReady", "status": True, "reason": "", "message": ""},
                                          {"type": "NetworkReady", "status": True, "reason": "", "message": ""}]},
                "golang": "stand-in", "cniconfig": {}, "config": {"stateDir": runtime.STATE}})


COMMANDS = {"ps": ps, "pods": pods, "inspect": inspect, "inspectp": inspectp, "logs": logs, "images": images, "image": images,
            "img": images, "inspecti": inspecti, "pull": pull, "exec": execute, "stop": stop, "rm": remove, "stopp": stop_pods,
            "rmp": remove_pods, "version": version, "info": info}


def main():
    options = Options("", "runtime-endpoint|r= image-endpoint|i= timeout|t= config|c= debug|D version|v", sys.argv[1:])
    if options["version"]:
        print("crictl version 1.26.0")
        return
    if os.geteuid() != 0:
        fatal("validate service connection: validate CRI v1 runtime API for endpoint \\\"unix:///run/containerd/containerd.sock\\\": "
              "rpc error: code = Unavailable desc = connection error: desc = \\\"transport: Error while dialing dial unix "
              "/run/containerd/containerd.sock: connect: permission denied\\\"")
    if not options.rest:
        print("NAME:\n   crictl - client for CRI\n\nCOMMANDS:\n   " + "\n   ".join(sorted(COMMANDS)))
        return
    command = COMMANDS.get(options.rest[0])
    if not command:
        print(f"No help topic for '{options.rest[0]}'")
        sys.exit(3)
    command(options.rest[1:])


def run():
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
