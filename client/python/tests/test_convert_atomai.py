"""Converts networks saved in AtomAI's layout, compares what comes out with them in eager mode."""

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import tempfile
import unittest

import numpy as np
import torch

from atomai_network import make_network, meta_dictionary, trained_optimizer
from atomstream import convert_atomai

torch.set_num_threads(1)

# Float32 against float32 through a dozen layers; the converter's own bound is 1e-4.
TOLERANCE = 1e-5


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


class RefusalTest(ConverterTest):
    def save(self, change=lambda meta: None, **options):
        meta = meta_dictionary(make_network(**options).state_dict(), **options)
        change(meta)
        torch.save(meta, self.input)

    def test_executes_nothing_that_a_pickle_asks_for(self):
        marker = os.path.join(self.folder, "executed")

        class Attack:
            def __reduce__(self):
                return os.system, (f"touch {marker}",)

        for zipped in (True, False):
            with self.subTest(zipped=zipped):
                meta = meta_dictionary(make_network().state_dict())
                meta["optimizer"] = Attack()
                torch.save(meta, self.input, _use_new_zipfile_serialization=zipped)
                self.assert_refused("system", "is refused")
                self.assertFalse(os.path.exists(marker))
        torch.load(self.input)  # That the trap works.
        self.assertTrue(os.path.exists(marker))

    def test_executes_no_code_that_hides_behind_a_known_name(self):
        for name in ("torch.optim.os system", "torch.optim.adam eval", "torch os"):
            with self.subTest(name=name):
                marker = os.path.join(self.folder, "executed")
                pickle = f"c{name}\n(S'touch {marker}'\ntR.".encode()
                self.write_zip({"net/data.pkl": b"\x80\x02" + pickle})
                with contextlib.suppress(convert_atomai.ConvertError):
                    convert_atomai.atomai_file.load(self.input)
                self.assertFalse(os.path.exists(marker))

    def write_zip(self, entries, compression=0):
        import zipfile

        with zipfile.ZipFile(self.input, "w", compression) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return self.input

    def test_names_an_optimizer_of_another_library(self):
        class Optimizer:
            pass

        Optimizer.__module__, Optimizer.__qualname__ = "lion_optim", "Lion"
        import sys
        import types

        sys.modules["lion_optim"] = types.ModuleType("lion_optim")
        sys.modules["lion_optim"].Lion = Optimizer
        self.addCleanup(sys.modules.pop, "lion_optim")
        self.save(lambda meta: meta.update(optimizer=Optimizer()))
        self.assert_refused("lion_optim.Lion", "without its key 'optimizer'")

    def test_refuses_other_networks_by_name(self):
        for name in ("dilnet", "SegResNet", "ResHedNet", "Transformer"):
            with self.subTest(name=name):
                self.save(lambda meta: meta.update(model=name))
                self.assert_refused(f"model: '{name}'", "only 'Unet'")

    def test_refuses_other_kinds_of_model(self):
        self.save(lambda meta: meta.update(model_type="vae"))
        self.assert_refused("model_type: 'vae'")

    def test_refuses_a_custom_network(self):
        network = make_network()
        self.save(lambda meta: meta.update(model=network))
        self.assert_refused("atomai_network.AtomaiUnet", "is refused")

    def test_names_missing_keys(self):
        self.save(lambda meta: [meta.pop(key) for key in ("model", "weights")])
        self.assert_refused("lacks model, weights")

    def test_refuses_bare_weights(self):
        torch.save(make_network().state_dict(), self.input)
        self.assert_refused("lacks model_type, model, nb_classes, weights")

    def test_lists_all_that_is_wrong_with_the_weights(self):
        def spoil(meta):
            weights = meta["weights"]
            del weights["c1.block.0.bias"], weights["px.bias"]
            weights["c9.weight"] = torch.zeros(2)
            weights["c2.block.0.weight"] = torch.zeros(4, 2, 5, 5)
            weights["c2.block.0.bias"] = "text"

        self.save(spoil)
        self.assert_refused(
            "c1.block.0.bias is missing", "px.bias is missing", "c9.weight is unexpected",
            "c2.block.0.weight has shape (4, 2, 5, 5), not (4, 2, 3, 3)",
            "c2.block.0.bias is no tensor",
        )  # fmt: skip

    def test_names_the_member_with_wrong_weights(self):
        weights = {i: make_network(i).state_dict() for i in range(3)}
        del weights[1]["px.weight"]
        torch.save(meta_dictionary(weights), self.input)
        self.assert_refused("weights of member 1: px.weight is missing")

    def test_refuses_weights_of_a_network_with_other_options(self):
        network = make_network(with_dilation=True)
        torch.save(meta_dictionary(network.state_dict(), with_dilation=False), self.input)
        self.assert_refused("bn.block.0.weight is missing", "bn.atrous_module.0.weight is unexpected")

    def test_refuses_values_that_are_no_weights(self):
        for name, value, text in (
            ("px.bias", torch.tensor([float("nan")]), "not finite"),
            ("px.bias", torch.tensor([1]), "torch.int64"),
            ("c1.block.2.running_var", torch.tensor([1.0, -1.0]), "negative variances"),
        ):
            with self.subTest(name=name, text=text):
                self.save(lambda meta: meta["weights"].update({name: value}))
                self.assert_refused(f"weights: {name}: ", text)

    def test_names_the_key_with_a_bad_value(self):
        for key, value in (
            ("nb_classes", 0), ("nb_classes", "2"), ("nb_filters", 100000), ("nb_filters", True),
            ("layers", [1, 2, 2]), ("layers", [1, 2, 2, 400]), ("layers", "1223"),
            ("batch_norm", "yes"), ("upsampling", "bicubic"), ("weights", {}), ("weights", [1]),
        ):  # fmt: skip
            with self.subTest(key=key, value=value):
                self.save(lambda meta: meta.update({key: value}))
                self.assert_refused(f"{key}: ")

    def test_refuses_more_parameters_than_anybody_trains(self):
        self.save(lambda meta: meta.update(nb_filters=256))
        self.assert_refused("parameters, more than")

    def test_refuses_classes_that_the_network_lacks(self):
        self.save()
        self.assert_refused("--class-index: 1, but the network has one class", flags=["--class-index=1"])
        self.save(nb_classes=3)
        self.assert_refused("has classes 0 to 2", flags=["--class-index=3"])

    def test_refuses_files_that_torch_did_not_write(self):
        for data, text in (
            (b"", "not a file that torch.save() wrote"),
            (b"\x00" * 600, "not a file that torch.save() wrote"),
            (b"x" * 257 + b"ustar" + b"x" * 300, "is a tar archive"),
            (b"\x80\x02K\x01.", "not one that torch.save() wrote"),
            (b"\x80\x02]", "the pickle is broken"),
        ):
            with self.subTest(data=data[:8], text=text):
                with open(self.input, "wb") as file:
                    file.write(data)
                self.assert_refused(text)

    def test_refuses_archives_that_torch_did_not_write(self):
        self.write_zip({"net/other": b""})
        self.assert_refused("holds no data.pkl")
        self.write_zip({"net/data.pkl": b"\x80\x02}."}, compression=8)
        self.assert_refused("is compressed")
        torch.jit.save(torch.jit.script(torch.nn.ReLU()), self.input)
        self.assert_refused("is TorchScript already")

    def test_refuses_a_missing_file_and_a_folder(self):
        self.assert_refused("No such file")
        os.mkdir(self.input)
        self.assert_refused("directory")

    def test_refuses_tensors_that_reach_beyond_their_storage(self):
        self.save()
        import zipfile

        with zipfile.ZipFile(self.input) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        name = next(n for n in entries if n.endswith("/data/0"))  # Of c1.block.0.weight.
        self.write_zip({**entries, name: entries[name][:-4]})
        self.assert_refused("c1.block.0.weight", "68 bytes are stored where 72 should be")
        pickle = next(n for n in entries if n.endswith("data.pkl"))
        self.assertIn(b"K\x03K\x03t", entries[pickle])
        huge = entries[pickle].replace(b"(K\x02K\x01K\x03K\x03t", b"(K\x02K\x01K\x03K\xfft", 1)
        self.assertNotEqual(huge, entries[pickle])
        self.write_zip({**entries, pickle: huge})
        self.assert_refused("has shape (2, 1, 3, 255)")

    def test_refuses_every_truncation(self):
        for zipped in (True, False):
            meta = meta_dictionary(make_network().state_dict())
            torch.save(meta, self.input, _use_new_zipfile_serialization=zipped)
            with open(self.input, "rb") as file:
                whole = file.read()
            for part in range(40):
                with self.subTest(zipped=zipped, part=part):
                    with open(self.input, "wb") as file:
                        file.write(whole[: len(whole) * part // 40])
                    self.assert_refused()

    def test_survives_damage_with_a_reason_or_unharmed(self):
        dice = random.Random(1)
        refused = 0
        for zipped in (True, False):
            meta = meta_dictionary(make_network().state_dict())
            meta["optimizer"] = trained_optimizer(make_network())
            torch.save(meta, self.input, _use_new_zipfile_serialization=zipped)
            with open(self.input, "rb") as file:
                whole = bytearray(file.read())
            for _ in range(500):
                # Half of it in the pickle, where structure is.
                place = dice.randrange(len(whole) if dice.random() < 0.5 else len(whole) // 8)
                damaged = bytearray(whole)
                damaged[place] ^= 1 << dice.randrange(8)
                with open(self.input, "wb") as file:
                    file.write(damaged)
                try:
                    _, members = convert_atomai.atomai_file.load(self.input)
                    self.assertEqual(len(members), 1)
                except convert_atomai.ConvertError:
                    refused += 1
        self.assertGreater(refused, 500)

    def test_wrong_usage_ends_with_2(self):
        self.save()
        for flags, text in (
            (["--scale-px-per-d-nn=0"], "--scale-px-per-d-nn: 0"),
            (["--scale_px_per_d_nn=nan"], "--scale-px-per-d-nn: nan"),
            (["--threshold=1"], "--threshold: 1"),
            (["--threshold=0"], "--threshold: 0"),
            (["--class-index=-1"], "--class-index"),
            (["--atom-area-px2=-1"], "--atom-area-px2: -1"),
            (["--members=-1"], "--members: -1"),
            (["--name=../evil"], "--name: '../evil'"),
            (["--normalisation=none"], "--normalisation"),
            (["--unknown"], "--unknown"),
        ):
            with self.subTest(flags=flags):
                code, _, err = self.convert(*flags)
                self.assertEqual(code, 2)
                self.assertIn(text, err)


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


if __name__ == "__main__":
    unittest.main()
