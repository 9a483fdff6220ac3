"""The confidence from which on an answer can be relied upon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.evaluation.reliability import check_answers

__all__ = ["choose_threshold"]

_SURE_PRECISION = 0.95
"""Share of the answers at or above the confidence threshold that has to be right."""

_LOWEST_THRESHOLD = 0.5
_FEWEST_ACCEPTED = 20


def choose_threshold(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    *,
    precision: float = _SURE_PRECISION,
) -> float | None:
    """Return the confidence from which on answers can be relied upon, 0.5..1.

    It is the lowest at which the share of right answers among those at least as confident is
    `precision` or more, and never below 0.5, where a calibrated answer is more often wrong than
    right. None where no 20 pictures reach it.

    Args:
        probabilities: calibrated, float32 `[n, classes]`.
        truth: index of the true class, int `[n]`.
        precision: share of right answers, 0..1.
    """
    check_answers(probabilities, truth)
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == truth)[order]
    accepted = np.arange(1, len(truth) + 1)
    # Equal confidences are accepted together: only the last of them can be the limit.
    ends = np.append(np.diff(confidence[order]) != 0, True)
    good = ends & (accepted >= _FEWEST_ACCEPTED) & (right.cumsum() / accepted >= precision)
    if not good.any():
        return None
    lowest = confidence[order][np.flatnonzero(good)[-1]]
    return max(_LOWEST_THRESHOLD, round(float(lowest), 4))
