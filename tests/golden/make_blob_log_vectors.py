#!/usr/bin/python3
"""Writes the golden vectors of the LoG blob detector: what scikit-image 0.19's blob_log does.

Needs Debian 12's python3-skimage (0.19.3) and nothing else; the tests themselves do not need
Python. Images come from formulas and seeded generators, so a second run on the same kind of
processor writes the same bytes:

    /usr/bin/python3 tests/golden/make_blob_log_vectors.py            # writes blob_log/*.txt
    /usr/bin/python3 tests/golden/make_blob_log_vectors.py --check    # compares, writes nothing

blob_log does not hand out the peaks it prunes, so they are made here along its own code path (the
cube of sigma-normalised LoG levels, then peak_local_max); pruning them with scikit-image's own
_prune_blobs must give blob_log's answer, or the script stops.

File format, whitespace separated, one file an image, '#' lines at the top only:

    image NAME WIDTH HEIGHT BASE64          float32 little-endian, row by row
    runs COUNT, then for each run
    run NAME
    params MIN_SIGMA_PX MAX_SIGMA_PX NUM_SIGMA THRESHOLD OVERLAP LOG_SCALE EXCLUDE_BORDER_PX
    sigmas COUNT SIGMA_PX...
    float32_differs COUNT                   peaks that scikit-image itself finds otherwise when
                                            the same image comes as float32
    candidates COUNT, then a line for each  in falling order of response, peaks or nearly so:
        ROW COLUMN LEVEL RESPONSE MARGIN IS_PEAK
    blobs COUNT, then a line for each       after pruning, in the order of blob_log
        ROW COLUMN SIGMA_PX

A candidate is a place of the cube that is a peak, or would be one if responses moved by less than
RESOLUTION * max|image|: MARGIN is its response minus the largest of its 26 neighbours (0 beyond
the cube, as in peak_local_max). A detector that computes in float32 may differ at candidates
whose margin, or whose distance to the threshold, is below that; nowhere else.
"""

import argparse
import base64
import pathlib
import sys

import numpy as np
import scipy.ndimage as ndi
import skimage
from skimage.feature import blob_log, peak_local_max
from skimage.feature.blob import _prune_blobs

# About eight units in the last place of float32, in units of the largest pixel: what the two
# passes of a separable filter can lose. Only decides which near misses are listed.
RESOLUTION = 2.0**-20


def gaussian_spots(height, width, spots):
    """Sum of spots (row, column, sigma_px, amplitude)."""
    rows, columns = np.mgrid[0:height, 0:width]
    image = np.zeros((height, width))
    for row, column, sigma, amplitude in spots:
        square = (rows - row) ** 2 + (columns - column) ** 2
        image += amplitude * np.exp(-square / (2 * sigma**2))
    return image


def honeycomb(height, width, d_nn, rotation, sigma, bright=None):
    """A graphene-like lattice of equal atoms, or with every `bright`-th one twice as bright."""
    a1 = d_nn * np.sqrt(3) * np.array([np.cos(rotation), np.sin(rotation)])
    a2 = d_nn * np.sqrt(3) * np.array([np.cos(rotation + np.pi / 3), np.sin(rotation + np.pi / 3)])
    basis = (a1 + a2) / 3
    spots = []
    reach = int(2 * max(height, width) / d_nn)
    for i in range(-reach, reach):
        for j in range(-reach, reach):
            for site in (np.zeros(2), basis):
                column, row = i * a1 + j * a2 + site
                if -5 < row < height + 5 and -5 < column < width + 5:
                    amplitude = 1.0 if bright and len(spots) % bright == 0 else 0.5
                    spots.append((row, column, sigma, amplitude))
    return gaussian_spots(height, width, spots)


