"""AtomAI's Unet, twice: as a module for TorchScript, and as plain arithmetic on the weights, in
double precision, that the first is checked against. They share only the names of the tensors."""

from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.01  # of the leaky ReLU
EPSILON = 1e-5  # of the batch norm
SIZE_MULTIPLE = 8  # three poolings


class Convolution(nn.Module):
    """The weights take the input's type, so that the same file serves in reduced precision."""

    def __init__(self, inputs: int, outputs: int, size: int, dilation: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.padding = (size // 2) * dilation
        self.dilation = dilation

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
        return F.conv2d(x, weight, bias, 1, self.padding, self.dilation)


class Norm(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        # Statistics stay float32 whatever the input is: torch takes the two types together.
        mean, variance = self.running_mean, self.running_var
        return F.batch_norm(x, mean, variance, self.weight, self.bias, False, 0.0, 1e-5)


class Layer(nn.Module):
    """Convolution, leaky ReLU, then batch norm. `with_sum` returns also the sum of what each of
    these gave, which is what AtomAI's dilated block takes from its layers; there a dropout gives
    its input once more."""

    def __init__(self, inputs: int, outputs: int, dilation: int, batch_norm: bool, dropout: bool):
        super().__init__()
        self.convolution = Convolution(inputs, outputs, 3, dilation)
        self.norm = Norm(outputs) if batch_norm else nn.Identity()
        self.batch_norm = batch_norm
        self.convolution_share = 2.0 if dropout else 1.0

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.leaky_relu(self.convolution(x), 0.01))

    @torch.jit.export
    def with_sum(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        convolved = self.convolution(x)
        activated = F.leaky_relu(convolved, 0.01)
        total = convolved * self.convolution_share + activated
        if self.batch_norm:
            activated = self.norm(activated)
            total = total + activated
        return activated, total


class Block(nn.Module):
    def __init__(self, layers: List[Layer]):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class DilatedBlock(nn.Module):
    def __init__(self, layers: List[Layer]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        sums: List[Tensor] = []
        for layer in self.layers:
            x, part = layer.with_sum(x)
            sums.append(part)
        total = sums[0]
        for part in sums[1:]:
            total = total + part
        return total


class Upsample(nn.Module):
    def __init__(self, channels: int, mode: str):
        super().__init__()
        self.convolution = Convolution(channels, channels // 2, 1, 1)
        self.bilinear = mode == "bilinear"

    def forward(self, x: Tensor) -> Tensor:
        if self.bilinear:
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        else:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.convolution(x)


class Unet(nn.Module):
    """[batch, 1, height, width] -> the same shape: the logit of the chosen class's probability.

    `chosen`: channels that count as atoms, next to each other. The probability of theirs after
    softmax, as a logit, is what they weigh together against all others.
    """

    def __init__(self, spec, chosen):
        super().__init__()
        blocks = {}
        for name, layers, inputs, outputs, dropout in spec.blocks():
            dilated = name == "bn" and spec.with_dilation
            modules = []
            for i in range(layers):
                dilation = 2 * (i + 1) if dilated else 1
                modules.append(
                    Layer(outputs if i else inputs, outputs, dilation, spec.batch_norm, dropout)
                )
            blocks[name] = DilatedBlock(modules) if dilated else Block(modules)
        f = spec.nb_filters
        self.c1, self.c2, self.c3 = blocks["c1"], blocks["c2"], blocks["c3"]
        self.bn = blocks["bn"]
        self.upsample_block1 = Upsample(8 * f, spec.upsampling)
        self.c4 = blocks["c4"]
        self.upsample_block2 = Upsample(4 * f, spec.upsampling)
        self.c5 = blocks["c5"]
        self.upsample_block3 = Upsample(2 * f, spec.upsampling)
        self.c6 = blocks["c6"]
        self.px = Convolution(f, spec.nb_classes, 1, 1)
        self.one_class = spec.nb_classes == 1
        self.first, self.end = chosen[0], chosen[-1] + 1

    def forward(self, x: Tensor) -> Tensor:
        c1 = self.c1(x)
        c2 = self.c2(F.max_pool2d(c1, 2))
        c3 = self.c3(F.max_pool2d(c2, 2))
        x = self.bn(F.max_pool2d(c3, 2))
        x = self.c4(torch.cat([c3, self.upsample_block1(x)], 1))
        x = self.c5(torch.cat([c2, self.upsample_block2(x)], 1))
        x = self.c6(torch.cat([c1, self.upsample_block3(x)], 1))
        x = self.px(x)
        if self.one_class:
            return x
        wide = x.float()
        others = torch.cat([wide[:, : self.first], wide[:, self.end :]], 1)
        atoms = torch.logsumexp(wide[:, self.first : self.end], 1, True)
        return atoms - torch.logsumexp(others, 1, True)


def build(spec, weights, chosen):
    """The module with AtomAI's weights, ready for torch.jit.script."""
    module = Unet(spec, chosen)
    state = {}
    for block, layers, _, _, dropout in spec.blocks():
        names = spec.layer_names(block, layers, dropout)
        for number, (convolution, norm) in enumerate(names):
            layer = f"{block}.layers.{number}"
            for part in ("weight", "bias"):
                state[f"{layer}.convolution.{part}"] = weights[f"{convolution}.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var") if norm else ():
                state[f"{layer}.norm.{part}"] = weights[f"{norm}.{part}"]
    for number in (1, 2, 3):
        for part in ("weight", "bias"):
            name = f"upsample_block{number}"
            state[f"{name}.convolution.{part}"] = weights[f"{name}.conv.{part}"]
    state["px.weight"], state["px.bias"] = weights["px.weight"], weights["px.bias"]
    module.load_state_dict(state)
    return module.eval().requires_grad_(False)


def reference_logit(spec, weights, chosen, image):
    """The same from the definition, in double precision."""
    w = {name: tensor.double() for name, tensor in weights.items()}

    def normalise(x, name):
        mean, variance = w[f"{name}.running_mean"], w[f"{name}.running_var"]
        x = (x - mean[:, None, None]) / (variance[:, None, None] + EPSILON).sqrt()
        return x * w[f"{name}.weight"][:, None, None] + w[f"{name}.bias"][:, None, None]

    def block(x, name, layers, dropout):
        dilated = name == "bn" and spec.with_dilation
        outputs = []
        for i, (convolution, norm) in enumerate(spec.layer_names(name, layers, dropout)):
            reach = 2 * (i + 1) if dilated else 1
            x = F.conv2d(
                F.pad(x, (reach,) * 4),
                w[f"{convolution}.weight"],
                w[f"{convolution}.bias"],
                dilation=reach,
            )
            outputs.append(x)
            if dropout:
                outputs.append(x)
            x = torch.where(x > 0, x, SLOPE * x)
            outputs.append(x)
            if norm:
                x = normalise(x, norm)
                outputs.append(x)
        return torch.stack(outputs).sum(0) if dilated else x

    def pool(x):
        batch, channels, height, width = x.shape
        return x.reshape(batch, channels, height // 2, 2, width // 2, 2).amax((3, 5))

    def enlarge(x, number):
        x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
        if spec.upsampling == "bilinear":
            # Halfway between two pixels' centres lie two new ones, a quarter from either side.
            for axis, pad in ((2, (0, 0, 1, 1)), (3, (1, 1, 0, 0))):
                wide = F.pad(x, pad, mode="replicate")
                length = x.shape[axis]
                before, after = wide.narrow(axis, 0, length), wide.narrow(axis, 2, length)
                even = torch.arange(length) % 2 == 0
                even = even[:, None] if axis == 2 else even
                x = 0.75 * x + 0.25 * torch.where(even, before, after)
        name = f"upsample_block{number}.conv"
        kernel = w[f"{name}.weight"][:, :, 0, 0]
        return torch.einsum("oi,bihw->bohw", kernel, x) + w[f"{name}.bias"][:, None, None]

    described = {name: (layers, dropout) for name, layers, _, _, dropout in spec.blocks()}
    with torch.no_grad():
        c1 = block(image.double(), "c1", *described["c1"])
        c2 = block(pool(c1), "c2", *described["c2"])
        c3 = block(pool(c2), "c3", *described["c3"])
        x = block(pool(c3), "bn", *described["bn"])
        x = block(torch.cat([c3, enlarge(x, 1)], 1), "c4", *described["c4"])
        x = block(torch.cat([c2, enlarge(x, 2)], 1), "c5", *described["c5"])
        x = block(torch.cat([c1, enlarge(x, 3)], 1), "c6", *described["c6"])
        x = torch.einsum("oi,bihw->bohw", w["px.weight"][:, :, 0, 0], x)
        x = x + w["px.bias"][:, None, None]
        if spec.nb_classes == 1:
            return x
        shares = torch.softmax(x, 1)
        others = [c for c in range(spec.nb_classes) if c not in chosen]
        atoms = shares[:, list(chosen)].sum(1, keepdim=True)
        return (atoms / shares[:, others].sum(1, keepdim=True)).log()
