#!/usr/bin/python3
"""Writes the golden vectors of the clustering: what scikit-learn 1.2's PCA and GaussianMixture do.

Needs Debian 12's python3-sklearn (1.2.1) and nothing else; the tests themselves do not need
Python. Data come from formulas and seeded generators:

    /usr/bin/python3 tests/golden/make_cluster_vectors.py            # writes cluster/*.txt
    /usr/bin/python3 tests/golden/make_cluster_vectors.py --check    # compares, writes nothing

Every data set is rounded to whole numbers in [0, 255], so that both sides read the very same
values. scikit-learn takes the best of many starts, so that the vectors show its best answer and
not the luck of one.

File format, whitespace separated, '#' lines at the top only:

    data NAME ROWS COLUMNS BASE64           uint8, row by row
    explained COUNT RATIO...                shares of variance of that many principal components
    mixture CLUSTERS MEAN_LOG_LIKELIHOOD    full covariances, on those components
    labels DIGITS                           of each row, one digit
    by_bic CLUSTERS                         the number in 1 … 6 with the least BIC
"""

import argparse
import base64
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

GRID = 9


def patch(step, atoms):
    """A GRID x GRID patch around (0, 0); atoms are (x, y, sigma, height) in d_NN."""
    at = (np.arange(GRID) - (GRID - 1) / 2) * step
    x, y = np.meshgrid(at, at)
    return sum(h * np.exp(-((x - ax) ** 2 + (y - ay) ** 2) / (2 * s**2)) for ax, ay, s, h in atoms)


def honeycomb_site(turned, centre, missing=None):
    angles = 0.2 + np.pi * turned + 2 * np.pi / 3 * np.arange(3)
    shell = [(np.cos(a), np.sin(a), 0.32, 0.4) for i, a in enumerate(angles) if i != missing]
    return patch(0.25, [(0, 0, 0.32, centre)] + shell)


def square_site(centre, other, missing=None):
    shell = [(np.cos(a), np.sin(a), 0.32, other)
             for i, a in enumerate(0.3 + np.pi / 2 * np.arange(4)) if i != missing]
    return patch(0.25, [(0, 0, 0.32, centre)] + shell)


def sets():
    """Yields (name, data, principal components, clusters)."""
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 6, (4, 6))
    yield "round", centres[rng.integers(0, 4, 500)] + rng.normal(0, 1, (500, 6)), 4, 4

    rng = np.random.default_rng(2)
    groups = []
    for size, angle, at in [(250, 0.3, (0, 0, 0)), (200, 1.3, (5, 4, 1)), (150, 2.2, (-5, 5, -1))]:
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0],
                         [0, 0, 1]])
        groups.append(rng.normal(0, (3, 0.5, 1), (size, 3)) @ turn.T + at)
    yield "stretched", np.concatenate(groups), 3, 3

    rng = np.random.default_rng(3)
    yield "rare", np.concatenate([rng.normal(-3, 1, (350, 4)), rng.normal(3, 1, (330, 4)),
                                  rng.normal(0, 0.7, (20, 4)) + (9, -9, 9, -9)]), 3, 3

    rng = np.random.default_rng(4)
    yield "unequal", np.concatenate([rng.normal(0, 3, (400, 5)), rng.normal(0, 0.4, (150, 5)) + 7,
                                     rng.normal(0, 1, (60, 5)) - 9]), 2, 3

    rng = np.random.default_rng(5)
    rows = [honeycomb_site(i % 2, 1.0 if i % 20 == 0 else 0.4) for i in range(700)]
    yield "graphene_si", np.array(rows).reshape(700, -1) + rng.normal(0, 0.12, (700, GRID**2)), 3, 3

    rng = np.random.default_rng(6)
    kinds = [(1.0, 0.5), (0.5, 1.0)]
    rows = [square_site(*kinds[i % 2]) for i in range(600)]
    yield "srtio3", np.array(rows).reshape(600, -1) + rng.normal(0, 0.15, (600, GRID**2)), 4, 2

    rng = np.random.default_rng(7)
    rows = [honeycomb_site(i % 2, 0.4, missing=(i // 2) % 3 if i % 9 == 0 else None)
            for i in range(720)]
    yield "vacancies", np.array(rows).reshape(720, -1) + rng.normal(0, 0.06, (720, GRID**2)), 4, 4


def mixture_of(points, clusters):
    return GaussianMixture(clusters, covariance_type="full", n_init=20, tol=1e-7, max_iter=2000,
                           random_state=0).fit(points)


def text_of(name, data, components, clusters):
    low, high = data.min(), data.max()
    data = np.round(255 * (data - low) / (high - low)).astype(np.uint8)
    pca = PCA(components, svd_solver="full").fit(data.astype(float))
    points = pca.transform(data.astype(float))
    mixture = mixture_of(points, clusters)
    labels = mixture.predict(points)
    bic = [mixture_of(points, k).bic(points) for k in range(1, 7)]
    by_bic = 1 + int(np.argmin(bic))
    print(f"{name:12} {data.shape} K {clusters}: sizes {np.bincount(labels)}, "
          f"log likelihood {mixture.score(points):.4f}, BIC chooses {by_bic} of "
          + " ".join(f"{b:.0f}" for b in bic))
    ratios = " ".join(f"{r:.6f}" for r in pca.explained_variance_ratio_)
    return "\n".join([
        f"# scikit-learn {sklearn.__version__} PCA and GaussianMixture; see the script beside.",
        f"data {name} {data.shape[0]} {data.shape[1]} {base64.b64encode(data.tobytes()).decode()}",
        f"explained {components} {ratios}",
        f"mixture {clusters} {mixture.score(points):.6f}",
        "labels " + "".join(str(label) for label in labels),
        f"by_bic {by_bic}",
    ]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files, write none")
    arguments = parser.parse_args()
    if not sklearn.__version__.startswith("1.2."):
        sys.exit(f"scikit-learn 1.2 is wanted, this is {sklearn.__version__}")
    folder = pathlib.Path(__file__).parent / "cluster"
    folder.mkdir(exist_ok=True)
    stale = []
    for name, data, components, clusters in sets():
        text = text_of(name, data, components, clusters)
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
