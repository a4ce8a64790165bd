"""The model folder is written whole or not at all."""

import json
import os

import torch

from atomai_network import make_network, meta_dictionary
from atomstream import convert_atomai
from converter_case import ConverterTest


class OutputFolderTest(ConverterTest):
    def setUp(self):
        super().setUp()
        torch.save(meta_dictionary(make_network().state_dict()), self.input)

    def test_does_not_overwrite(self):
        self.convert_well()
        code, _, err = self.convert("--threshold=0.2")
        self.assertEqual(code, 1)
        self.assertIn("exists; --force", err)
        with open(os.path.join(self.output, "manifest.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["output"]["threshold"], 0.5)

    def test_force_replaces_a_model_folder_as_a_whole(self):
        self.convert_well()
        stale = os.path.join(self.output, "member-7.pt")
        with open(stale, "w", encoding="utf-8") as file:
            file.write("stale")
        manifest, _ = self.convert_well("--force", "--threshold=0.2")
        self.assertEqual(manifest["output"]["threshold"], 0.2)
        self.assertFalse(os.path.exists(stale))
        self.assertEqual(sorted(os.listdir(self.folder)), ["model", "net.tar"])

    def test_force_does_not_replace_anything_else(self):
        os.mkdir(self.output)
        with open(os.path.join(self.output, "thesis.tex"), "w", encoding="utf-8") as file:
            file.write("…")
        code, _, err = self.convert("--force")
        self.assertEqual(code, 1)
        self.assertIn("is no model folder", err)
        self.assertEqual(os.listdir(self.output), ["thesis.tex"])

    def test_a_failure_leaves_the_old_folder(self):
        manifest, _ = self.convert_well()
        with open(self.input, "wb") as file:
            file.write(b"broken")
        code, _, _ = self.convert("--force")
        self.assertEqual(code, 1)
        with open(os.path.join(self.output, "manifest.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), manifest)

    def test_a_network_that_differs_from_its_weights_is_not_written(self):
        original = convert_atomai.unet.build

        def wrong(spec, weights, chosen):
            weights = {**weights, "px.bias": weights["px.bias"] + 0.01}
            return original(spec, weights, chosen)

        convert_atomai.unet.build = wrong
        self.addCleanup(setattr, convert_atomai.unet, "build", original)
        self.assert_refused("differs from the original by")
