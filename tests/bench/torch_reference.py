#!/usr/bin/env python3
"""What a network takes in PyTorch as a notebook runs it: called by `atomstream-bench speed`, prints
one JSON object.

Needs PyTorch and NumPy (Debian 12: python3-torch 1.13, python3-numpy). The first member of a model
folder, or a TorchScript file, is built again of torch.nn modules with the same weights; that both
give the same output is checked before anything is timed. Timed are, in eager mode, float32 and the
default memory layout:

ms            each of `--repeats` forward passes of one square image after a warm-up, without
              gradients
training_ms   each of `--training-repeats` steps (forward, binary cross entropy, backward, AdamW) on
              `--training-batch` crops of side `--training-size`, after one that is not counted
"""

import argparse
import json
import os
import statistics
import time

import torch
from torch import nn

MAX_DIFFERENCE = 1e-4  # of logits, relative above 1

# The names in the networks that atomstream-train and atomstream convert-atomai write: the blocks
# down, bottom and up; the 1x1 convolutions behind the upsampling; the last convolution; a layer's.
LAYOUTS = (
    (
        ("down1", "down2", "down3", "bottom", "up3", "up2", "up1"),
        ("widen3.convolution", "widen2.convolution", "widen1.convolution"),
        "output",
        "{block}.convolution{i}",
        "{block}.norm{i}",
    ),
    (
        ("c1", "c2", "c3", "bn", "c4", "c5", "c6"),
        tuple(f"upsample_block{i}.convolution" for i in (1, 2, 3)),
        "px",
        "{block}.layers.{i}.convolution",
        "{block}.layers.{i}.norm",
    ),
)


class Unet(nn.Module):
    def __init__(self, weights):
        super().__init__()
        layout = next((layout for layout in LAYOUTS if layout[2] + ".weight" in weights), None)
        if layout is None:
            raise SystemExit("torch_reference.py: the network's weights have unknown names")
        blocks, widens, last, convolution_name, norm_name = layout

        def take(module, name, parts=("weight", "bias")):
            state = {part: weights[f"{name}.{part}"] for part in parts}
            module.load_state_dict(state, strict=False)
            return module

        def convolution(name):
            outputs, inputs, size, _ = weights[f"{name}.weight"].shape
            return take(nn.Conv2d(inputs, outputs, size, padding=size // 2), name)

        def block(name):
            modules, i = [], 0
            while f"{convolution_name.format(block=name, i=i)}.weight" in weights:
                modules.append(convolution(convolution_name.format(block=name, i=i)))
                modules.append(nn.LeakyReLU(0.01))
                norm = norm_name.format(block=name, i=i)
                if f"{norm}.weight" in weights:
                    module = nn.BatchNorm2d(len(weights[f"{norm}.weight"]))
                    parts = ("weight", "bias", "running_mean", "running_var")
                    modules.append(take(module, norm, parts))
                i += 1
            return nn.Sequential(*modules)

        self.blocks = nn.ModuleList(block(name) for name in blocks)
        self.widens = nn.ModuleList(
            nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), convolution(name)
            )
            for name in widens
        )
        self.pool = nn.MaxPool2d(2)
        self.last = convolution(last)

    def forward(self, x):
        skipped = []
        for block in self.blocks[:3]:
            x = block(x)
            skipped.append(x)
            x = self.pool(x)
        x = self.blocks[3](x)
        for block, widen in zip(self.blocks[4:], self.widens):
            x = block(torch.cat([skipped.pop(), widen(x)], dim=1))
        return self.last(x)


def load(path):
    """The eager network, and the TorchScript that it was made of."""
    if os.path.isdir(path):
        with open(os.path.join(path, "manifest.json"), encoding="utf-8") as file:
            path = os.path.join(path, json.load(file)["members"][0]["script"]["file"])
    script = torch.jit.load(path, map_location="cpu").eval()
    return Unet(script.state_dict()).eval(), script


def check(network, script):
    image = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, actual = script(image), network(image)
    if actual.shape != expected.shape:
        raise SystemExit(f"torch_reference.py: returns {actual.shape}, not {expected.shape}")
    difference = float(((actual - expected) / expected.abs().clamp(min=1)).abs().max())
    if not difference <= MAX_DIFFERENCE:
        raise SystemExit(f"torch_reference.py: the network's output differs by {difference:.2g}")
    return difference


def milliseconds(work, repeats):
    """Of each repetition, after one that is not counted."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return times[1:]


def time_inference(network, size, repeats):
    image = torch.rand(1, 1, size, size, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        return milliseconds(lambda: network(image), repeats)


def time_training(network, batch, size, repeats):
    random = torch.Generator().manual_seed(3)
    images = torch.rand(batch, 1, size, size, generator=random)
    targets = (torch.rand(batch, 1, size, size, generator=random) > 0.9).float()
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)

    def step():
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(network(images), targets).backward()
        optimizer.step()

    return milliseconds(step, repeats)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="model folder or TorchScript file")
    parser.add_argument("--size", type=int, default=512, help="px, a multiple of 8")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--training-repeats", type=int, default=0)
    parser.add_argument("--training-batch", type=int, default=16)
    parser.add_argument("--training-size", type=int, default=128, help="px, a multiple of 8")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_num_interop_threads(1)

    network, script = load(arguments.model)
    report = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "size": arguments.size,
        "max_difference": check(network, script),
    }
    times = time_inference(network, arguments.size, arguments.repeats)
    report["ms"] = [round(t, 4) for t in times]
    report["median_ms"] = statistics.median(times)
    if arguments.training_repeats > 0:
        times = time_training(
            network, arguments.training_batch, arguments.training_size, arguments.training_repeats
        )
        report["training_batch"] = arguments.training_batch
        report["training_size"] = arguments.training_size
        report["training_ms"] = [round(t, 4) for t in times]
        report["training_median_ms"] = statistics.median(times)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