def images():
    """Yields (name, image, runs); a run is (name, blob_log's keyword arguments)."""
    rng = np.random.default_rng

    def run(name, low, high, count, threshold, overlap=0.5, **more):
        return name, dict(min_sigma=low, max_sigma=high, num_sigma=count, threshold=threshold,
                          overlap=overlap, **more)

    noise = rng(1).normal(0.5, 0.15, (64, 64))
    yield "noise", noise, [
        run("low_sigma", 0.5, 2, 4, 0.1),
        run("textbook", 1, 5, 5, 0.05),
        run("worst_corner", 1, 4, 10, 0.001),
        run("large_sigma", 6, 20, 6, 0.005),
        run("exclude_border", 1, 5, 5, 0.05, exclude_border=7),
        run("high_threshold", 1, 5, 5, 5.0),
        run("overlap_chains", 1, 10, 10, 0.001, 0.1),
    ]
    yield "flat", np.full((24, 32), 0.5), [
        run("textbook", 1, 5, 5, 0.05),
        run("plateau", 1.5, 3.5, 3, 0.0),
        run("constant_cube", 1.5, 1.5, 1, 0.0),
    ]
    steps = np.zeros((48, 56))
    steps[:, 20:] = 0.5
    steps[30:, :] += 0.25
    steps[5:15, 35:50] = 1.0
    yield "steps", steps, [
        run("textbook", 1, 5, 5, 0.05),
        run("low_threshold", 1, 6, 6, 0.002, 0.8),
    ]
    pixels = np.zeros((40, 40))
    for row, column, value in [(5, 5, 1), (5, 30, 0.5), (20, 20, 0.8), (20, 22, 0.8), (33, 8, 0.3),
                               (34, 9, 0.9), (30, 30, 0.06), (0, 20, 1), (39, 39, 0.7)]:
        pixels[row, column] = value
    yield "one_pixel_spots", pixels, [
        run("textbook", 1, 5, 5, 0.02),
        run("low_sigma", 0.4, 1.6, 7, 0.02),
        run("log_scale", 0.5, 8, 5, 0.01, log_scale=True),
    ]
    lattice = honeycomb(72, 72, 7.1, 0.3, 2.0, bright=17)
    yield "lattice", lattice, [
        run("tuned", 1.7, 2.6, 4, 0.02),
        run("log_scale", 1, 6, 7, 0.01, log_scale=True),
        run("exclude_border", 1.5, 3, 4, 0.01, exclude_border=4),
        run("overlap_none", 1, 6, 6, 0.005, 0.0),
        run("overlap_all", 1, 6, 6, 0.005, 1.0),
        run("one_level", 2.2, 2.2, 1, 0.02),
    ]
    noisy = lattice + rng(2).normal(0, 0.2, lattice.shape)
    yield "noisy_lattice", noisy, [
        run("tuned", 1.7, 2.6, 4, 0.05),
        run("low_threshold", 1, 5, 10, 0.01, 0.3),
        run("high_threshold", 1, 5, 10, 0.5),
        run("high_overlap", 1, 5, 10, 0.05, 0.9),
    ]
    rows, columns = np.mgrid[0:40, 0:96]
    ramp = 0.6 * columns / 95 + 0.1 * np.sin(rows / 5.0)
    wide = ramp + gaussian_spots(40, 96, [(8, 10, 1.5, 0.5), (20, 30, 3, 0.4), (20, 30.5, 1, 0.4),
                                          (28, 60, 5, 0.5), (10, 75, 2, 0.3), (12, 79, 2, 0.35),
                                          (33, 90, 4, 0.6)])
    yield "rectangle_wide", wide, [
        run("nested", 1, 6, 11, 0.02),
        run("log_scale", 1, 9, 6, 0.02, 0.2, log_scale=True),
    ]
    yield "rectangle_tall", np.ascontiguousarray(wide.T[:, ::-1]), [
        run("nested", 1, 6, 11, 0.02),
        run("exclude_border", 1, 6, 6, 0.02, exclude_border=9),
    ]
    border = gaussian_spots(44, 44, [(0, 0, 2, 1), (0, 43, 1.5, 0.7), (43, 0, 3, 0.8),
                                     (43, 43, 2, 0.5), (0, 21, 2.5, 0.9), (22, 43, 2, 0.6),
                                     (1, 10, 1, 0.8), (41, 22, 2, 0.4), (20, -1, 2, 0.7),
                                     (22, 22, 3, 1)])
    yield "border", border, [
        run("textbook", 1, 5, 5, 0.05),
        run("exclude_one", 1, 5, 5, 0.05, exclude_border=1),
        run("larger_than_frame", 5, 30, 6, 0.01),
    ]
    # Symmetric and saturated, so that neighbouring pixels have equal responses.
    plateau = np.zeros((36, 36))
    plateau[4:6, 4:6] = 1
    plateau[4:8, 20:24] = 1
    plateau[18:30, 5:9] = 1
    plateau[20:21, 20:32] = 1
    plateau[28:32, 22:23] = 0.5
    yield "plateaus", plateau, [
        run("textbook", 1, 4, 4, 0.05),
        run("low_sigma", 0.6, 1.8, 4, 0.05),
        # The response of one peak of the run before, exactly: it is not above this threshold.
        run("threshold_tie", 1, 4, 4, ("peak", 9)),
    ]
    counts = np.round(4000 * lattice + rng(3).normal(0, 300, lattice.shape)) - 100
    yield "detector_counts", counts, [
        run("textbook", 1, 4, 4, 200),
        run("low_threshold", 1.5, 3, 6, 1, 0.4),
    ]


