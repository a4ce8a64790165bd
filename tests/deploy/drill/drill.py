#!/usr/bin/env python3
"""A drill: five faults of a real daemon, and who is woken by the shipped rules in a real Prometheus.

    drill.py REPOSITORY ATOMSTREAMD SUBSCRIBER_SWARM

For each fault: nothing fires before; the alerts that are meant for it do, and no other; and they end when
it is mended. The rules are those that are shipped, quicker by one factor (quick_rules.py), as is the
daemon's health. The faults: a disk that is full, the microscope killed, a worker that hangs, a damaged
model, subscribers that do not read.
"""
import collections
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "prometheus"))
from live_daemon import free_port, get, program, read_port, wait_for  # noqa: E402
from quick_rules import FACTOR, quick  # noqa: E402
from tools import need  # noqa: E402

DISK_MIB = 64
# What increase() over the longest window of an alert shows after its cause is gone.
TAIL_S = 15 * 60 / FACTOR
LIMIT_S = 120  # for an alert to fire or to end, on a busy machine
ATTEMPTS = 3


class Alerts:
    """What Prometheus says is firing."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}/api/v1"
        self.begin = time.monotonic()

    def ask(self, path):
        return json.loads(get(f"{self.base}/{path}"))["data"]

    def firing(self):
        return {a["labels"]["alertname"] for a in self.ask("alerts")["alerts"] if a["state"] == "firing"}

    def value(self, expression):
        result = self.ask("query?query=" + urllib.parse.quote(expression))["result"]
        return float(result[0]["value"][1]) if result else None

    def fired_in(self, seconds):
        """Every alert that fired in the last so many seconds."""
        expression = f'last_over_time(ALERTS{{alertstate="firing"}}[{max(1, int(seconds))}s])'
        result = self.ask("query?query=" + urllib.parse.quote(expression))["result"]
        return {series["metric"]["alertname"] for series in result}


class Simulator:
    """A microscope that can be killed and started again at the same address."""

    def __init__(self, binary, folder):
        self.binary, self.log, self.port = binary, folder / "sim.log", free_port()
        self.process = None

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, f"--address=127.0.0.1:{self.port}", "--size_px=96", "--rate_hz=6",
                 "--material=graphene", "--noise=0.1"], stdout=log, stderr=log)
        read_port(self.process, self.log, r"127\.0\.0\.1:([1-9]\d*)")

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Disk:
    """A small disk in memory for the store; where mounting is not allowed, a limit on the daemon's files."""

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        self.is_real = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", self.folder], capture_output=True
        ).returncode == 0

    def fill(self, pid):
        if not self.is_real:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with contextlib.suppress(OSError), open(self.folder / "filler", "wb", buffering=0) as filler:
            while filler.write(bytes(1 << 16)):
                pass
        with contextlib.suppress(OSError), open(self.folder / "filler", "ab", buffering=0) as filler:
            while filler.write(bytes(512)):
                pass

    def free(self, pid):
        if self.is_real:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def unmount(self):
        if self.is_real:
            subprocess.run(["umount", "-l", self.folder], check=False)


# `lasts`: of the alerts that must or may fire, those that look back over a long window.
Fault = collections.namedtuple("Fault", "name apply mend must may lasts", defaults=(frozenset(), frozenset()))


