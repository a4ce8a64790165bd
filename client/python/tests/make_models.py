#!/usr/bin/env python3
"""make_models.py FOLDER: makes files in AtomAI's layout and converts them, each to a model folder
of its own in FOLDER, for the test that serves them. Exit code 77: PyTorch is missing."""

import os
import sys

try:
    import numpy  # noqa: F401
    import torch
except ImportError as error:
    print(f"SKIPPED: {error}; install the Debian packages python3-torch and python3-numpy")
    sys.exit(77)

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from atomai_network import make_network, meta_dictionary, trained_optimizer  # noqa: E402
from atomstream import convert_atomai  # noqa: E402


def main(folder):
    torch.set_num_threads(1)
    for name, members, scale, options in (
        ("single", 1, 6, {"nb_filters": 16}),
        ("ensemble", 3, 14.5, {"with_dilation": True, "dropout": True}),
        ("classes", 1, 3, {"nb_classes": 3, "upsampling": "nearest", "batch_norm": False}),
        ("coarse", 1, 100, {}),
    ):
        networks = [make_network(seed, **options) for seed in range(members)]
        weights = [network.state_dict() for network in networks]
        meta = meta_dictionary(dict(enumerate(weights)) if members > 1 else weights[0],
                               **{"nb_filters": 2, **options})  # fmt: skip
        meta["optimizer"] = trained_optimizer(networks[0])
        path = os.path.join(folder, name + ".tar")
        torch.save(meta, path)
        flags = [path, "--output", os.path.join(folder, name), f"--scale-px-per-d-nn={scale}"]
        if convert_atomai.main(flags) != 0:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
