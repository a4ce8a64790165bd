#!/usr/bin/env python3
"""check_prometheus.py finds what it is there to find.

    check_prometheus_test.py REPOSITORY
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from tools import need

REPOSITORY = pathlib.Path(sys.argv.pop(1))
TESTS = "tests/deploy/prometheus"


class CheckPrometheusTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = pathlib.Path(folder.name)
        shutil.copytree(REPOSITORY / "deploy/prometheus", self.copy / "deploy/prometheus")
        shutil.copytree(REPOSITORY / TESTS, self.copy / TESTS)
        (self.copy / "docs").mkdir()
        shutil.copy(REPOSITORY / "docs/operations.md", self.copy / "docs")

    def change(self, path, old, new):
        file = self.copy / path
        text = file.read_text()
        self.assertIn(old, text)
        file.write_text(text.replace(old, new))

    def refuses(self, text, *arguments):
        done = subprocess.run(
            [sys.executable, REPOSITORY / TESTS / "check_prometheus.py", self.copy, *arguments],
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(text, done.stdout)

    def test_an_alert_without_a_test(self):
        self.change(f"{TESTS}/alerts_test.yml", "alertname: AtomstreamDown\n", "alertname: AtomstreamNotScraped\n")
        self.refuses("AtomstreamDown: no test in alerts_test.yml shows that it fires", "--texts_only")

    def test_an_alert_without_a_section_of_the_manual(self):
        self.change("docs/operations.md", "### AtomstreamBeamMayBeOn\n", "### The beam\n")
        self.refuses("docs/operations.md has no section ### AtomstreamBeamMayBeOn", "--texts_only")

    def test_a_section_about_no_alert(self):
        self.change("docs/operations.md", "### AtomstreamDown\n", "### AtomstreamDown\n\n### AtomstreamUp\n")
        self.refuses("### AtomstreamUp is about no alert", "--texts_only")

    def test_a_section_that_does_not_say_where_to_look(self):
        self.change("docs/operations.md", "- **Look:** `atomstream reload --check` names them.", "- **Look:** in the file.")
        self.refuses("### AtomstreamConfigurationWaits does not say where to look", "--texts_only")

    def test_a_section_that_does_not_say_what_to_do(self):
        self.change("docs/operations.md", "- **Do:** mend the file, `sudo", "- Mend the file, `sudo")
        self.refuses("### AtomstreamSecurityReloadRefused does not say what to do", "--texts_only")

    def test_an_alertmanager_that_names_no_alert(self):
        self.change("deploy/prometheus/alertmanager.yml", 'alertname="AtomstreamPipelineStuck"', 'alertname="AtomstreamStuck"')
        self.refuses("alertmanager.yml: AtomstreamStuck is no alert", "--texts_only")

    def test_an_alert_that_does_not_say_how_bad_it_is(self):
        self.change("deploy/prometheus/rules/alerts.yml", "severity: critical", "severity: bad")
        self.refuses("severity must be one of", "--texts_only")

    def test_an_alert_that_no_longer_fires(self):
        self.change("deploy/prometheus/rules/alerts.yml", "beam_blank_failing == 1", "beam_blank_failing == 2")
        self.refuses("promtool test rules")

    def test_a_rule_that_cannot_be_read(self):
        self.change("deploy/prometheus/rules/recording.yml", "histogram_quantile(0.5,", "histogram_quantile(0.5")
        self.refuses("promtool check rules")


if __name__ == "__main__":
    need("promtool", "prometheus")
    unittest.main()
