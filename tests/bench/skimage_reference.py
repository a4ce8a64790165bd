#!/usr/bin/env python3
"""What the same work costs in Python: called by `atomstream-bench speed`, prints one JSON object.

Needs numpy and scikit-image (Debian 12: python3-skimage 0.19.3). Two things are timed, each on an
array that atomstream-bench wrote and also works on itself, in this one thread:

blobs   skimage.feature.blob_log with the same parameters.

loop    the LoG* loop as one would write it over scikit-image: NSGA-II proposes (smallest sigma,
        largest sigma, threshold, overlap), blob_log finds atoms, QC and ER score them. The same
        rewards, expected number of atoms and closest distance as atomstream's, scales and
        thresholds within the same ranges; but scikit-image's overlap pruning, no preprocessing.
        `--evaluations` of these are timed, one population, in full, as they come. The front of
        `--hypervolume-evaluations` gives the hypervolume up to the reference point (1, 1).
"""

import argparse
import json
import statistics
import time

import numpy as np
import skimage
from skimage.feature import blob_log

LEVELS = 10


def rewards(blobs, expected, closest_px):
    """(QC, ER) of blob_log's rows (row, column, sigma)."""
    found = len(blobs)
    quality_count = abs(found - expected) / expected
    if found < 2:
        return quality_count, 0.0
    points = blobs[:, :2]
    # In slices, so that tens of thousands of blobs do not need a square of memory.
    close = 0
    for first in range(0, found, 512):
        part = points[first : first + 512]
        square = ((part[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
        square[np.arange(len(part)), first + np.arange(len(part))] = np.inf
        close += int((square.min(axis=1) < closest_px**2).sum())
    return quality_count, close / expected


class Loop:
    """Evaluates points of the unit cube and keeps each one's time and objectives."""

    def __init__(self, image, arguments):
        self.image = image
        self.arguments = arguments
        self.seconds = []
        self.objectives = []

    def evaluate(self, point):
        a = self.arguments
        low, high = sorted(point[:2])
        span = a.max_sigma - a.min_sigma
        threshold = a.min_threshold * (a.max_threshold / a.min_threshold) ** point[2]
        start = time.perf_counter()
        blobs = blob_log(
            self.image,
            min_sigma=a.min_sigma + span * low,
            max_sigma=a.min_sigma + span * high,
            num_sigma=LEVELS,
            threshold=threshold,
            overlap=point[3],
        )
        objectives = rewards(blobs, a.expected, a.closest)
        self.seconds.append(time.perf_counter() - start)
        self.objectives.append(objectives)
        return objectives


def dominates(a, b):
    return a[0] <= b[0] and a[1] <= b[1] and a != b


def ranks_and_crowding(objectives):
    count = len(objectives)
    rank = [-1] * count
    crowding = [0.0] * count
    left = set(range(count))
    level = 0
    while left:
        front = [i for i in left if not any(dominates(objectives[j], objectives[i]) for j in left)]
        for axis in (0, 1):
            front.sort(key=lambda i: objectives[i][axis])
            width = objectives[front[-1]][axis] - objectives[front[0]][axis] or 1.0
            crowding[front[0]] = crowding[front[-1]] = float("inf")
            for before, at, after in zip(front, front[1:], front[2:]):
                gap = objectives[after][axis] - objectives[before][axis]
                crowding[at] += gap / width
        for i in front:
            rank[i] = level
        left -= set(front)
        level += 1
    return rank, crowding


def offspring(parents, better, random):
    """Simulated binary crossover (eta 10) and polynomial mutation (eta 50) of tournament winners."""

    def winner():
        i, j = random.integers(len(parents), size=2)
        return parents[i] if better(i, j) else parents[j]

    a, b = winner(), winner()
    u = random.random(len(a))
    spread = np.where(u < 0.5, (2 * u) ** (1 / 11), (1 / (2 * (1 - u))) ** (1 / 11))
    crossed = random.random(len(a)) < 0.5 if random.random() < 0.95 else np.zeros(len(a), bool)
    child = np.where(crossed, 0.5 * ((1 + spread) * a + (1 - spread) * b), a)
    u = random.random(len(a))
    step = np.where(u < 0.5, (2 * u) ** (1 / 51) - 1, 1 - (2 * (1 - u)) ** (1 / 51))
    mutated = random.random(len(a)) < 1 / len(a)
    return np.clip(np.where(mutated, child + step, child), 0, 1)


def nsga2(loop, evaluations, population, seed):
    random = np.random.default_rng(seed)
    points = [random.random(4) for _ in range(min(population, evaluations))]
    objectives = [loop.evaluate(p) for p in points]
    while len(loop.objectives) < evaluations:
        rank, crowding = ranks_and_crowding(objectives)

        def better(i, j):
            return (rank[i], -crowding[i]) < (rank[j], -crowding[j])

        count = min(population, evaluations - len(loop.objectives))
        children = [offspring(points, better, random) for _ in range(count)]
        points += children
        objectives += [loop.evaluate(p) for p in children]
        rank, crowding = ranks_and_crowding(objectives)
        kept = sorted(range(len(points)), key=lambda i: (rank[i], -crowding[i]))[:population]
        points = [points[i] for i in kept]
        objectives = [objectives[i] for i in kept]


def hypervolume(objectives):
    """Area that dominates the reference point (1, 1)."""
    area, ceiling = 0.0, 1.0
    for first, second in sorted(objectives):
        if first < 1 and second < ceiling:
            area += (1 - first) * (ceiling - second)
            ceiling = second
    return area


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blobs", required=True, help="NPY for blob_log")
    parser.add_argument("--window", required=True, help="NPY for the loop")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--blob-min-sigma", type=float, required=True)
    parser.add_argument("--blob-max-sigma", type=float, required=True)
    parser.add_argument("--blob-threshold", type=float, required=True)
    parser.add_argument("--blob-overlap", type=float, required=True)
    parser.add_argument("--min-sigma", type=float, required=True)
    parser.add_argument("--max-sigma", type=float, required=True)
    parser.add_argument("--min-threshold", type=float, required=True)
    parser.add_argument("--max-threshold", type=float, required=True)
    parser.add_argument("--expected", type=float, required=True)
    parser.add_argument("--closest", type=float, required=True, help="px; nearer atoms are errors")
    parser.add_argument("--evaluations", type=int, default=20)
    parser.add_argument("--hypervolume-evaluations", type=int, default=60)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    image = np.load(arguments.blobs)
    seconds = []
    for _ in range(arguments.repeats):
        start = time.perf_counter()
        blobs = blob_log(
            image,
            min_sigma=arguments.blob_min_sigma,
            max_sigma=arguments.blob_max_sigma,
            num_sigma=LEVELS,
            threshold=arguments.blob_threshold,
            overlap=arguments.blob_overlap,
        )
        seconds.append(time.perf_counter() - start)

    loop = Loop(np.load(arguments.window), arguments)
    total = max(arguments.evaluations, arguments.hypervolume_evaluations)
    nsga2(loop, total, arguments.population, arguments.seed)
    timed = loop.seconds[: arguments.evaluations]
    print(
        json.dumps(
            {
                "skimage": skimage.__version__,
                "blob_log_ms": 1e3 * statistics.median(seconds),
                "blob_log_count": len(blobs),
                "evaluations": len(timed),
                "evaluation_mean_ms": 1e3 * statistics.fmean(timed),
                "evaluation_median_ms": 1e3 * statistics.median(timed),
                "hypervolume": hypervolume(loop.objectives[: arguments.hypervolume_evaluations]),
            }
        )
    )


if __name__ == "__main__":
    main()
