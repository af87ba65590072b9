# SPDX-License-Identifier: Apache-2.0
"""Plans made from a record of the nodes, and the jobs of examples/ci that make them so."""
import json
import os
import shlex
import shutil
import subprocess

import jsonschema
import yaml

from framework import breaking
from framework.quorate import ENVIRONMENT
from framework.registry import NotRun, rule

from .readme import ROOT, text_of

NO_SPEC = {"QUORATE_SPEC": ""}


@rule("from one record and from the nodes as they were then the same plan is made, byte for byte")
def _(cluster):
    record = os.path.join(cluster.folder, "observation.json")
    # one that the kubelet starts again and again has another log line each time
    breaking.stop_etcd(cluster.lab, "node3")
    cluster.lab.on("node3", "rm -rf /var/lib/etcd/member")
    cluster.run("observe", "--out", record, expect=0)
    assert "lost-data" in {one["kind"] for one in cluster.plan(expect=0)["findings"]}
    for output in "text", "json", "markdown", "runbook":
        live = cluster.run("plan", "-o", output, expect=0).out
        assert cluster.run("plan", "-o", output, "--observation", record, expect=0).out == live, output
    with cluster.nothing_changed():
        cluster.run("plan", "--observation", record, more={"PATH": "/nonexistent"}, expect=0)


@rule("who plans from a record is told of variables in etcd's manifest, whose values are written down", still=True)
def _(cluster):
    record = json.loads(cluster.run("observe", expect=0).out)
    file_name = os.path.join(cluster.folder, "variables.json")

    def told():
        with open(file_name, "w", encoding="utf-8") as file:
            json.dump(record, file)
        run = cluster.run("plan", "--observation", file_name, expect=0)
        return "node3: /etc/kubernetes/manifests/etcd.yaml sets PASSWORD" in run.text

    assert not told()
    manifest = next(one for one in record["nodes"] if one["name"] == "node3")["facts"]["manifests"][0]
    assert "    image: " in manifest["content"]
    manifest["content"] = manifest["content"].replace("    image: ", "    env:\n    - {name: PASSWORD, value: word}\n    image: ", 1)
    assert told()


@rule("a spec that has changed since the record was made is planned from it: one member less is removed, one more is said to be missing",
      still=True)
def _(cluster):
    record = os.path.join(cluster.folder, "before.json")
    cluster.run("observe", "--out", record, expect=0)
    with open(cluster.spec_file, encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    members = spec["spec"]["members"]
    changed = os.path.join(cluster.folder, "changed.yaml")

    def plan(new_members):
        with open(changed, "w", encoding="utf-8") as file:
            yaml.safe_dump({**spec, "spec": {**spec["spec"], "members": new_members}}, file)
        return cluster.run("plan", "-f", changed, "--observation", record, "--detailed-exitcode", expect=(0, 2))

    assert plan(list(reversed(members))).code == 0
    assert "remove member node3" in plan(members[:2]).out
    more = plan([*members, {"name": "node9", "host": "10.255.255.9"}])
    assert more.code == 2 and "not-recorded" in more.out, more.describe()
    # nothing leaves before what comes in its place is known
    other = plan([*members[:2], {"name": "node9", "host": "10.255.255.9"}])
    assert "not-recorded" in other.out and "remove member" not in other.out, other.describe()


def schema(record):
    found = json.loads(text_of("schemas", f"{record}.schema.json"))
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found)


