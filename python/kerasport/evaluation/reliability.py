"""Are the probabilities what they say? Confidence against accuracy.

Method and names after Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks",
ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import DataError

__all__ = [
    "Reliability",
    "check_answers",
    "expected_calibration_error",
    "reliability",
    "reliability_of",
]

_BINS = 15
"""Number of bins of equal width, as in the paper."""


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy: the data of a reliability diagram.

    Bin m of M holds the pictures whose confidence, the probability of their best class, is above
    (m - 1) / M and at most m / M. Means of empty bins are 0.

    Attributes:
        counts: pictures per bin.
        confidence: mean confidence per bin, 0..1.
        accuracy: share of right answers per bin, 0..1.
    """

    counts: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]

    @property
    def error(self) -> float:
        """The expected calibration error, equation 3 of the paper, 0..1."""
        total = sum(self.counts)
        rows = zip(self.counts, self.confidence, self.accuracy, strict=True)
        return sum(n * abs(confidence - accuracy) for n, confidence, accuracy in rows) / total

    def to_dict(self) -> dict[str, Any]:
        """Return the bins for `report.json`."""
        return {
            "accuracy": list(self.accuracy),
            "confidence": list(self.confidence),
            "counts": list(self.counts),
        }


def reliability(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64], bins: int = _BINS
) -> Reliability:
    """Return the data of a reliability diagram.

    Args:
        probabilities: float `[n, classes]`, n at least 1.
        truth: index of the true class, int `[n]`.
        bins: number of bins of equal width.

    Raises:
        DataError: there are no pictures, or the shapes do not belong together.
    """
    check_answers(probabilities, truth)
    return reliability_of(
        probabilities.max(axis=1), probabilities.argmax(axis=1) == truth, bins=bins
    )


def reliability_of(
    confidence: NDArray[Any], right: NDArray[np.bool_], bins: int = _BINS
) -> Reliability:
    """Return the data of a reliability diagram from what matters of the answers.

    Args:
        confidence: probability of the best class, float `[n]`, n at least 1.
        right: whether it is the true one, bool `[n]`.
        bins: number of bins of equal width.
    """
    confidence = confidence.astype(np.float64)
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    held = np.maximum(counts, 1)
    return Reliability(
        counts=tuple(counts.tolist()),
        confidence=tuple((np.bincount(place, confidence, bins) / held).tolist()),
        accuracy=tuple((np.bincount(place, right.astype(np.float64), bins) / held).tolist()),
    )


def expected_calibration_error(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64], bins: int = _BINS
) -> float:
    """Return the mean distance between confidence and accuracy, 0..1; 0 is perfect.

    The expected calibration error of Guo et al. 2017, equation 3: the sum over all bins of
    n_m / n * |accuracy_m - confidence_m|. For the arguments and errors see `reliability`.
    """
    return reliability(probabilities, truth, bins).error


def check_answers(answers: NDArray[Any], truth: NDArray[Any]) -> None:
    """Raise unless the answers belong to the truth.

    Args:
        answers: probabilities or logits, float `[n, classes]`, n at least 1.
        truth: index of the true class, int `[n]`.

    Raises:
        DataError: there are no pictures, or the shapes do not belong together.
    """
    if answers.ndim != 2 or len(answers) != len(truth) or len(truth) == 0:
        raise DataError(
            f"Answers of shape {answers.shape} for {len(truth)} picture(s) say nothing about "
            "calibration. Expected [pictures, classes] and at least one picture."
        )
