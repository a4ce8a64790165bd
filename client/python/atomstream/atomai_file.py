"""What AtomAI's save_model() writes: a dictionary that describes the network, with its weights
under 'weights' and mostly the optimizer beside them. Read here as far as the built-in Unet goes."""

from dataclasses import dataclass

import torch

from .errors import ConvertError
from .pickle_machine import TensorRef
from .torch_file import TorchFile

OTHER_NETWORKS = ("dilnet", "SegResNet", "ResHedNet")
MAX_MEMBERS = 16  # that the daemon serves
MAX_PARAMETERS = 50_000_000


@dataclass(frozen=True)
class UnetSpec:
    """AtomAI's Unet. The defaults are AtomAI's own, for keys that a file lacks."""

    nb_classes: int
    nb_filters: int = 16
    layers: tuple = (1, 2, 2, 3)
    batch_norm: bool = True
    dropout: bool = False
    upsampling: str = "bilinear"
    with_dilation: bool = False

    def blocks(self):
        """(name, number of layers, input channels, output channels, has dropout) of each block."""
        f, n = self.nb_filters, self.layers
        bottleneck = n[-1] if self.with_dilation else n[3]
        return (
            ("c1", n[0], 1, f, False),
            ("c2", n[1], f, 2 * f, False),
            ("c3", n[2], 2 * f, 4 * f, self.dropout),
            ("bn", bottleneck, 4 * f, 8 * f, self.dropout),
            ("c4", n[2], 8 * f, 4 * f, self.dropout),
            ("c5", n[1], 4 * f, 2 * f, False),
            ("c6", n[0], 2 * f, f, False),
        )

    def layer_names(self, block, layers, dropout):
        """(prefix of the convolution, prefix of its batch norm or '') of each layer. They are
        numbered with the activations and dropouts that lie between them."""
        sequence = "atrous_module" if block == "bn" and self.with_dilation else "block"
        step = 2 + int(dropout) + int(self.batch_norm)
        for layer in range(layers):
            first = layer * step
            norm = f"{block}.{sequence}.{first + step - 1}" if self.batch_norm else ""
            yield f"{block}.{sequence}.{first}", norm

    def shapes(self):
        """The shape of every tensor that the network needs, by its name."""
        shapes = {}
        for block, layers, inputs, outputs, dropout in self.blocks():
            for convolution, norm in self.layer_names(block, layers, dropout):
                shapes[f"{convolution}.weight"] = (outputs, inputs, 3, 3)
                shapes[f"{convolution}.bias"] = (outputs,)
                inputs = outputs
                if norm:
                    for name in ("weight", "bias", "running_mean", "running_var"):
                        shapes[f"{norm}.{name}"] = (outputs,)
        for number, factor in ((1, 8), (2, 4), (3, 2)):
            channels = self.nb_filters * factor
            prefix = f"upsample_block{number}.conv"
            shapes[f"{prefix}.weight"] = (channels // 2, channels, 1, 1)
            shapes[f"{prefix}.bias"] = (channels // 2,)
        shapes["px.weight"] = (self.nb_classes, self.nb_filters, 1, 1)
        shapes["px.bias"] = (self.nb_classes,)
        return shapes

    def describe(self):
        parts = [
            f"atomai-unet filters={self.nb_filters} layers={','.join(map(str, self.layers))}",
            f"classes={self.nb_classes}" if self.nb_classes > 1 else "",
            "" if self.batch_norm else "batch_norm=off",
            "" if self.upsampling == "bilinear" else f"upsampling={self.upsampling}",
            "dilation=on" if self.with_dilation else "",
        ]
        return " ".join(part for part in parts if part)


def _integer(meta, key, low, high, default=None):
    value = meta.get(key, default)
    if type(value) is not int or not low <= value <= high:
        raise ConvertError(f"{key}: {value!r}, must be a whole number from {low} to {high}")
    return value


def _switch(meta, keys, default):
    for key in keys:
        if key in meta:
            if meta[key] not in (True, False):
                raise ConvertError(f"{key}: {meta[key]!r}, must be True or False")
            return bool(meta[key])
    return default


def _spec(meta, upsampling):
    if meta.get("model_type") != "seg":
        raise ConvertError(
            f"model_type: {meta.get('model_type')!r}; only segmentation networks of AtomAI ('seg') "
            "find atoms in images"
        )
    name = meta.get("model")
    if name != "Unet":
        known = " (of AtomAI, but not supported)" if name in OTHER_NETWORKS else ""
        raise ConvertError(f"model: {name!r}{known}; only 'Unet' can be converted")
    layers = meta.get("layers", [1, 2, 2, 3])
    if not isinstance(layers, (list, tuple)) or not 4 <= len(layers) <= 8:
        raise ConvertError(f"layers: {layers!r}, must be a list of 4 numbers")
    if not all(type(count) is int and 1 <= count <= 16 for count in layers):
        raise ConvertError(f"layers: {layers!r}, each must be a whole number from 1 to 16")
    spec = UnetSpec(
        nb_classes=_integer(meta, "nb_classes", 1, 64),
        nb_filters=_integer(meta, "nb_filters", 1, 256, 16),
        layers=tuple(layers),
        batch_norm=_switch(meta, ("batch_norm", "batchnorm"), True),
        dropout=_switch(meta, ("dropout",), False),
        upsampling=upsampling or meta.get("upsampling", "bilinear"),
        with_dilation=_switch(meta, ("with_dilation",), False),
    )
    if spec.upsampling not in ("bilinear", "nearest"):
        raise ConvertError(f"upsampling: {spec.upsampling!r}, must be 'bilinear' or 'nearest'")
    return spec


def _member_references(weights, count):
    """The first `count` (0: all); one dictionary of tensors a member."""
    if not isinstance(weights, dict) or not weights:
        raise ConvertError("weights: must be a dictionary of tensors, or one of these a member")
    if all(type(key) is int and isinstance(value, dict) for key, value in weights.items()):
        keys = sorted(weights)[: count or None]
        if len(keys) > MAX_MEMBERS:
            raise ConvertError(
                f"weights: {len(keys)} members, more than {MAX_MEMBERS}; --members takes the first"
            )
        return [weights[key] for key in keys]
    return [weights]


def _tensors(file, references, shapes):
    """Float32 tensors by name. All that is missing, unknown or of the wrong shape is listed."""
    faults = []
    for name in sorted(shapes):
        if name not in references:
            faults.append(f"{name} is missing")
    for name, reference in references.items():
        if isinstance(name, str) and name.endswith(".num_batches_tracked"):
            continue  # Counts training steps; plays no part in the result.
        if name not in shapes:
            faults.append(f"{name} is unexpected")
        elif not isinstance(reference, TensorRef):
            faults.append(f"{name} is no tensor")
        elif reference.shape != shapes[name]:
            faults.append(f"{name} has shape {reference.shape}, not {shapes[name]}")
    if faults:
        raise ConvertError("; ".join(faults))
    tensors = {}
    for name in shapes:
        try:
            tensor = file.tensor(references[name])
        except ConvertError as error:
            raise ConvertError(f"{name}: {error}") from None
        if not tensor.is_floating_point():
            raise ConvertError(f"{name}: has type {tensor.dtype}, must be of floating point")
        tensors[name] = tensor.to(torch.float32)
        if not bool(torch.isfinite(tensors[name]).all()):
            raise ConvertError(f"{name}: holds values that are not finite")
        if name.endswith(".running_var") and bool((tensors[name] < 0).any()):
            raise ConvertError(f"{name}: holds negative variances")
    return tensors


def load(path, upsampling=None, count=0):
    """(UnetSpec, [weights of each member]), of the first `count` members (0: of all). `upsampling`
    replaces what the file says."""
    with TorchFile(path) as file:
        meta = file.content
        if not isinstance(meta, dict):
            raise ConvertError("holds no dictionary with AtomAI's keys")
        required = ("model_type", "model", "nb_classes", "weights")
        missing = [key for key in required if key not in meta]
        if missing:
            raise ConvertError(
                f"lacks {', '.join(missing)}: not what AtomAI's save_model() writes"
            )
        spec = _spec(meta, upsampling)
        shapes = spec.shapes()
        parameters = sum(torch.Size(shape).numel() for shape in shapes.values())
        if parameters > MAX_PARAMETERS:
            raise ConvertError(f"{parameters} parameters, more than {MAX_PARAMETERS}")
        members = []
        references = _member_references(meta["weights"], count)
        for number, member in enumerate(references):
            try:
                members.append(_tensors(file, member, shapes))
            except ConvertError as error:
                place = f"weights of member {number}" if len(references) > 1 else "weights"
                raise ConvertError(f"{place}: {error}") from None
        return spec, members
