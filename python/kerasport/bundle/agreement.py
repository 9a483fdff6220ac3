"""Whether two answers say the same: the same best class or, of labels, the same ones held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.output import LabelsOutput

__all__ = ["same_answers"]


def same_answers(
    expected: NDArray[np.float32],
    received: NDArray[np.float32],
    labels: LabelsOutput | None,
    *,
    tolerance: float | None = None,
) -> NDArray[np.bool_]:
    """Tell for each picture whether two answers to it say the same, bool `[pictures]`.

    Args:
        expected: probabilities, float32 `[pictures, classes]`.
        received: the same of another program.
        labels: the output of a model of several labels; None where one class is chosen.
        tolerance: classes whose expected probabilities differ by no more are as good as each
            other, and a label whose expected probability is no further from its threshold may hold
            or not; None where nothing is as good as something else.
    """
    same: NDArray[np.bool_]
    if labels is not None:
        differs = labels.holding(expected) != labels.holding(received)
        if tolerance is not None:
            thresholds = np.asarray(labels.thresholds, np.float32)
            differs &= np.abs(expected - thresholds).astype(np.float64) > tolerance
        same = ~differs.any(axis=1)
        return same
    rows = np.arange(len(expected))
    first, second = expected.argmax(axis=1), received.argmax(axis=1)
    same = first == second
    if tolerance is not None:
        same |= (expected[rows, first] - expected[rows, second]).astype(np.float64) <= tolerance
    return same
