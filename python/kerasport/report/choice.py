"""Which test pictures are shown, and which classes where there are many."""

from __future__ import annotations

import numpy as np

from kerasport.evaluation import ClassScore, Evaluation, LabelEvaluation, LabelScore

__all__ = ["DRAWN", "LISTED", "MISTAKES", "SAMPLE", "lowest_precision", "lowest_recall", "sample"]

DRAWN = 100
"""Most classes in one drawing; each is a row of it."""

LISTED = 1000
"""Most classes in one table."""

SAMPLE = 24
"""Pictures in the grid of predictions."""

MISTAKES = 12
"""Most confident mistakes that are shown."""


def sample(evaluation: Evaluation | LabelEvaluation) -> list[int]:
    """Return the indices of up to 24 test pictures, evenly over all of them."""
    count = min(SAMPLE, evaluation.pictures)
    return [int(index) for index in np.linspace(0, evaluation.pictures - 1, count).round()]


def lowest_recall(evaluation: Evaluation, count: int) -> list[ClassScore]:
    """Return all classes, or the `count` that are found least often, in the order of the names.

    Those without test pictures come last: nothing is known about them.
    """
    classes = evaluation.classes
    order = sorted(range(len(classes)), key=lambda i: (not classes[i].support, classes[i].recall))
    return [classes[index] for index in sorted(order[:count])]


def lowest_precision(evaluation: LabelEvaluation, count: int) -> list[LabelScore]:
    """Return all labels, or the `count` of the lowest average precision, in their order.

    Those that no test picture has come last: nothing is known about them.
    """
    labels = evaluation.labels
    order = sorted(
        range(len(labels)),
        key=lambda at: 2.0 if (found := labels[at].average_precision) is None else found,
    )
    return [labels[at] for at in sorted(order[:count])]