def cube_of(image, sigmas):
    """The sigma-normalised LoG levels, as blob_log stacks them."""
    return np.stack([-ndi.gaussian_laplace(image, s) * s**2 for s in sigmas], axis=-1)


def peaks_of(cube, threshold, border):
    return peak_local_max(cube, threshold_abs=threshold, threshold_rel=0.0,
                          exclude_border=(border, border, 0), footprint=np.ones((3, 3, 3)))


def candidates_of(cube, peaks, threshold, border, resolution):
    """Lines (row, column, level, response, margin, is_peak), brightest first."""
    footprint = np.ones((3, 3, 3), bool)
    footprint[1, 1, 1] = False
    margin = cube - ndi.maximum_filter(cube, footprint=footprint, mode="constant")
    near = (margin >= -resolution) & (cube > threshold - resolution)
    if border:
        inside = np.zeros_like(near)
        inside[border:-border, border:-border] = True
        near &= inside
    near[tuple(peaks.T)] = True
    found = {tuple(p) for p in peaks}
    places = sorted((tuple(p) for p in np.argwhere(near)), key=lambda p: (-cube[p], p))
    return [(*p, cube[p], margin[p], int(p in found)) for p in places]


def text_of(name, image, runs):
    """The golden file of one image."""
    image = image.astype(np.float32)
    raw = base64.b64encode(image.astype("<f4").tobytes()).decode()
    exact = image.astype(np.float64)
    resolution = RESOLUTION * np.abs(exact).max()
    lines = [f"# scikit-image {skimage.__version__} blob_log on float64; see the script beside.",
             f"image {name} {image.shape[1]} {image.shape[0]} {raw}", f"runs {len(runs)}"]
    for run_name, arguments in runs:
        arguments = dict(arguments)
        low, high = float(arguments["min_sigma"]), float(arguments["max_sigma"])
        count = arguments["num_sigma"]
        log_scale = arguments.get("log_scale", False)
        border = arguments.get("exclude_border", 0)
        sigmas = (np.logspace(np.log10(low), np.log10(high), count) if log_scale
                  else np.linspace(low, high, count))
        cube = cube_of(exact, sigmas)
        if isinstance(arguments["threshold"], tuple):
            brightest = peaks_of(cube, 0.05, border)[arguments["threshold"][1]]
            arguments["threshold"] = float(cube[tuple(brightest)])
        threshold = arguments["threshold"]
        peaks = peaks_of(cube, threshold, border)
        blobs = blob_log(exact, **arguments)
        if len(peaks):
            before = np.column_stack([peaks[:, :2].astype(float), sigmas[peaks[:, 2]]])
            if not np.array_equal(_prune_blobs(before, arguments["overlap"]), blobs):
                sys.exit(f"{name}/{run_name}: these peaks are not the ones that blob_log prunes")
        elif len(blobs):
            sys.exit(f"{name}/{run_name}: blobs without peaks")
        in_float32 = peaks_of(cube_of(image, sigmas.astype(np.float32)), threshold, border)
        differs = len({tuple(p) for p in peaks} ^ {tuple(p) for p in in_float32})
        candidates = candidates_of(cube, peaks, threshold, border, resolution)
        print(f"{name + '/' + run_name:36} {len(peaks):5} peaks {len(blobs):5} blobs "
              f"{len(candidates) - len(peaks):4} near misses, float32 differs at {differs}")
        lines += [
            f"run {run_name}",
            f"params {low!r} {high!r} {count} {threshold!r} {arguments['overlap']!r} "
            f"{int(log_scale)} {border}",
            f"sigmas {count} " + " ".join(repr(float(s)) for s in sigmas),
            f"float32_differs {differs}",
            f"candidates {len(candidates)}",
            *(f"{r} {c} {l} {v:.17g} {m:.4g} {p}" for r, c, l, v, m, p in candidates),
            f"blobs {len(blobs)}",
            *(f"{int(r)} {int(c)} {float(s)!r}" for r, c, s in blobs),
        ]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files, write none")
    arguments = parser.parse_args()
    if not skimage.__version__.startswith("0.19."):
        sys.exit(f"scikit-image 0.19 is wanted, this is {skimage.__version__}")
    folder = pathlib.Path(__file__).parent / "blob_log"
    folder.mkdir(exist_ok=True)
    stale = []
    for name, image, runs in images():
        text = text_of(name, image, runs)
        path = folder / f"{name}.txt"
        if arguments.check:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            path.write_text(text)
    if stale:
        sys.exit("differ from what is in the tree: " + ", ".join(stale))


if __name__ == "__main__":
    main()
