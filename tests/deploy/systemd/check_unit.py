#!/usr/bin/env python3
"""The unit of the service: what systemd thinks of it, and that its times fit the daemon's.

    check_unit.py REPOSITORY ATOMSTREAMD
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "prometheus"))
from tools import need  # noqa: E402

# "exposure level" in tenths: 2.0 of 10.
THRESHOLD = 20
# From the moment at which the pipeline stands still.
RESTART_S = 30


def run(problems, what, *command, may_talk=False):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0 or (done.stderr.strip() and not may_talk):
        problems.append(f"{what}: {done.stdout}{done.stderr}")
    return done.stdout


def configure(repository, folder, daemon):
    unit = (repository / "deploy/systemd/atomstreamd.service.in").read_text()
    unit = unit.replace("@ATOMSTREAM_BIN_DIR@/atomstreamd", str(daemon))
    unit = unit.replace("@ATOMSTREAM_CONFIG_DIR@", "/etc/atomstream").replace("@ATOMSTREAM_DOC_DIR@", "/usr/share/doc/atomstream")
    path = folder / "atomstreamd.service"
    path.write_text(unit)
    return path, dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))


def check_times(problems, repository, settings):
    default = re.search(r"pipeline_stall = absl::Seconds\((\d+)\)", (repository / "server/health/health_options.h").read_text())
    restart = int(default[1]) + sum(int(settings[key]) for key in ("WatchdogSec", "TimeoutAbortSec", "RestartSec"))
    if restart > RESTART_S:
        problems.append(f"a daemon that stands still is started again after {restart} s, not {RESTART_S}")
    # With some seconds to close streams and ports.
    manual = (repository / "config/atomstreamd.textproto").read_text()
    drain = int(re.search(r"shutdown_deadline_s: (\d+)", manual)[1])
    if int(settings["TimeoutStopSec"]) < drain + 10:
        problems.append(f"TimeoutStopSec={settings['TimeoutStopSec']} is too short to drain for {drain} s")


def check_proc(problems, settings):
    """systemd's own score would be better with a /proc that holds processes only, and the service would not start."""
    if settings.get("ProcSubset") != "all":
        problems.append("ProcSubset must be all: libtorch does not start without /proc/cpuinfo")


def check_folders(problems, repository, folder):
    """sysusers and tmpfiles at work in a root of their own."""
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    systemd = repository / "deploy/systemd"
    run(problems, "systemd-sysusers", "systemd-sysusers", f"--root={root}", systemd / "sysusers.conf", may_talk=True)
    user = re.search(r"^atomstream:x:(\d+):(\d+):.*:/var/lib/atomstream:/usr/sbin/nologin$", (root / "etc/passwd").read_text(), re.MULTILINE)
    if not user:
        problems.append("systemd-sysusers made no user atomstream")
        return
    run(problems, "systemd-tmpfiles", "systemd-tmpfiles", f"--root={root}", "--create", systemd / "tmpfiles.conf")
    for path, mode, owner in [("var/lib/atomstream", 0o750, int(user[1])), ("etc/atomstream/certs", 0o750, 0)]:
        there = (root / path).stat()
        if (there.st_mode & 0o777, there.st_uid, there.st_gid) != (mode, owner, int(user[2])):
            problems.append(f"/{path}: mode {there.st_mode:o}, owner {there.st_uid}:{there.st_gid}")


def main():
    need("systemd-analyze", "systemd")
    repository = pathlib.Path(sys.argv[1]).resolve()
    daemon = pathlib.Path(sys.argv[2]).resolve()
    problems = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        unit, settings = configure(repository, folder, daemon)
        run(problems, "systemd-analyze verify", "systemd-analyze", "verify", "--man=no", unit)
        table = run(problems, "systemd-analyze security", "systemd-analyze", "security", "--offline=yes",
                    f"--threshold={THRESHOLD}", "--no-pager", unit)
        print(table.strip().splitlines()[-1])
        check_times(problems, repository, settings)
        check_proc(problems, settings)
        drop_in = folder / "atomstreamd.service.d"
        drop_in.mkdir()
        (drop_in / "gpu.conf").write_text((repository / "deploy/systemd/gpu.conf").read_text())
        run(problems, "verify with gpu.conf", "systemd-analyze", "verify", "--man=no", unit)
        if os.geteuid() == 0:
            check_folders(problems, repository, folder)
        else:
            print("not root: the folders of tmpfiles.conf are not made")
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
