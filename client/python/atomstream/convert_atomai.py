"""atomstream convert-atomai: makes a model folder of a network that AtomAI saved."""

import argparse
import hashlib
import math
import os
import re
import sys

PROGRAM = "atomstream convert-atomai"

try:
    import numpy  # noqa: F401
    import torch
except ImportError as error:
    sys.exit(
        f"{PROGRAM}: {error}; install the Debian packages python3-torch and python3-numpy, "
        "or run it with a Python that has PyTorch and NumPy"
    )

from . import __version__, atomai_file, model_folder, unet
from .errors import ConvertError


def _arguments(argv):
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Converts a Unet that AtomAI saved (single or ensemble) to a model folder that "
        "atomstreamd serves. Nothing that the file holds is executed.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong usage.",
        allow_abbrev=False,
    )
    parser.add_argument("input", metavar="INPUT.tar", help="what AtomAI's save_model() wrote")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the model folder to make")
    parser.add_argument(
        "--scale-px-per-d-nn", required=True, type=float, metavar="X",
        help="pixels from an atom to its nearest neighbour in the images that the network was "
        "trained on; frames are rescaled to it",
    )  # fmt: skip
    parser.add_argument("--name", help="of the model; default: that of the folder")
    parser.add_argument(
        "--threshold", type=float, default=0.5, metavar="T",
        help="least confidence of an atom (default: %(default)s, as in AtomAI); 0: chosen frame by "
        "frame, which needs --atom-area-px2",
    )  # fmt: skip
    parser.add_argument(
        "--atom-area-px2", type=float, default=0, metavar="A",
        help="sum of the probabilities over one sure atom: the area of an atom in the masks that the "
        "network was trained with; default 0: unknown, a maximum's height is its confidence",
    )  # fmt: skip
    parser.add_argument(
        "--class-index", default="atoms", metavar="K",
        help="of a network of several classes: which channel, from 0, is an atom; default 'atoms': "
        "all but the last, which AtomAI takes for the background",
    )  # fmt: skip
    parser.add_argument(
        "--normalisation", choices=("min_max", "quantile"), default="min_max",
        help="how frames are scaled to [0, 1] (default: %(default)s, as AtomAI does)",
    )  # fmt: skip
    parser.add_argument(
        "--upsampling", choices=("bilinear", "nearest"),
        help="instead of what the file says: AtomAI 0.8 computes bilinearly even where it says "
        "nearest",
    )  # fmt: skip
    parser.add_argument(
        "--members", type=int, default=0, metavar="N", help="first N of an ensemble; default: all"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing model folder")
    # As everywhere in atomstream, - and _ in names are the same.
    argv = [
        argument.split("=", 1)[0].replace("_", "-") + argument[len(argument.split("=", 1)[0]) :]
        if argument.startswith("--")
        else argument
        for argument in argv
    ]
    arguments = parser.parse_args(argv)
    low, high = model_folder.MIN_SCALE, model_folder.MAX_SCALE
    if not low <= arguments.scale_px_per_d_nn <= high:
        value = arguments.scale_px_per_d_nn
        parser.error(f"--scale-px-per-d-nn: {value:g}, must be {low:g} to {high:g}")
    if not 0 <= arguments.threshold < 1 or (arguments.threshold == 0 == arguments.atom_area_px2):
        parser.error(
            f"--threshold: {arguments.threshold:g}, must be between 0 and 1 (0 only with "
            "--atom-area-px2)"
        )
    high = model_folder.MAX_ATOM_AREA * arguments.scale_px_per_d_nn**2
    if not 0 <= arguments.atom_area_px2 <= high:
        value = arguments.atom_area_px2
        parser.error(f"--atom-area-px2: {value:g}, must be 0 to {high:g}")
    if arguments.members < 0:
        parser.error(f"--members: {arguments.members}, must not be negative")
    if arguments.class_index != "atoms" and not re.fullmatch("[0-9]{1,3}", arguments.class_index):
        parser.error(f"--class-index: {arguments.class_index!r}, must be 'atoms' or a number")
    if arguments.name is None:
        folder = os.path.basename(os.path.abspath(arguments.output))
        arguments.name = re.sub("[^A-Za-z0-9._-]", "-", folder).lstrip("._-")[:64]
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", arguments.name):
        parser.error(
            f"--name: {arguments.name!r}, must be of letters, digits, '.', '_' and '-', begin with "
            "a letter or digit and have at most 64 of them"
        )
    return arguments


def _chosen_classes(text, count):
    """The channels that are atoms."""
    if count == 1:
        if text not in ("atoms", "0"):
            raise ConvertError(f"--class-index: {text}, but the network has one class")
        return [0]
    if text == "atoms":
        return list(range(count - 1))
    if int(text) >= count:
        raise ConvertError(f"--class-index: {text}, but the network has classes 0 to {count - 1}")
    return [int(text)]


def _sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def convert(arguments, say):
    spec, members = atomai_file.load(arguments.input, arguments.upsampling, arguments.members)
    chosen = _chosen_classes(arguments.class_index, spec.nb_classes)
    architecture = spec.describe()
    if spec.nb_classes > 1:
        architecture += f" atoms={chosen[0]}" + (f"-{chosen[-1]}" if len(chosen) > 1 else "")
    say(f"{arguments.input}: {architecture}, {len(members)} member{'s' * (len(members) > 1)}")
    if spec.upsampling == "nearest":
        say("note: AtomAI 0.8 computes this file's upsampling bilinearly, versions before as the "
            "file says; --upsampling chooses")  # fmt: skip
    scale = arguments.scale_px_per_d_nn
    image = model_folder.golden_image(scale)
    with model_folder.ModelFolder(arguments.output, arguments.force) as folder:
        folder.write_tensor("golden_input.f32", image)
        entries, differences, reduced = [], [], []
        for number, weights in enumerate(members):
            script, output = f"member-{number}.pt", f"golden_output-{number}.f32"
            module = torch.jit.script(unet.build(spec, weights, chosen))
            torch.jit.save(module, folder.path_of(script))

            def reference(batch, weights=weights):
                return unet.reference_logit(spec, weights, chosen, batch)

            difference, bfloat16, golden = model_folder.check_member(
                folder.path_of(script), reference, image
            )
            folder.write_tensor(output, golden)
            entries.append({"script": folder.entry(script), "golden_output": folder.entry(output)})
            differences.append(difference)
            reduced.append(bfloat16)
            say(f"member {number}: differs from the original by at most {difference:.1e}, "
                f"in bfloat16 by {bfloat16:.1e}")  # fmt: skip
        worst_reduced = max(reduced)
        tolerance = model_folder.tolerance_for(worst_reduced)
        if worst_reduced > tolerance:
            say("note: this network does not bear reduced precision: let the daemon serve it in "
                "float32")  # fmt: skip
        folder.commit(
            {
                "format_version": 1,
                "name": arguments.name,
                "architecture": architecture,
                "input": {
                    "scale_px_per_d_nn": scale,
                    "size_multiple_px": unet.SIZE_MULTIPLE,
                    "normalisation": arguments.normalisation,
                },
                "output": {
                    "kind": "logit",
                    "threshold": arguments.threshold,
                    "atom_area_px2": arguments.atom_area_px2,
                },
                "golden": {
                    "input": folder.entry("golden_input.f32"),
                    "width_px": image.shape[1],
                    "height_px": image.shape[0],
                    "tolerance": tolerance,
                },
                "members": entries,
                "training": {
                    "converted_from": "AtomAI",
                    "file": os.path.basename(arguments.input),
                    "file_sha256": _sha256_of(arguments.input),
                    "converter": f"atomstream {__version__}, torch {torch.__version__}",
                },
                "validation": [
                    {
                        "check": "TorchScript against the weights evaluated in double precision",
                        "member": number,
                        "max_difference": difference,
                        "max_difference_bfloat16": None if math.isnan(bfloat16) else bfloat16,
                    }
                    for number, (difference, bfloat16) in enumerate(zip(differences, reduced))
                ],
            }
        )
    say(f"wrote {arguments.output}")


def main(argv=None):
    arguments = _arguments(sys.argv[1:] if argv is None else argv)
    try:
        convert(arguments, print)
    except ConvertError as error:
        print(f"{PROGRAM}: {arguments.input}: {error}", file=sys.stderr)
        return 1
    except (OSError, MemoryError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
