#!/usr/bin/env python3
"""The dashboard in a real browser, over a real Prometheus that scrapes a real daemon.

    check_console.py REPOSITORY ATOMSTREAMD [SCREENSHOT_FOLDER]

First everything is well: all values and charts must be there. Then the microscope is killed: the alert
must fire and the page must show it.
"""
import contextlib
import html.parser
import http.server
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from live_daemon import free_port, get, program, running_daemon, wait_for
from tools import need

PAGE = "consoles/atomstream.html"
SIZE = "1900,2750"
NARROW = "480,3000"
BROWSER_S = 180  # a browser that is started for the first time, on a slow machine


class Page(html.parser.HTMLParser):
    """Texts of a page: of everything below an element with an id, and of the tiles by their headings."""

    VOID = {"meta", "link", "br", "img", "input", "hr"}

    def __init__(self, text):
        super().__init__()
        self.stack, self.by_id, self.svgs, self.points = [], {}, {}, {}
        self.body = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "body":
            self.body = attributes
        if tag in self.VOID:
            return
        self.stack.append((tag, attributes.get("id")))
        for _, inside in self.stack:
            if inside is None:
                continue
            self.by_id.setdefault(inside, "")
            if tag == "svg":
                self.svgs[inside] = self.svgs.get(inside, 0) + 1
            shape = {"path": attributes.get("d", "").count("L"), "rect": 1, "ellipse": 1}.get(tag, 0)
            self.points[inside] = self.points.get(inside, 0) + shape
        if tag in {"div", "p", "h2", "td", "tr", "small", "span"}:
            self.handle_data(" ")

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if any(tag in {"script", "style"} for tag, _ in self.stack):
            return
        for _, inside in self.stack:
            if inside is not None:
                self.by_id[inside] = re.sub(r"\s+", " ", self.by_id.get(inside, "") + data)


