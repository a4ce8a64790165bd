#!/usr/bin/env python3
"""The tables of metrics in docs/operations.md are those that the daemon prints, word for word.

    check_metric_tables.py REPOSITORY ATOMSTREAMD [--update]

With --update it writes them there.
"""
import difflib
import pathlib
import subprocess
import sys

BEGIN = "<!-- atomstreamd --print_metrics: begin -->\n"
END = "<!-- atomstreamd --print_metrics: end -->\n"


def main():
    repository, daemon = sys.argv[1:3]
    manual = pathlib.Path(repository) / "docs/operations.md"
    text = manual.read_text()
    before, begin, rest = text.partition(BEGIN)
    told, end, after = rest.partition(END)
    if not begin or not end:
        print(f"FAILED: {manual} does not have the lines {BEGIN.strip()} and {END.strip()}")
        return 1
    run = subprocess.run([daemon, "--print_metrics"], capture_output=True, text=True, check=True)
    printed = "\n" + run.stdout + "\n"
    if not run.stdout.startswith("**Frames"):
        print(f"FAILED: {daemon} --print_metrics printed no tables")
        return 1
    if told == printed:
        print(f"{printed.count(chr(10))} lines agree")
        return 0
    if sys.argv[3:] == ["--update"]:
        manual.write_text(before + begin + printed + end + after)
        print(f"{manual}: updated")
        return 0
    sys.stdout.writelines(difflib.unified_diff(told.splitlines(True), printed.splitlines(True), "docs", "daemon"))
    print(f"FAILED: the tables in docs/operations.md are not the daemon's. {' '.join(sys.argv)} --update writes them.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