class Drill:
    def __init__(self, repository, daemon, swarm, folder):
        self.repository, self.binary, self.swarm_binary, self.folder = repository, daemon, swarm, folder
        self.sim = Simulator(daemon.parent / "atomstream-sim", folder)
        self.disk = Disk(folder)
        self.model = folder / "model"
        shutil.copytree(repository / "config/models/lattice", self.model)
        self.wedge = folder / "wedge"
        self.problems, self.tails = [], {}  # of an alert that lasts longer: until when it may
        self.swarm = None

    # The faults.

    def break_model(self):
        with open(self.model / "member-0.pt", "r+b") as script:
            script.seek(1000)
            script.write(b"damaged")
        self.reload()

    def mend_model(self):
        shutil.copy(self.repository / "config/models/lattice/member-0.pt", self.model)
        self.reload()

    def reload(self):
        os.utime(self.model / "manifest.json")
        self.daemon.send_signal(signal.SIGHUP)

    def stall_subscribers(self):
        with open(self.folder / "swarm.log", "wb") as log:
            self.swarm = subprocess.Popen([self.swarm_binary, f"127.0.0.1:{self.daemon_port}", "3", "stalled"],
                                          stdout=log, stderr=log)

    def end_subscribers(self):
        if self.swarm is not None:
            self.swarm.kill()
            self.swarm.wait()

    def faults(self):
        refused = {"AtomstreamUnetReloadRefused", "AtomstreamConfigurationRefused"}
        full = {"AtomstreamStoreNotRecording"} | ({"AtomstreamDiskNearlyFull"} if self.disk.is_real else set())
        # The limit forbids even what a full disk still takes.
        untidy = set() if self.disk.is_real else {"AtomstreamStoreUntidy"}
        return [
            # First, as its alerts last longest: they end while the others are tried.
            Fault("a damaged model", self.break_model, self.mend_model,
                  must=refused, lasts=refused),
            Fault("a full disk", lambda: self.disk.fill(self.daemon.pid), lambda: self.disk.free(self.daemon.pid),
                  must=full, may=untidy, lasts=untidy),
            Fault("the microscope killed", self.sim.kill, self.sim.start, must={"AtomstreamSourceLost"}),
            # Frames that come meanwhile are left out, which is another, slower alert: it may fire later.
            Fault("a worker that hangs", self.wedge.touch, self.wedge.unlink,
                  must={"AtomstreamPipelineStuck", "AtomstreamNoResults"},
                  may={"AtomstreamFramesDropped"}, lasts={"AtomstreamFramesDropped"}),
            Fault("subscribers that do not read", self.stall_subscribers, self.end_subscribers,
                  must={"AtomstreamSubscribersStalled"}),
        ]

    # The drill.

    def expect_quiet(self, alerts, when, problems):
        """Nothing fires but what still may, from an earlier fault."""
        def left():
            now = time.monotonic()
            return alerts.firing() - {name for name, until in self.tails.items() if now < until}

        try:
            wait_for("quiet", lambda: not left(), limit_s=LIMIT_S)
        except TimeoutError:
            problems.append(f"{when}: {', '.join(sorted(left()))} fires still")

    def try_fault(self, alerts, fault):
        """On a busy machine a pause or a scrape that comes late may fire an alert that has nothing to do with the
        fault: then it is tried anew. What the rules do wrong they do every time."""
        for attempt in range(1, ATTEMPTS + 1):
            problems = self.try_once(alerts, fault)
            if not problems:
                return
            for problem in problems:
                print(f"attempt {attempt}: {problem}", flush=True)
            # They must fire by the next attempt, and not still by this one.
            if attempt < ATTEMPTS:
                wait_for(f"end of {fault.name}", lambda: not alerts.firing() & fault.must, limit_s=TAIL_S + LIMIT_S)
        self.problems += problems

    def try_once(self, alerts, fault):
        """What went otherwise than it must."""
        problems = []
        self.expect_quiet(alerts, f"before {fault.name}", problems)
        before = alerts.firing()
        begin = time.monotonic()
        fault.apply()
        try:
            wait_for("alert", lambda: fault.must <= alerts.firing(), limit_s=LIMIT_S)
            fired_s = time.monotonic() - begin
        except TimeoutError:
            fired_s = float("nan")
            problems.append(f"{fault.name}: {', '.join(sorted(fault.must - alerts.firing()))} does not fire")
        fault.mend()
        mended = time.monotonic()
        for name in fault.lasts:
            self.tails[name] = mended + TAIL_S + 5
        self.expect_quiet(alerts, f"after {fault.name}", problems)
        earlier = {name for name, until in self.tails.items() if begin < until}
        others = alerts.fired_in(time.monotonic() - begin) - fault.must - fault.may - before - earlier
        if others:
            problems.append(f"{fault.name}: {', '.join(sorted(others))} fires, too")
        ended = f"ended {time.monotonic() - mended:.1f} s after the end"
        print(f"{fault.name}: {', '.join(sorted(fault.must))} after {fired_s:.1f} s, "
              f"{'to end while the others are tried' if fault.must <= fault.lasts else ended}"
              f"{'; also ' + ', '.join(sorted(others)) if others else ''}", flush=True)
        return problems

    def configure(self, metrics_port):
        config = self.folder / "atomstreamd.textproto"
        config.write_text(
            'listen_address: "127.0.0.1:0"\n'
            f'metrics_address: "127.0.0.1:{metrics_port}"\n'
            f'source {{ microscope {{ address: "127.0.0.1:{self.sim.port}" }} }}\n'
            'log_star { material: "graphene" max_evaluations: 60 time_budget_ms: 20 }\n'
            f'unet {{ model: "{self.model}" threads: 1 }}\n'
            f'history {{ path: "{self.disk.folder}/results.sqlite" }}\n'
            "health { pipeline_stall_s: 1 source_grace_s: 1 }\n"
        )
        source = self.repository / "deploy/prometheus"
        (self.folder / "prometheus.yml").write_text(
            (source / "prometheus.yml").read_text()
            .replace("127.0.0.1:9464", f"127.0.0.1:{metrics_port}").replace(": 5s", ": 500ms"))
        (self.folder / "rules").mkdir()
        for file in source.glob("rules/*.yml"):
            (self.folder / "rules" / file.name).write_text(quick(file.read_text()))
        return config

    def start_daemon(self, config, log):
        # Ignored signals are inherited: a write beyond the limit is an error then, and not the end.
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=open(log, "wb"))
        daemon = subprocess.Popen([self.binary, f"--config={config}", f"--wedge_while={self.wedge}"],
                                  stdout=reader.stdin, stderr=reader.stdin, restore_signals=False)
        reader.stdin.close()
        signal.signal(signal.SIGXFSZ, before)
        return daemon

    def run(self, prometheus):
        begin = time.monotonic()
        metrics_port, port = free_port(), free_port()
        config = self.configure(metrics_port)
        log = self.folder / "daemon.log"
        try:
            self.sim.start()
            self.daemon = self.start_daemon(config, log)
            self.daemon_port = read_port(self.daemon, log, r"\(port ([1-9]\d*)\)")
            arguments = [prometheus, f"--config.file={self.folder}/prometheus.yml",
                         f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{port}"]
            with program(arguments, self.folder / "prometheus.log"):
                wait_for("Prometheus", lambda: "ready to receive" in (self.folder / "prometheus.log").read_text())
                alerts = Alerts(port)
                wait_for("frames", lambda: (alerts.value("instance:atomstream_frames_processed:rate1m") or 0) > 0.5)
                for fault in self.faults():
                    self.try_fault(alerts, fault)
                # What lasted longer has ended, too.
                wait_for("end of all alerts", lambda: not alerts.firing(), limit_s=TAIL_S + LIMIT_S)
            if self.daemon.poll() is not None:
                self.problems.append(f"the daemon ended: {log.read_text()[-3000:]}")
        finally:
            self.end_subscribers()
            if hasattr(self, "daemon"):
                self.daemon.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.daemon.wait(60)
                self.daemon.kill()
                self.daemon.wait()
            self.sim.kill()
            self.disk.unmount()
        if "A DRILL, NOT FOR WORK" not in log.read_text():
            self.problems.append("the daemon's log does not say that a drill is on")
        print(f"{time.monotonic() - begin:.0f} s, {'a real disk of its own' if self.disk.is_real else 'a limit on files'}, "
              f"times of the rules divided by {FACTOR}")


def main():
    prometheus = need("prometheus", "prometheus")
    repository, daemon, swarm = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
    with tempfile.TemporaryDirectory() as name:
        drill = Drill(repository, daemon, swarm, pathlib.Path(name))
        drill.run(prometheus)
    for problem in drill.problems:
        print(f"FAILED: {problem}")
    print(f"{len(drill.problems)} problems")
    return 1 if drill.problems else 0


if __name__ == "__main__":
    sys.exit(main())