@rule("specs, plans and observations are as their JSON Schemas say, and a misspelt key of a spec is not")
def _(cluster):
    breaking.lose_data(cluster.lab, "node3")
    observation = json.loads(cluster.run("observe", expect=0).out)
    plan = cluster.plan("--replace", "node2", expect=(0, 3))
    schema("observation").validate(observation)
    for each in plan, cluster.plan(expect=0):
        schema("plan").validate(each)
        each["cluster"] = 7
        assert not schema("plan").is_valid(each)
    with open(cluster.spec_file, encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    for each in spec, yaml.safe_load(text_of("examples", "cluster.yaml")):
        schema("spec").validate(each)
    spec["spec"]["etcd"] = {"extraArgs": {"quota-backend-bytes": 8589934592}}
    schema("spec").validate(spec)
    spec["spec"]["etdc"] = spec["spec"].pop("etcd")
    assert not schema("spec").is_valid(spec)


def scripts(pipeline):
    """The scripts of a pipeline's jobs, each as its lines, wherever they stand in it."""
    if isinstance(pipeline, dict):
        for key, value in pipeline.items():
            if key in ("run", "script") and not isinstance(value, dict):
                yield value.splitlines() if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(pipeline, list):
        for value in pipeline:
            yield from scripts(value)


def scripts_of(file):
    return list(scripts(yaml.safe_load(text_of("examples", "ci", file))))


def commands(file):
    lines = [line.strip() for script in scripts_of(file) for line in script]
    return [line for line in lines if line.startswith("quorate ")]


def run_line(cluster, line):
    """As the runner's shell does, in a folder with the spec; whatever it prints is kept where the line says."""
    line, _, target = line.partition(" >")
    run = cluster.run(*shlex.split(line)[1:], more=NO_SPEC)
    if target:
        with open(os.path.join(cluster.quorate.home, target.strip()), "w", encoding="utf-8") as file:
            file.write(run.out)
    return run


@rule("examples/ci: the commands of both pipelines, as they stand, record the nodes, plan from that without them, and tell drift by exit code")
def _(cluster):
    os.makedirs(cluster.quorate.home, exist_ok=True)
    shutil.copy(cluster.spec_file, os.path.join(cluster.quorate.home, "cluster.yaml"))
    pipelines = [commands("github-actions.yml"), commands("gitlab-ci.yml")]
    for lines in pipelines:
        assert sorted(" ".join(line.split()[1:2]) for line in lines) == ["observe", "plan", "plan", "validate"], lines
    cluster.wait_healthy(*cluster.spec_nodes)
    for broken in False, True:
        if broken:
            breaking.stop_etcd(cluster.lab, "node3")
        for lines in pipelines:
            # the record comes first, which another job makes
            for line in sorted(lines, key=lambda line: "observe" not in line):
                run = run_line(cluster, line)
                assert run.code == (2 if broken and "--detailed-exitcode" in line else 0), run.describe()
            with open(os.path.join(cluster.quorate.home, "plan.md"), encoding="utf-8") as file:
                assert ("<details>" in file.read()) == broken
    with open(os.path.join(cluster.quorate.home, "plan.json"), encoding="utf-8") as file:
        saved = json.load(file)
    run = cluster.run("apply", "--auto-approve", "plan.json", more=NO_SPEC, expect=0)
    assert saved["id"] and "Done:" in run.out
    cluster.converged()


MARKER = "<!-- quorate plan -->\n"

# gh and curl, as far as the pipelines call them: answers are files beside it, and what is asked and posted is kept there.
STAND_IN = r"""#!/bin/bash
here=$(dirname "$0")
echo "${0##*/} $*" >>"$here/calls"
url=${!#}
case "$*" in
    'run download'* | *--output*) cp "$here/observation.json" .;;
    *--method* | *--request*) [ ! -e "$here/read-only" ] && cp comment.md "$here/posted.md";;
    *actions/artifacts*) cat "$here/artifacts.json";;
    *pipelines/*/jobs*) pipeline=${url##*/pipelines/}; cat "$here/jobs-${pipeline%%/*}.json";;
    *pipelines*) cat "$here/pipelines.json";;
    */user) echo '{"id": 4}';;
    *page=2*) echo '[]';;
    *) cat "$here/comments.json";;
esac
"""

ENVIRONMENTS = {
    "github-actions.yml": {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "owner/name", "GITHUB_STEP_SUMMARY": "summary.md",
                           "GH_TOKEN": "secret", "DEFAULT_BRANCH": "main", "PULL_REQUEST": "12"},
    "gitlab-ci.yml": {"CI_API_V4_URL": "https://gitlab.invalid/api/v4", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "12",
                      "CI_DEFAULT_BRANCH": "main", "QUORATE_TOKEN": "secret"}}


def artifact(run, day, branch="main", repository=1):
    return {"name": "observation", "expired": False, "created_at": f"2026-01-{day}T00:00:00Z",
            "workflow_run": {"id": run, "head_branch": branch, "repository_id": 1, "head_repository_id": repository}}


def comment(number, login, author, body):
    return {"id": number, "user": {"login": login}, "author": {"id": author}, "body": body}


class Review:
    """The scripts of a change's jobs in a pipeline, as they stand, but for the two programs that ask a network."""

    def __init__(self, cluster, file):
        self.spec, self.file = cluster.spec_file, file
        self.folder = os.path.join(cluster.folder, file)
        self.work, self.tools = os.path.join(self.folder, "work"), os.path.join(self.folder, "tools")
        os.makedirs(self.tools)
        for name in "gh", "curl":
            with open(os.path.join(self.tools, name), "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o755)) as one:
                one.write(STAND_IN)
        os.symlink(cluster.program, os.path.join(self.tools, "quorate"))
        os.symlink(os.path.realpath(os.path.join(ROOT, "examples", "ci", "review.sh")), os.path.join(self.tools, "quorate-review"))
        self.answer(artifacts={"artifacts": []}, pipelines=[], comments=[])

    def answer(self, **answers):
        for name, value in answers.items():
            with open(os.path.join(self.tools, f"{name.replace('_', '-')}.json"), "w", encoding="utf-8") as file:
                json.dump(value, file)

    def begin(self, mistake=("", "")):
        """An empty folder with the spec, as each job has it."""
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        with open(self.spec, encoding="utf-8") as file, open(os.path.join(self.work, "cluster.yaml"), "w", encoding="utf-8") as copy:
            copy.write(file.read().replace(*mistake))

    def run(self, command, **more):
        """The script that has this command."""
        script, = (lines for lines in scripts_of(self.file) if any(line.startswith(command) for line in lines))
        environment = {**ENVIRONMENT, **ENVIRONMENTS[self.file], **more, "PATH": f"{self.tools}:{ENVIRONMENT['PATH']}"}
        return subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(script)], cwd=self.work, env=environment, capture_output=True,
                              text=True, timeout=120, check=False)

    def text(self, *path):
        with open(os.path.join(self.folder, *path), encoding="utf-8") as file:
            return file.read()

    def posted(self):
        """What the comment is after another run of its script, and how that was asked for."""
        done = self.run("quorate-review comment")
        assert done.returncode == 0, done.stderr
        text = self.text("tools", "posted.md")
        assert text.startswith(MARKER) and len(text) < 65536, text[:500]
        return text, self.text("tools", "calls").splitlines()[-1]

    def change(self, code, mistake=("", "")):
        self.begin(mistake)
        done = self.run("quorate validate")
        assert done.returncode == code, f"{self.file}: exit {done.returncode}\n{done.stderr}"
        return self.posted()


