"""Class weights with which every class counts alike."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["balanced_weights"]


def balanced_weights(counts: Sequence[int]) -> list[float]:
    """Return what each picture of a class counts: n / (classes * pictures of the class).

    That is scikit-learn's `balanced`; the mean over the pictures is 1.

    Args:
        counts: pictures per class; a class without any counts as if it had one.
    """
    total = sum(counts)
    return [total / (len(counts) * max(count, 1)) for count in counts]
