"""A simulated microscope and a daemon for tests of what operators see: started, scraped, ended."""
import contextlib
import http.client
import pathlib
import random
import re
import signal
import socket
import subprocess
import time
import urllib.request

START_S = 120  # only a test that fails waits for so long


def free_port():
    """Below those that the system gives to connections and to whoever asks for any: nobody is given it meanwhile."""
    first_given = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(10_000, first_given) if first_given > 11_000 else 0))
            return probe.getsockname()[1]


def wait_for(what, condition, limit_s=START_S):
    """Until `condition` gives something true; what it gave. A server that does not answer yet is asked again."""
    end = time.monotonic() + limit_s
    while True:
        why = ""
        try:
            value = condition()
            if value:
                return value
        except (OSError, http.client.HTTPException) as error:
            why = f": {error}"
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} in {limit_s} s{why}")
        time.sleep(0.1)


def get(url, limit_s=60):
    with urllib.request.urlopen(url, timeout=limit_s) as answer:
        return answer.read().decode()


@contextlib.contextmanager
def program(arguments, log):
    with open(log, "wb") as output:
        process = subprocess.Popen([str(a) for a in arguments], stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def read_port(process, log, pattern):
    def look():
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended: {log.read_text()}")
        found = re.search(pattern, log.read_text())
        return found and int(found[1])

    return wait_for(f"'{pattern}' in {log}", look)


class RunningDaemon:
    def __init__(self, metrics_port, microscope):
        self.metrics_port = metrics_port
        self._microscope = microscope

    def kill_microscope(self):
        self._microscope.kill()
        self._microscope.wait()


@contextlib.contextmanager
def running_daemon(binaries, repository, folder):
    """`binaries` holds atomstreamd and atomstream-sim; gives a RunningDaemon."""
    folder = pathlib.Path(folder)
    metrics_port = free_port()
    simulator = [binaries / "atomstream-sim", "--address=127.0.0.1:0", "--size_px=128", "--rate_hz=5",
                 "--material=graphene", "--noise=0.2"]
    with program(simulator, folder / "sim.log") as sim:
        sim_port = read_port(sim, folder / "sim.log", r"127\.0\.0\.1:([1-9]\d*)")
        config = folder / "atomstreamd.textproto"
        config.write_text(
            'listen_address: "127.0.0.1:0"\n'
            f'metrics_address: "127.0.0.1:{metrics_port}"\n'
            f'source {{ microscope {{ address: "127.0.0.1:{sim_port}" }} }}\n'
            'log_star { material: "graphene" time_budget_ms: 30 }\n'
            f'unet {{ model: "{repository}/config/models/lattice" }}\n'
            f'history {{ path: "{folder}/results.sqlite" }}\n'
        )
        with program([binaries / "atomstreamd", f"--config={config}"], folder / "daemon.log") as daemon:
            read_port(daemon, folder / "daemon.log", r"\(port ([1-9]\d*)\)")
            yield RunningDaemon(metrics_port, sim)
