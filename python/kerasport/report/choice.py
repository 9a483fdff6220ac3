"""Which test pictures are shown."""

from __future__ import annotations

import numpy as np

from kerasport.evaluation import Evaluation

__all__ = ["MISTAKES", "SAMPLE", "sample"]

SAMPLE = 24
"""Pictures in the grid of predictions."""

MISTAKES = 12
"""Most confident mistakes that are shown."""


def sample(evaluation: Evaluation) -> list[int]:
    """Return the indices of up to 24 test pictures, evenly over all of them."""
    count = min(SAMPLE, evaluation.pictures)
    return [int(index) for index in np.linspace(0, evaluation.pictures - 1, count).round()]
