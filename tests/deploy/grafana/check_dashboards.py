#!/usr/bin/env python3
"""The Grafana dashboards, as far as they can be checked without a Grafana.

    check_dashboards.py REPOSITORY

Shape, layout, data sources, and every query by promtool. That their metrics exist is checked by
prometheus/check_metrics.py.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "prometheus"))
from tools import need  # noqa: E402

COLUMNS = 24
PANEL_TYPES = {"row", "stat", "timeseries", "heatmap", "xychart", "table"}
UNITS = {"none", "s", "bytes", "percentunit", "cps", "lengthm"}


def check_shape(problems, name, board):
    for key in ("uid", "title", "schemaVersion", "panels", "templating", "time"):
        if key not in board:
            problems.append(f"{name}: has no {key}")
    if board.get("id") is not None:
        problems.append(f"{name}: id must be left to the Grafana that imports it")
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        problems.append(f"{name}: two panels have the same id")


def check_layout(problems, name, board):
    taken = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > COLUMNS:
            problems.append(f"{name}: {panel['title']} does not fit into {COLUMNS} columns")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    problems.append(f"{name}: {panel['title']} lies on {other}")
                    return


def check_panel(problems, name, panel):
    where = f"{name}: {panel['title']}"
    if panel["type"] not in PANEL_TYPES:
        problems.append(f"{where}: {panel['type']} is no type of panel that is known here")
    if panel["type"] == "row":
        return []
    if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
        problems.append(f"{where}: has no unit that is known here")
    if not panel["targets"]:
        problems.append(f"{where}: asks nothing")
    refs = [target["refId"] for target in panel["targets"]]
    if len(set(refs)) != len(refs):
        problems.append(f"{where}: two queries have the same refId")
    for part in [panel, *panel["targets"]]:
        if part["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
            problems.append(f"{where}: must use the chosen data source")
    return [target["expr"] for target in panel["targets"]]


def check_queries(problems, name, queries):
    """promtool reads expressions as rules only."""
    rules = [
        {"record": f"query:{index}", "expr": query.replace("$__rate_interval", "1m").replace("$instance", ".*")}
        for index, query in enumerate(queries)
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "queries", "rules": rules}]}, file)
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
    if done.returncode != 0:
        problems.append(f"{name}: {done.stdout}{done.stderr}")


def main():
    need("promtool", "prometheus")
    files = sorted((pathlib.Path(sys.argv[1]) / "deploy/grafana").glob("*.json"))
    problems, count = [], 0
    for file in files:
        board = json.loads(file.read_text())
        check_shape(problems, file.name, board)
        check_layout(problems, file.name, board)
        queries = [query for panel in board["panels"] for query in check_panel(problems, file.name, panel)]
        queries += [note["expr"] for note in board.get("annotations", {}).get("list", [])]
        check_queries(problems, file.name, queries)
        count += len(queries)
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"{count} queries of {len(files)} dashboards checked, {len(problems)} problems")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main())