@contextlib.contextmanager
def prometheus_that_dies(port):
    """Hands on the first request for the page to the Prometheus at `port`, and no other; gives its own port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self):
            Handler.asked += self.path.startswith("/consoles")
            if Handler.asked > 1 or not self.path.startswith("/consoles"):
                self.send_error(502)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(get(f"http://127.0.0.1:{port}{self.path}").encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class Console:
    def __init__(self, browser, port, folder, pictures):
        self.browser, self.port, self.folder, self.pictures = browser, port, folder, pictures
        self.url = f"http://127.0.0.1:{port}/{PAGE}?range=300"
        self.seconds = 4
        self.runs = itertools.count(1)

    def run_browser(self, *arguments, size=SIZE, theme="dark"):
        """What it prints. One that hangs or dies, which is no fault of the page, is started again once."""
        for is_last in (False, True):
            # Virtual time runs on when nothing is left to wait for: the charts are drawn by then.
            command = [self.browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                       "--hide-scrollbars", f"--user-data-dir={self.folder}/browser-{self.port}-{next(self.runs)}",
                       f"--window-size={size}", f"--virtual-time-budget={self.seconds * 1000}", *arguments,
                       f"{self.url}&theme={theme}"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       start_new_session=True)
            try:
                printed, complaints = process.communicate(timeout=BROWSER_S)
            except subprocess.TimeoutExpired:
                complaints = f"nothing in {BROWSER_S} s"
            finally:
                with contextlib.suppress(ProcessLookupError):  # what it started, too
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.returncode == 0:
                return printed
            print(f"{self.browser}: exit code {process.returncode}: {complaints[-2000:]}", flush=True)
            if is_last:
                raise RuntimeError(f"{self.browser} does not show {self.url}")

    def load(self):
        return Page(self.run_browser("--dump-dom"))

    def picture(self, name, **how):
        if self.pictures:
            self.run_browser(f"--screenshot={self.pictures}/{name}.png", **how)

    def query(self, expression):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?query={urllib.parse.quote(expression)}"
        return json.loads(get(url))["data"]["result"]


def check_all_is_well(problems, page, repository):
    def expect(ok, what):
        if not ok:
            problems.append(what)

    tiles = page.by_id.get("tiles", "")
    expect("ALL IS WELL" in page.by_id.get("banner", ""), f"banner: {page.by_id.get('banner')}")
    expect(page.by_id.get("alerts", "").strip() == "", f"alerts: {page.by_id.get('alerts')}")
    expect("U-Net lattice" in page.by_id.get("what", ""), f"no model in: {page.by_id.get('what')}")
    for pattern in [
        r"source streaming 0 reconnects",
        r"frames in [1-9][\d.]* /s",
        r"frames with results [1-9][\d.]* /s [1-9]\d* since the start",
        r"latency, LoG\* [\d.]+(ms|s) 99 of 100 within [\d.]+(ms|s)",
        r"atoms, LoG\* and U-Net [1-9]\d* · [1-9]\d*",
        r"QC and ER, less is better 0\.\d+ · 0\.\d+ hypervolume (0\.[5-9]|1\.)\d+",
        r"F1, where the truth is known (0\.[5-9]|1\.)\d+ · (0\.[5-9]|1\.)\d+",
        r"store recording [1-9]\d* results, 0 wait",
        r"free on the store's disk [\d.]+(Mi|Gi|Ti)B [\d.]+[kM]iB are taken",
        r"results lost 0 commit",
        r"beam in order",
        r"memory [\d.]+(Mi|Gi)B",
        r"oldest that waits [\d.]+(us|ms|s)",
        r"pixel size, against stated [+-]\d\.\d % no lattice in 0%",
    ]:
        expect(re.search(pattern, tiles), f"no '{pattern}' in: {tiles}")
    stages = page.by_id.get("stages", "")
    expect(re.search(r"optimise [\d.]+(ms|us|s)", stages), f"no stage optimise in: {stages}")
    stages = page.by_id.get("unet_stages", "")
    expect(re.search(r"compute [\d.]+(ms|us|s)", stages), f"no stage compute in: {stages}")
    queues = page.by_id.get("queues", "")
    for queue in ["live", "analyze", "unet", "mailboxes", "visits", "store", "kept_frames"]:
        expect(re.search(rf"\b{queue} \d+ [\d.]+(us|ms|s)", queues), f"no queue {queue} in: {queues}")
    for name, text in page.by_id.items():
        for bad in ["no data", "error", "NaN", "undefined", "does not answer"]:
            expect(bad not in text, f"'{bad}' in {name}: {text}")
    charts = re.findall(
        r'Atomstream\.(?:lines|heat|trail|bands)\("(\w+)"(.*?)\n', (repository / "deploy/prometheus" / PAGE).read_text()
    )
    drawn = page.body.get("data-drawn")
    expect(drawn == str(len(charts)), f"{drawn} of {len(charts)} charts are drawn")
    for chart, options in charts:
        # What was hoped for: nothing dropped, lost, waiting; or that nobody calls, as here.
        quiet = re.search(r'(?:hideZero|none): "(nothing [^"]*)"', options)
        if quiet and quiet[1] in page.by_id.get(chart, ""):
            continue
        expect(page.svgs.get(chart) == 1 and page.points.get(chart, 0) >= 3, f"chart {chart} is empty")


def problems_when_all_is_well(console, repository):
    """On a busy machine a frame, a scrape or a rule may be late for once; what is wrong stays wrong."""
    for attempt in range(6):
        if attempt > 0:
            time.sleep(10)
        problems = []
        check_all_is_well(problems, console.load(), repository)
        if not problems:
            break
        print(f"attempt {attempt + 1}: {len(problems)} problems", flush=True)
    return problems


def main():
    browser, prometheus = need("chromium", "chromium"), need("prometheus", "prometheus")
    repository = pathlib.Path(sys.argv[1]).resolve()
    binaries = pathlib.Path(sys.argv[2]).resolve().parent
    pictures = sys.argv[3] if len(sys.argv) > 3 else None
    problems = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with running_daemon(binaries, repository, folder) as daemon:
            source = repository / "deploy/prometheus"
            port = free_port()
            # As it is shipped, but faster: a test has no half minutes.
            config = (source / "prometheus.yml").read_text()
            config = config.replace("127.0.0.1:9464", f"127.0.0.1:{daemon.metrics_port}").replace(": 5s", ": 1s")
            (folder / "prometheus.yml").write_text(config)
            (folder / "rules").mkdir()
            for file in source.glob("rules/*.yml"):
                rules = re.sub(r"(alert: AtomstreamSourceLost\n.*\n\s+for:) 30s", r"\1 3s", file.read_text())
                (folder / "rules" / file.name).write_text(rules)
            arguments = [prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                         f"--web.listen-address=127.0.0.1:{port}", f"--web.console.templates={source}/consoles",
                         f"--web.console.libraries={source}/console_libraries"]
            with program(arguments, folder / "prometheus.log"):
                console = Console(browser, port, folder, pictures)
                wait_for("Prometheus", lambda: "ready to receive" in (folder / "prometheus.log").read_text())
                wait_for("half a minute of frames", lambda: [
                    r for r in console.query("count_over_time(instance:atomstream_frames_processed:rate1m[5m])")
                    if float(r["value"][1]) >= 30], limit_s=180)
                problems += problems_when_all_is_well(console, repository)
                console.picture("well")
                console.picture("well_light", theme="light")
                console.picture("well_narrow", size=NARROW)
                with prometheus_that_dies(port) as dying_port:
                    dying = Console(browser, dying_port, folder, None)
                    dying.seconds = 8  # the page renews itself every 5 s
                    banner = dying.load().by_id.get("banner", "")
                    if "Prometheus does not answer" not in banner:
                        problems.append(f"the page looks as if Prometheus answered: {banner}")
                daemon.kill_microscope()
                firing = 'ALERTS{alertname="AtomstreamSourceLost", alertstate="firing"}'
                wait_for("AtomstreamSourceLost", lambda: console.query(firing))
                page = console.load()
                console.picture("source_lost")
                if "CRITICAL" not in page.by_id.get("banner", ""):
                    problems.append(f"the banner does not tell of the alert: {page.by_id.get('banner')}")
                told = page.by_id.get("alerts", "")
                if not re.search(r"critical: AtomstreamSourceLost .*cannot be reached.*#atomstreamsourcelost", told):
                    problems.append(f"the alert is not shown with its summary and runbook: {told}")
                if "source connecting" not in page.by_id.get("tiles", ""):
                    problems.append(f"the lost source is not shown: {page.by_id.get('tiles')}")
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
