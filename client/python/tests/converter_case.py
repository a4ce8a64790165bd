"""What every test of the converter shares: a folder, a run of the command, checks of its output."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import unittest
from unittest import mock

import numpy as np
import torch

from atomstream import convert_atomai

torch.set_num_threads(1)

# Float32 against float32 through a dozen layers; the converter's own bound is 1e-4.
TOLERANCE = 1e-5


def save_alike(meta, path, zipped):
    """As torch.save, and the same bytes in every run: the format before ZIP names storages by their addresses, and
    sorts them so."""
    names = {}

    class Name(str):
        def __new__(cls, address):
            return f"{10**13 + names.setdefault(address, len(names))}"

    with open(path, "wb") as file, mock.patch.object(torch.serialization, "str", Name, create=True):
        torch.save(meta, file, _use_new_zipfile_serialization=zipped)


class ConverterTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.input = os.path.join(self.folder, "net.tar")
        self.output = os.path.join(self.folder, "model")

    def convert(self, *flags):
        """(exit code, standard output, standard error)"""
        out, err = io.StringIO(), io.StringIO()
        arguments = [self.input, "--output", self.output, "--scale-px-per-d-nn", "6", *flags]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = convert_atomai.main(arguments)
            except SystemExit as stop:
                code = stop.code
        return code, out.getvalue(), err.getvalue()

    def convert_well(self, *flags):
        code, out, err = self.convert(*flags)
        self.assertEqual(code, 0, err)
        with open(os.path.join(self.output, "manifest.json"), encoding="utf-8") as file:
            return json.load(file), out

    def assert_refused(self, *texts, flags=()):
        code, out, err = self.convert(*flags)
        self.assertEqual(code, 1, out + err)
        for text in texts:
            self.assertIn(text, err)
        self.assertNotIn("Traceback", err)
        self.assertFalse(os.path.exists(self.output))
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith(".convert")], [])

    def load(self, member=0):
        return torch.jit.load(os.path.join(self.output, f"member-{member}.pt")).eval()

    def read_golden(self, manifest, entry):
        with open(os.path.join(self.output, entry["file"]), "rb") as file:
            data = file.read()
        self.assertEqual(hashlib.sha256(data).hexdigest(), entry["sha256"])
        golden = manifest["golden"]
        shape = (golden["height_px"], golden["width_px"])
        return torch.from_numpy(np.frombuffer(data, "<f4").reshape(shape).copy())

    def assert_same_map(self, manifest, networks, probability):
        """Each member's file and golden output agree with its network's probabilities."""
        self.assertEqual(len(manifest["members"]), len(networks))
        generator = torch.Generator().manual_seed(3)
        image = self.read_golden(manifest, manifest["golden"]["input"])
        for number, (network, member) in enumerate(zip(networks, manifest["members"])):
            script = self.load(number)
            with torch.no_grad():
                for batch in (torch.rand(2, 1, 32, 48, generator=generator), image[None, None]):
                    expected = probability(network(batch))
                    actual = torch.sigmoid(script(batch))
                    self.assertEqual(actual.shape, batch.shape)
                    self.assertLess(float((actual - expected).abs().max()), TOLERANCE)
            golden = self.read_golden(manifest, member["golden_output"])
            self.assertLess(float((golden - expected[0, 0]).abs().max()), TOLERANCE)
            with open(os.path.join(self.output, member["script"]["file"]), "rb") as file:
                sha256 = hashlib.sha256(file.read()).hexdigest()
            self.assertEqual(sha256, member["script"]["sha256"])
