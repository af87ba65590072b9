# SPDX-License-Identifier: Apache-2.0
"""Plans made from a record of the nodes, and the jobs of examples/ci that make them so."""
import json
import os
import shlex
import shutil

import jsonschema
import yaml

from framework import breaking
from framework.registry import rule

from .readme import text_of

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
    """The shell lines of a pipeline's jobs, wherever they stand in it."""
    if isinstance(pipeline, dict):
        for key, value in pipeline.items():
            if key in ("run", "script") and not isinstance(value, dict):
                yield from value.splitlines() if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(pipeline, list):
        for value in pipeline:
            yield from scripts(value)


def commands(file):
    lines = [line.strip() for line in scripts(yaml.safe_load(text_of("examples", "ci", file)))]
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
