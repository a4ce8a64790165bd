"""Converted networks answer as AtomAI's do."""

import hashlib
import json
import os
import shutil

import numpy as np
import torch

from atomai_network import make_network, meta_dictionary, trained_optimizer
from converter_case import ConverterTest


class NetworksTest(ConverterTest):
    def check(self, probability=torch.sigmoid, flags=(), **options):
        network = make_network(**options)
        torch.save(meta_dictionary(network.state_dict(), **options), self.input)
        manifest, out = self.convert_well(*flags)
        self.assert_same_map(manifest, [network], probability)
        return manifest, out

    def test_writes_a_manifest_with_all_fields(self):
        manifest, _ = self.check(flags=["--threshold", "0.3", "--name", "mine", "--atom_area_px2=4.5"])
        self.assertEqual(manifest["format_version"], 1)
        self.assertEqual(manifest["name"], "mine")
        self.assertEqual(manifest["architecture"], "atomai-unet filters=2 layers=1,2,2,3")
        expected = {"scale_px_per_d_nn": 6, "size_multiple_px": 8, "normalisation": "min_max"}
        self.assertEqual(manifest["input"], expected)
        expected = {"kind": "logit", "threshold": 0.3, "atom_area_px2": 4.5}
        self.assertEqual(manifest["output"], expected)
        self.assertEqual(set(manifest), {"format_version", "name", "architecture", "input", "output",
                                         "golden", "members", "training", "validation"})  # fmt: skip
        self.assertLess(manifest["validation"][0]["max_difference"], 1e-4)
        with open(os.path.join(self.output, "manifest.json"), "rb") as file:
            line = hashlib.sha256(file.read()).hexdigest() + "  manifest.json\n"
        with open(os.path.join(self.output, "manifest.json.sha256"), encoding="utf-8") as file:
            self.assertEqual(file.read(), line)

    def test_golden_input_is_a_lattice_of_the_stated_scale_within_zero_and_one(self):
        manifest, _ = self.check()
        image = self.read_golden(manifest, manifest["golden"]["input"])
        self.assertEqual((float(image.min()), float(image.max())), (0, 1))
        # The maximum of the autocorrelation between its centre and the second neighbours.
        spectrum = torch.fft.fft2(image - image.mean())
        correlation = torch.fft.ifft2(spectrum.abs() ** 2).real
        best = max((float(correlation[y, x]), (x * x + y * y) ** 0.5)
                   for y in range(10) for x in range(10) if 9 < x * x + y * y < 81)  # fmt: skip
        self.assertLess(abs(best[1] - 6), 0.75)  # Whole pixels: at most half a diagonal off.

    def test_name_and_members_default_to_the_folder_and_one(self):
        manifest, _ = self.check()
        self.assertEqual(manifest["name"], "model")

    def test_converts_without_batch_norm(self):
        manifest, _ = self.check(batch_norm=False)
        self.assertIn("batch_norm=off", manifest["architecture"])

    def test_converts_dilation(self):
        manifest, _ = self.check(with_dilation=True)
        self.assertIn("dilation=on", manifest["architecture"])

    def test_converts_dilation_without_batch_norm(self):
        self.check(with_dilation=True, batch_norm=False)

    def test_dropout_shifts_the_names_but_does_nothing(self):
        self.check(dropout=True)

    def test_a_dropout_in_a_dilated_block_counts_its_input_twice(self):
        self.check(dropout=True, with_dilation=True)

    def test_converts_other_layers_and_filters(self):
        self.check(nb_filters=5, layers=(2, 1, 3, 2), with_dilation=True)

    def test_dilation_takes_the_last_of_five_layers_and_a_plain_bottleneck_the_fourth(self):
        self.check(layers=(1, 1, 1, 2, 3), with_dilation=True)
        shutil.rmtree(self.output)
        self.check(layers=(1, 1, 1, 2, 3), with_dilation=False)

    def test_reads_other_pickle_protocols(self):
        network = make_network()
        for protocol in (3, 4, 5):
            meta = meta_dictionary(network.state_dict())
            meta["optimizer"] = trained_optimizer(network)
            torch.save(meta, self.input, pickle_protocol=protocol)
            manifest, _ = self.convert_well("--force")
            self.assert_same_map(manifest, [network], torch.sigmoid)

    def test_converts_nearest_upsampling_and_says_what_is_ambiguous(self):
        _, out = self.check(upsampling="nearest")
        self.assertIn("--upsampling", out)

    def test_upsampling_can_be_stated(self):
        network = make_network(upsampling="bilinear")
        meta = meta_dictionary(network.state_dict(), upsampling="nearest")
        torch.save(meta, self.input)
        manifest, _ = self.convert_well("--upsampling", "bilinear")
        self.assert_same_map(manifest, [network], torch.sigmoid)

    def test_several_classes_are_all_atoms_but_the_last(self):
        manifest, _ = self.check(lambda x: 1 - torch.softmax(x, 1)[:, -1:], nb_classes=3)
        self.assertIn("classes=3 atoms=0-1", manifest["architecture"])

    def test_one_class_of_several_can_be_chosen(self):
        self.check(lambda x: torch.softmax(x, 1)[:, 1:2], ["--class-index", "1"], nb_classes=3)

    def test_keys_that_old_versions_lack_have_their_defaults(self):
        network = make_network(batch_norm=False, nb_filters=16)
        meta = meta_dictionary(network.state_dict())
        for key in ("batch_norm", "nb_filters", "layers", "with_dilation", "upsampling", "dropout"):
            del meta[key]
        meta["batchnorm"] = False  # The key's old name.
        torch.save(meta, self.input)
        manifest, _ = self.convert_well()
        self.assert_same_map(manifest, [network], torch.sigmoid)

    def test_converts_an_ensemble_in_the_order_of_its_numbers(self):
        networks = [make_network(seed) for seed in (1, 2, 3)]
        weights = {number: networks[number].state_dict() for number in (2, 0, 1)}
        meta = meta_dictionary(weights)
        meta["optimizer"] = None
        torch.save(meta, self.input)
        manifest, _ = self.convert_well()
        self.assert_same_map(manifest, networks, torch.sigmoid)

    def test_takes_the_first_members_of_an_ensemble(self):
        networks = [make_network(seed) for seed in range(17)]
        torch.save(meta_dictionary({i: n.state_dict() for i, n in enumerate(networks)}), self.input)
        self.assert_refused("17 members, more than 16", "--members")
        manifest, _ = self.convert_well("--members=2")
        self.assert_same_map(manifest, networks[:2], torch.sigmoid)

    def test_forgets_the_optimizer(self):
        for options in ({}, {"amsgrad": True}):
            with self.subTest(**options):
                network = make_network()
                meta = meta_dictionary(network.state_dict())
                meta["optimizer"] = trained_optimizer(network, **options)
                torch.save(meta, self.input)
                manifest, _ = self.convert_well("--force")
                self.assert_same_map(manifest, [network], torch.sigmoid)

    def test_reads_files_of_before_torch_1_6(self):
        network = make_network()
        meta = meta_dictionary(network.state_dict())
        meta["optimizer"] = trained_optimizer(network)
        torch.save(meta, self.input, _use_new_zipfile_serialization=False)
        manifest, _ = self.convert_well()
        self.assert_same_map(manifest, [network], torch.sigmoid)

    def test_reads_numpy_numbers_parameters_and_views(self):
        network = make_network()
        weights = network.state_dict(keep_vars=True)
        large = torch.zeros(7, 3)
        large[2:4, 1] = weights["c1.block.0.bias"].detach()
        weights["c1.block.0.bias"] = large[2:4, 1]
        weights["c1.block.0.weight"] = weights["c1.block.0.weight"].detach().double()
        meta = meta_dictionary(weights, nb_classes=np.int64(1))
        torch.save(meta, self.input)
        manifest, _ = self.convert_well()
        self.assert_same_map(manifest, [network], torch.sigmoid)

    def test_runs_in_bfloat16(self):
        manifest, _ = self.check()
        with torch.no_grad():
            batch = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(5))
            reduced = self.load()(batch.bfloat16())
            self.assertEqual(reduced.dtype, torch.bfloat16)
            difference = (torch.sigmoid(reduced.float()) - torch.sigmoid(self.load()(batch))).abs()
        self.assertLess(float(difference.max()), manifest["golden"]["tolerance"])
        self.assertGreater(float(difference.max()), 0)

    def test_is_reproducible(self):
        first, _ = self.check()
        second, _ = self.convert_well("--force")
        self.assertEqual(first, second)
