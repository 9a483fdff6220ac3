"""How far pictures are from their classes, in the space of the layer before the last.

The distance is Mahalanobis' with one covariance for all classes, as in Lee, Lee, Lee and Shin, "A
Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", NeurIPS
2018, https://arxiv.org/abs/1807.03888, equation 1. The covariance is shrunk by the share of Ledoit
and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
Multivariate Analysis 88, 2004: there may be fewer pictures than features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import missing_extra

__all__ = ["class_distances", "excess"]

_FEWEST = 20
# The standard deviation of a normal distribution, from its median absolute deviation.
_NORMAL = 1.4826


def class_distances(
    known: NDArray[np.float32],
    labels: NDArray[np.int64],
    asked: NDArray[np.float32],
    *,
    classes: int,
) -> NDArray[np.float32]:
    """Return the distance of each asked picture from each class, float32 `[n, classes]`.

    A class without known pictures is infinitely far.

    Args:
        known: features of the pictures that a model was trained with, float32 `[m, features]`.
        labels: their classes, int64 `[m]`.
        asked: features of other pictures, float32 `[n, features]`.
        classes: how many there are.

    Raises:
        KerasportError: scikit-learn is missing.
    """
    try:
        from sklearn.covariance import ledoit_wolf
    except ModuleNotFoundError:
        raise missing_extra("train", "Measuring distances between pictures") from None
    known64, asked64 = known.astype(np.float64), asked.astype(np.float64)
    there = [label for label in range(classes) if (labels == label).any()]
    means = {label: known64[labels == label].mean(axis=0) for label in there}
    centered = known64 - np.stack([means[label] for label in labels.tolist()])
    # Features that never change, as of a dead unit, say nothing and have no scale.
    varying = centered.std(axis=0) > 0
    if not varying.any():
        return np.zeros((len(asked), classes), np.float32)
    covariance, _ = ledoit_wolf(centered[:, varying], assume_centered=True)
    factor = np.linalg.cholesky(np.linalg.inv(covariance))
    distances = np.full((len(asked), classes), np.inf, np.float32)
    for label in there:
        away = (asked64 - means[label])[:, varying] @ factor
        distances[:, label] = np.sqrt((away * away).sum(axis=1))
    return distances


def excess(distances: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return by how many deviations each distance is above what is usual, float32 `[n]`.

    Usual is the median of the pictures with the same label, or of all where these are few; the
    deviation is robust too (the median absolute one). Logarithms are compared: distances have a
    long tail upwards.

    Args:
        distances: of pictures that one model answered, float32 `[n]`, above 0.
        labels: the classes that they are compared within, int64 `[n]`.
    """
    logarithms = np.log(np.maximum(distances.astype(np.float64), 1e-12))
    result = np.zeros(len(distances), np.float64)
    for label in np.unique(labels):
        own = labels == label
        usual = logarithms[own & np.isfinite(logarithms)]
        if len(usual) < _FEWEST:
            usual = logarithms[np.isfinite(logarithms)]
        if len(usual) == 0:
            continue
        middle = np.median(usual)
        deviation = _NORMAL * np.median(np.abs(usual - middle))
        result[own] = (logarithms[own] - middle) / max(deviation, 1e-6)
    return np.minimum(result, 1e6).astype(np.float32)
