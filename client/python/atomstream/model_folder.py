"""Writes a model folder of atomstream: manifest.json and its sha256, the golden input, and of each
member a TorchScript file and a golden output. docs/models.md describes it."""

import hashlib
import json
import math
import os
import shutil
import tempfile

import numpy as np
import torch

from .errors import ConvertError

MIN_SCALE, MAX_SCALE = 3.0, 100.0  # finer lattices than 3 px are beyond what pixels can show
# Of the scale squared: a disk that touches its neighbours.
MAX_ATOM_AREA = math.pi / 4
MAX_DIFFERENCE = 1e-4  # of probabilities
MAX_RELATIVE = 1e-3  # of logits
# Of the golden outputs, in whatever precision the daemon serves.
MIN_TOLERANCE, MAX_TOLERANCE = 0.05, 0.2


def golden_image(scale_px):
    """Float32 in [0, 1]: a turned triangular lattice, nearest neighbours scale_px apart."""
    # The sides of the daemon's tiles: then it serves exactly what is stored here.
    side = next(side for side in (128, 256, 512, 1024) if side >= min(14 * scale_px, 1024))
    y, x = np.mgrid[0:side, 0:side].astype(np.float64)
    angle = 0.2
    image = np.zeros((side, side))
    # Three plane waves, whose maxima are the lattice; the power makes them narrow spots.
    for turn in (0, math.pi / 3, 2 * math.pi / 3):
        wave = 4 * math.pi / (math.sqrt(3) * scale_px)
        image += np.cos(wave * (x * math.cos(angle + turn) + y * math.sin(angle + turn)))
    image = ((image + 1.5) / 4.5) ** 2
    image += np.random.RandomState(1).normal(0, 0.02, image.shape)
    image = (image - image.min()) / (image.max() - image.min())
    return image.astype(np.float32)


def check_member(path, reference, image):
    """Runs the written file. Returns its largest difference from the reference, as probabilities,
    in float32 and in bfloat16 (nan where torch cannot), and the reference's probabilities for
    `image`."""
    try:
        network = torch.jit.load(path, map_location="cpu").eval()
    except RuntimeError as error:
        raise ConvertError(f"{os.path.basename(path)} cannot be loaded again: {error}") from None
    golden = torch.from_numpy(image)[None, None]
    # Two images at once, not square: what the golden image cannot show.
    random = torch.rand(2, 1, 40, 24, generator=torch.Generator().manual_seed(1))
    worst = 0.0
    with torch.no_grad():
        for batch in (random, golden):
            expected, logit = reference(batch), network(batch)
            if logit.shape != batch.shape or logit.dtype != batch.dtype:
                raise ConvertError(f"the network returns {logit.dtype} {tuple(logit.shape)}")
            logit = logit.double()
            difference = float((torch.sigmoid(logit) - torch.sigmoid(expected)).abs().max())
            # Where all probabilities are 0 or 1 they hide what is wrong; logits do not.
            relative = float(((logit - expected) / expected.abs().clamp(min=1)).abs().max())
            worst = max(worst, difference)
            if not (difference <= MAX_DIFFERENCE and relative <= MAX_RELATIVE):  # Refuses NaN, too.
                raise ConvertError(
                    f"the converted network differs from the original by {difference:.2g} (of the "
                    f"logits {relative:.2g}), more than {MAX_DIFFERENCE:g} ({MAX_RELATIVE:g})"
                )
        expected = torch.sigmoid(expected)
        reduced = math.nan
        try:
            logit = network(golden.bfloat16()).double()
            reduced = float((torch.sigmoid(logit) - expected).abs().max())
        except RuntimeError:  # This torch, or this processor, has no such operator.
            pass
    return worst, reduced, expected[0, 0].float().numpy()


def tolerance_for(reduced):
    """Of the golden outputs, given the members' largest difference in bfloat16 (nan: unknown)."""
    if math.isnan(reduced):
        return MIN_TOLERANCE
    return min(max(MIN_TOLERANCE, round(1.5 * reduced, 3)), MAX_TOLERANCE)


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class ModelFolder:
    """A folder that appears as a whole or not at all: a context, in which `commit` makes it appear."""

    def __init__(self, path, replace):
        self._path = os.path.abspath(path)
        self._replace = replace
        if os.path.lexists(self._path):
            if not replace:
                raise ConvertError(f"{path}: exists; --force replaces it")
            # A slip of the pen must not delete somebody's home.
            known = os.path.isdir(self._path) and not os.path.islink(self._path)
            content = os.listdir(self._path) if known else []
            if not known or (content and "manifest.json" not in content):
                raise ConvertError(f"{path}: is no model folder; it is not replaced")
        try:
            parent = os.path.dirname(self._path)
            os.makedirs(parent, exist_ok=True)
            self._temporary = tempfile.mkdtemp(prefix=".convert-atomai-", dir=parent)
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(self._temporary, 0o777 & ~umask)
        except OSError as error:
            raise ConvertError(f"{path}: {error.strerror}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._temporary, ignore_errors=True)

    def path_of(self, name):
        return os.path.join(self._temporary, name)

    def entry(self, name):
        """How the manifest names one of the files."""
        return {"file": name, "sha256": _sha256(self.path_of(name))}

    def write_tensor(self, name, array):
        array.astype("<f4").tofile(self.path_of(name))

    def commit(self, manifest):
        text = json.dumps(manifest, indent=2, allow_nan=False) + "\n"
        with open(self.path_of("manifest.json"), "w", encoding="utf-8") as file:
            file.write(text)
        with open(self.path_of("manifest.json.sha256"), "w", encoding="utf-8") as file:
            file.write(f"{_sha256(self.path_of('manifest.json'))}  manifest.json\n")
        try:
            if self._replace and os.path.isdir(self._path):
                old = tempfile.mkdtemp(prefix=".convert-atomai-", dir=os.path.dirname(self._path))
                kept = os.path.join(old, "old")
                os.rename(self._path, kept)
                try:
                    os.rename(self._temporary, self._path)
                except OSError:
                    os.rename(kept, self._path)
                    raise
                finally:
                    shutil.rmtree(old, ignore_errors=True)
            else:
                os.rename(self._temporary, self._path)
        except OSError as error:
            raise ConvertError(f"{self._path}: {error.strerror}") from None
