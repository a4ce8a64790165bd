#!/usr/bin/env python3
"""Whatever names a metric names one that the daemon gives: rules, consoles, dashboards and manuals.

    check_metrics.py REPOSITORY ATOMSTREAMD

Names and the labels' names are those that the daemon prints. The labels' values are those of /metrics
of a daemon that runs beside a simulated microscope, as far as it has any. No more than 1500 series, and no more
than 20 ms for a scrape: the fastest of ten, or of those of half a minute on a busy machine.
check_metric_tables.py looks after the manual's tables.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from live_daemon import get, running_daemon, wait_for

MAX_SERIES = 1500
MAX_SCRAPE_S = 0.020

METRIC = r"(?:atomstream|process)_[a-z0-9_]+"
# Prometheus adds these itself.
OUTER_LABELS = {"job", "instance", "le"}
# Labels whose values are not known beforehand, or come up with the first call.
OPEN_LABELS = {"id", "device", "precision", "version", "method", "code"}


class Metrics:
    """What a daemon gives: {name: (type, {label: {value, …}})}."""

    def __init__(self, printed, text):
        self.types, self.labels = {}, {}
        for name, labels, kind in re.findall(r"^\| `(\w+)(?:\{([\w,]+)\})?` \| (\w+) \|", printed, re.MULTILINE):
            self.types[name] = kind
            self.labels[name] = {label: set() for label in labels.split(",") if label}
        self.strangers = set(re.findall(rf"^# TYPE ({METRIC}) ", text, re.MULTILINE)) - set(self.types)
        self.series = 0
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            self.series += 1
            name, labels = re.match(r"(\w+)(?:\{(.*)\})?", line).groups()
            family = self.family(name)
            if family is None:
                continue
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels or ""):
                if label not in OUTER_LABELS:
                    self.labels[family][label].add(value)

    def family(self, name):
        if name in self.types:
            return name
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        return base if self.types.get(base) == "histogram" else None


def check_query(problems, where, query, metrics, recorded):
    """`query` may be a whole file of which queries are a part."""
    for name in set(re.findall(r"\b\w+:atomstream_\w+:\w+", query)):
        if name not in recorded:
            problems.append(f"{where}: {name} is recorded by no rule")
    for match in re.finditer(rf"(?<![\w:]){METRIC}\b(?!:)(\{{[^{{}}]*\}})?", query):
        name = re.match(r"\w+", match[0])[0]
        family = metrics.family(name)
        if family is None:
            problems.append(f"{where}: {name} is no metric of the daemon")
            continue
        known = metrics.labels[family]
        for label, kind, value in re.findall(r"""(\w+)\s*(=~|!~|!=|=)\s*\\?["']([^"'\\]*)""", match[1] or ""):
            if label in OUTER_LABELS:
                continue
            if label not in known:
                problems.append(f"{where}: {name} has no label {label}")
                continue
            if label in OPEN_LABELS or "$" in value or "%" in value:  # filled in by a template
                continue
            for one in value.split("|") if "~" in kind else [value]:
                if one not in known[label]:
                    problems.append(f"{where}: {name} has no {label}={one}")


def queries_of_dashboard(text):
    """Every expression and query of a Grafana dashboard."""
    found = []

    def walk(node):
        if isinstance(node, dict):
            found.extend(node[key] for key in ("expr", "query") if isinstance(node.get(key), str))
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                walk(child)

    walk(json.loads(text))
    return "\n".join(found)


def check_files(problems, repository, metrics):
    prometheus = repository / "deploy/prometheus"
    rules = sorted(prometheus.glob("rules/*.yml"))
    recorded = {
        name for file in rules for name in re.findall(r"- record: (\S+)", file.read_text())
    }
    files = rules + sorted(prometheus.glob("console*/*"))
    for file in files:
        check_query(problems, file.name, file.read_text(), metrics, recorded)
    dashboards = sorted((repository / "deploy/grafana").glob("*.json"))
    for file in dashboards:
        check_query(problems, file.name, queries_of_dashboard(file.read_text()), metrics, recorded)
    manuals = [repository / "README.md", *sorted((repository / "docs").glob("*.md"))]
    for file in manuals:
        check_query(problems, file.name, file.read_text(), metrics, recorded)
    return len(files) + len(dashboards) + len(manuals)


def scrape(binaries, repository):
    """The metrics of a daemon that has worked, and the seconds that it takes to give them."""
    with tempfile.TemporaryDirectory() as folder:
        with running_daemon(binaries, repository, folder) as daemon:
            url = f"http://127.0.0.1:{daemon.metrics_port}/metrics"
            for done in (r"^atomstream_frames_processed_total [1-9]", r'^atomstream_unet_frames_total\{outcome="done"\} [1-9]'):
                wait_for("processed frame", lambda: re.search(done, get(url), re.MULTILINE))
            times = []
            end = time.monotonic() + 30
            while len(times) < 10 or (min(times) > MAX_SCRAPE_S and time.monotonic() < end):
                begin = time.perf_counter()
                text = get(url)
                times.append(time.perf_counter() - begin)
            return text, min(times)


def main():
    repository = pathlib.Path(sys.argv[1]).resolve()
    binaries = pathlib.Path(sys.argv[2]).resolve().parent
    text, seconds = scrape(binaries, repository)
    printed = subprocess.run([sys.argv[2], "--print_metrics"], capture_output=True, text=True, check=True).stdout
    metrics = Metrics(printed, text)
    problems = [f"{name} is not printed" for name in sorted(metrics.strangers)]
    files = check_files(problems, repository, metrics)
    if metrics.series > MAX_SERIES:
        problems.append(f"{metrics.series} series are more than {MAX_SERIES}")
    if seconds > MAX_SCRAPE_S:
        problems.append(f"a scrape takes {seconds * 1000:.1f} ms, more than {MAX_SCRAPE_S * 1000:.0f} ms")
    for problem in problems:
        print(f"FAILED: {problem}")
    print(
        f"{len(metrics.types)} metrics with {metrics.series} series, a scrape takes {seconds * 1000:.1f} ms; "
        f"{files} files checked, {len(problems)} problems"
    )
    return 1 if problems or not metrics.types else 0


if __name__ == "__main__":
    sys.exit(main())
