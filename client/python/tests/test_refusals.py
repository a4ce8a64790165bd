"""Files that are no AtomAI Unet are refused, and nothing in them is executed."""

import contextlib
import os
import random
import struct
import tracemalloc

import torch

from atomai_network import make_network, meta_dictionary, trained_optimizer
from atomstream import convert_atomai
from converter_case import ConverterTest, save_alike


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

    def test_takes_no_memory_for_lengths_that_the_file_does_not_hold(self):
        lengths = {
            b"\x8d": "<Q", b"\x8e": "<Q", b"\x96": "<Q",  # unicode, bytes, bytearray
            b"X": "<I", b"B": "<I", b"\x8b": "<i",  # unicode, bytes, integer
        }  # fmt: skip
        for zipped in (True, False):
            for code, layout in lengths.items():
                with self.subTest(zipped=zipped, code=code):
                    most = struct.pack(layout, (1 << (8 * struct.calcsize(layout) - 1)) - 1)
                    pickle = b"\x80\x02" + code + most + b"text."
                    if zipped:
                        self.write_zip({"net/data.pkl": pickle})
                    else:
                        with open(self.input, "wb") as file:
                            file.write(pickle)
                    tracemalloc.start()
                    self.addCleanup(tracemalloc.stop)
                    with self.assertRaisesRegex(convert_atomai.ConvertError, "only 5 remain|not enough"):
                        convert_atomai.atomai_file.load(self.input)
                    self.assertLess(tracemalloc.get_traced_memory()[1], 1 << 20)
                    tracemalloc.stop()

    def test_refuses_to_encode_a_long_text(self):
        call = b"c_codecs\nencode\n(X" + struct.pack("<I", 2000) + b"a" * 2000 + b"X\x06\0\0\0latin1tR."
        self.write_zip({"net/data.pkl": b"\x80\x02" + call})
        self.assert_refused("encodes 2000 bytes, more than 1024")

    def test_survives_damage_with_a_reason_or_unharmed(self):
        dice = random.Random(1)
        refused = 0
        for zipped in (True, False):
            meta = meta_dictionary(make_network().state_dict())
            meta["optimizer"] = trained_optimizer(make_network())
            save_alike(meta, self.input, zipped)
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
            (["--atom-area-px2=28.3"], "--atom-area-px2: 28.3"),
            (["--members=-1"], "--members: -1"),
            (["--name=../evil"], "--name: '../evil'"),
            (["--normalisation=none"], "--normalisation"),
            (["--unknown"], "--unknown"),
        ):
            with self.subTest(flags=flags):
                code, _, err = self.convert(*flags)
                self.assertEqual(code, 2)
                self.assertIn(text, err)
