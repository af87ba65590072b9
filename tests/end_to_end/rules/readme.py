# SPDX-License-Identifier: Apache-2.0
"""What README shows is what works: its commands are read from it and run, as they stand, on a lab."""
import os
import re
import shlex

from framework import breaking
from framework.registry import rule

from .command_line import with_own_ssh

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "..")


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", text_of("README.md"), re.DOTALL)


def commands_of_the_night():
    """The lines of its shell blocks that call quorate."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("quorate ")]


@rule("README: the commands of the night, typed as they stand, bring a reinstalled node back")
def _(cluster):
    before = with_own_ssh(cluster)
    lines = commands_of_the_night()
    assert [line.split()[1] for line in lines] == ["import", "status", "plan", "apply"], lines
    for line in lines:
        words = shlex.split(line.replace("10.20.30.", cluster.lab.subnet + "."))[1:]
        if words[0] == "apply":
            breaking.reinstall(cluster.lab, "node3")
            run = cluster.quorate.on_terminal(*words, answer="yes", before=before, expect=0)
            assert "Done:" in run.out, run.describe()
        else:
            cluster.quorate(*words, before=before, expect=0)
    cluster.converged()


@rule("README: apply's question takes only yes, and anything else changes nothing")
def _(cluster):
    breaking.stop_etcd(cluster.lab, "node3")
    with cluster.nothing_changed():
        run = cluster.quorate.on_terminal("apply", answer="y", more=cluster.options(None), expect=1)
    assert "Nothing has been changed" in run.out


def named_commands():
    """Every `quorate VERB ...` and `--option ...` of its prose and its table of commands."""
    text = re.sub(r"```.*?```", "", text_of("README.md"), flags=re.DOTALL)
    for row in text.splitlines():
        spans = re.findall(r"`([^`]+)`", row)
        commands = [span for span in spans if span.startswith("quorate ")]
        yield from commands
        if row.startswith("| `quorate ") and len(commands) == 1:
            # of a command with commands of its own, or with an argument that it needs, all of it
            whole = commands[0].startswith(("quorate snapshot", "quorate show"))
            verb = commands[0] if whole else " ".join(commands[0].split()[:2])
            yield from (f"{verb} {option}" for option in spans if option.startswith("-"))


@rule("README: every command and option that it names is one that the program has")
def _(cluster):
    plan, record = os.path.join(cluster.folder, "plan.json"), os.path.join(cluster.folder, "observation.json")
    cluster.run("plan", "--out", plan, expect=0)
    cluster.run("observe", "--out", record, expect=0)
    values = {"HOST...": cluster.lab.address("node1"), "NODE": "node2", "NODE-OR-ID": "node2", "LOCK-ID": "0123456789ab", "PLAN": plan,
              "[PLAN]": plan, "SNAPSHOT": record}
    commands = sorted(set(named_commands()))
    assert len(commands) > 12, commands
    for command in commands:
        verb, *words = shlex.split(command)[1:]
        file = record if "--observation" in words else os.path.join(cluster.folder, "out")
        run = cluster.run(verb, *[file if word == "FILE" else values.get(word, word) for word in words])
        assert "see quorate --help" not in run.text, f"{command}: {run.describe()}"
        assert run.code in (0, 1, 3), f"{command}: {run.describe()}"


@rule("README: its transcript is of the commands that the quickstart runs, and the tests run the quickstart", still=True)
def _(cluster):
    shown = [line[2:] for block in blocks("text") for line in block.splitlines() if line.startswith("$ ")]
    script = text_of("examples", "quickstart.sh").splitlines()
    assert shown and all(line in script for line in shown), shown
    assert "examples/quickstart.sh" in text_of("tests", "run.sh")
    built = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("cmake ")]
    assert built and all(any(part.strip() in line for line in script) for each in built for part in each.split("&&")), built
