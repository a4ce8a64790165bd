#!/usr/bin/env python3
"""What clustering costs in Python: called by `atomstream-bench structure`, prints one JSON object.

Needs numpy and scikit-learn (Debian 12: python3-sklearn 1.2.1). On descriptors that atomstream-bench
wrote, one row an atom, in this one thread, processor time, best of `--repeats`:

fit     PCA and GaussianMixture from nothing, and the label of each row: what one does for each frame
        when no model is kept.
apply   the same models on the same rows again: transform, then the probability of each component.

The adjusted Rand index holds its labels against atomstream's.
"""

import argparse
import json
import time

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture


def best_ms(repeats, work):
    best, result = float("inf"), None
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        best = min(best, 1e3 * (time.process_time() - start))
    return best, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--descriptors", required=True, help="NPY, one row an atom")
    parser.add_argument("--labels", required=True, help="NPY, one row: atomstream's labels")
    parser.add_argument("--components", type=int, required=True)
    parser.add_argument("--clusters", type=int, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    data = np.load(arguments.descriptors)

    def fit():
        pca = PCA(arguments.components, random_state=arguments.seed)
        points = pca.fit_transform(data)
        mixture = GaussianMixture(arguments.clusters, random_state=arguments.seed).fit(points)
        return pca, mixture, mixture.predict(points)

    fit_ms, (pca, mixture, labels) = best_ms(arguments.repeats, fit)
    apply_ms, _ = best_ms(
        arguments.repeats, lambda: mixture.predict_proba(pca.transform(data)).argmax(axis=1)
    )
    ours = np.load(arguments.labels).ravel()
    print(
        json.dumps(
            {
                "sklearn": sklearn.__version__,
                "rows": int(data.shape[0]),
                "fit_ms": fit_ms,
                "apply_ms": apply_ms,
                "adjusted_rand_index": adjusted_rand_score(ours, labels),
            }
        )
    )


if __name__ == "__main__":
    main()