@rule("examples/ci: one comment has the plan of a change, cut where it is too long, or says why there is none", still=True)
def _(cluster):
    if not shutil.which("jq"):
        raise NotRun("jq, by which the pipelines read answers, is not here")
    cluster.wait_healthy(*cluster.spec_nodes)
    for file in ENVIRONMENTS:
        review = Review(cluster, file)
        cluster.run("observe", "--out", os.path.join(review.tools, "observation.json"), expect=0)
        review.answer(comments=[comment(5, "somebody", 9, MARKER), comment(6, "github-actions[bot]", 4, "another")])
        text, call = review.change(1)
        assert "no plan of this change" in text and "no record of the nodes yet" in text and "POST" in call, text + call
        # the newest are a fork's and another branch's; a schedule's pipeline may have failed before it had one
        review.answer(artifacts={"artifacts": [artifact(10, "01"), artifact(11, "02"), artifact(12, "03", "other"),
                                               artifact(13, "04", repository=2)]},
                      pipelines=[{"id": 3}, {"id": 2}], jobs_3=[],
                      jobs_2=[{"id": 20, "name": "quorate:drift"}, {"id": 21, "name": "quorate:record", "artifacts_file": {}}],
                      comments=[comment(5, "somebody", 9, MARKER), comment(7, "github-actions[bot]", 4, MARKER + "of before")])
        text, call = review.change(0)
        assert "From the record of the nodes of 20" in text and "Nothing to do" in text, text
        assert "PATCH repos/owner/name/issues/comments/7" in call or "PUT" in call and call.endswith("/notes/7"), call
        calls = review.text("tools", "calls")
        assert "run download 11 " in calls or "/jobs/21/artifacts/observation.json" in calls, calls
        text, _ = review.change(1, mistake=("members:", "membres:"))
        assert "no plan of this change" in text and "    cluster.yaml:" in text and "Nothing to do" not in text, text
        with open(os.path.join(review.work, "plan.md"), "w", encoding="utf-8") as plan:
            plan.write("äöü\n" * 20000)
        text, _ = review.posted()
        assert 'artifact "plan"' in text and text.endswith("\näöü\n"), text[:300]
        assert "secret" not in review.text("tools", "calls")


@rule("examples/ci: a token that may only read leaves the plan in the job's summary, and one that is missing is said", still=True)
def _(cluster):
    if not shutil.which("jq"):
        raise NotRun("jq, by which the pipelines read answers, is not here")
    fork = Review(cluster, "github-actions.yml")
    fork.begin()
    with open(os.path.join(fork.tools, "read-only"), "w", encoding="ascii"):
        done = fork.run("quorate-review comment")
    assert done.returncode == 0 and "::warning" in done.stdout, done
    assert fork.text("work", "summary.md").startswith(MARKER)
    without = Review(cluster, "gitlab-ci.yml")
    without.begin()
    for command in "quorate validate", "quorate-review comment":
        done = without.run(command, QUORATE_TOKEN="")
        assert done.returncode == 1 and "QUORATE_TOKEN is empty" in done.stderr, done
    assert "QUORATE_TOKEN is empty" in without.text("work", "errors.txt")
