#!/usr/bin/env python3
"""Checks deploy/prometheus: promtool's own checks, and what an operator needs of every alert.

    check_prometheus.py REPOSITORY [--texts_only]

An alert must say how bad it is, what is the matter and which section of docs/operations.md helps; that
section must be there and say where to look and what to do; and alerts_test.yml must show that the alert fires and
that it keeps quiet. Alertmanager's file names alerts that there are.
With --texts_only promtool, which takes seconds, is left out.
"""
import pathlib
import re
import subprocess
import sys

from tools import need, skip

try:
    import yaml
except ImportError:
    skip("Python has no yaml here (package python3-yaml; deploy/setup.sh)")

SEVERITIES = {"critical", "warning"}


def promtool(problems, *arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        problems.append(f"promtool {arguments[0]} {arguments[1]}:\n{done.stdout}{done.stderr}")


def load_alerts(folder):
    return [
        rule
        for file in sorted(folder.glob("*.yml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]


def check_texts(problems, alerts, manual):
    headings = re.findall(r"^### (Atomstream\w+)$", manual, re.MULTILINE)
    for alert in alerts:
        name = alert["alert"]
        if alert.get("labels", {}).get("severity") not in SEVERITIES:
            problems.append(f"{name}: severity must be one of {sorted(SEVERITIES)}")
        notes = alert.get("annotations", {})
        if not notes.get("summary"):
            problems.append(f"{name}: has no summary")
        runbook = f"docs/operations.md#{name.lower()}"
        if notes.get("runbook") != runbook:
            problems.append(f"{name}: runbook must be {runbook}")
        if name not in headings:
            problems.append(f"{name}: docs/operations.md has no section ### {name}")
    names = [alert["alert"] for alert in alerts]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            problems.append(f"{name}: there are {names.count(name)} alerts of this name")
    for heading in headings:
        if heading not in names:
            problems.append(f"docs/operations.md: ### {heading} is about no alert")


def check_runbook(problems, manual):
    """Somebody who was woken knows from each section where to look, with a command, and what to do."""
    runbook = manual.split("\n## Runbook\n")[-1].split("\n## ")[0]
    for section in runbook.split("\n### ")[1:]:
        name, text = section.split("\n", 1)
        look = re.search(r"^- \*\*Look:\*\* (.*?)(?=^- |\Z)", text, re.MULTILINE | re.DOTALL)
        if not look or "`" not in look[1]:
            problems.append(f"docs/operations.md: ### {name} does not say where to look, with a command")
        if not re.search(r"^- \*\*Do(:\*\*|,\*\*)", text, re.MULTILINE):
            problems.append(f"docs/operations.md: ### {name} does not say what to do")


def check_alertmanager(problems, alerts, file):
    names = {alert["alert"] for alert in alerts}
    for named in sorted(set(re.findall(r"Atomstream\w+", file.read_text())) - names):
        problems.append(f"{file.name}: {named} is no alert")
    receivers = {receiver["name"] for receiver in yaml.safe_load(file.read_text())["receivers"]}
    for named in re.findall(r"^\s+receiver: (\w+)$", file.read_text(), re.MULTILINE):
        if named not in receivers:
            problems.append(f"{file.name}: {named} is no receiver")


def check_tests(problems, alerts, tests):
    fires, quiet = set(), set()
    for test in tests["tests"]:
        for case in test.get("alert_rule_test", []):
            (fires if case["exp_alerts"] else quiet).add(case["alertname"])
    names = {alert["alert"] for alert in alerts}
    for name in sorted(names - fires):
        problems.append(f"{name}: no test in alerts_test.yml shows that it fires")
    for name in sorted(names - quiet):
        problems.append(f"{name}: no test in alerts_test.yml shows that it keeps quiet")
    for name in sorted((fires | quiet) - names):
        problems.append(f"alerts_test.yml tests {name}, which is no alert")


def main():
    repository = pathlib.Path(sys.argv[1])
    folder = repository / "deploy/prometheus"
    test_file = repository / "tests/deploy/prometheus/alerts_test.yml"
    problems = []
    if "--texts_only" not in sys.argv:
        need("promtool", "prometheus")
        promtool(problems, "check", "config", folder / "prometheus.yml")
        promtool(problems, "check", "rules", *sorted((folder / "rules").glob("*.yml")))
        promtool(problems, "test", "rules", test_file)
    alerts = load_alerts(folder / "rules")
    manual = (repository / "docs/operations.md").read_text()
    check_texts(problems, alerts, manual)
    check_runbook(problems, manual)
    check_alertmanager(problems, alerts, folder / "alertmanager.yml")
    check_tests(problems, alerts, yaml.safe_load(test_file.read_text()))
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"{len(alerts)} alerts checked, {len(problems)} problems")
    return 1 if problems or not alerts else 0


if __name__ == "__main__":
    sys.exit(main())
