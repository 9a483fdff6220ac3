"""Which labels are probably wrong: confident learning on answers of models that had not seen them.

The method is that of Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in
Dataset Labels", Journal of Artificial Intelligence Research 70, 2021,
https://arxiv.org/abs/1911.00068, computed by its authors' library cleanlab.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import KerasportError, missing_extra

__all__ = ["Doubts", "doubts_about", "require_cleanlab"]


@dataclass(frozen=True)
class Doubts:
    """What confident learning finds.

    Attributes:
        doubted: whether a label is probably wrong, bool `[n]`.
        quality: how well it fits what was answered, 0 (not at all) to 1, float64 `[n]`.
    """

    doubted: NDArray[np.bool_]
    quality: NDArray[np.float64]


def require_cleanlab() -> None:
    """Raise where cleanlab is not installed, before hours of training.

    Raises:
        KerasportError: it is not.
    """
    try:
        import cleanlab.filter
        import cleanlab.rank  # noqa: F401  # what is needed of it
    except ModuleNotFoundError:
        raise _missing() from None


def doubts_about(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> Doubts:
    """Return which labels are doubted, and how well each fits.

    Args:
        labels: as they were given, int64 `[n]`.
        probabilities: of models that were not trained with the picture, float32 `[n, classes]`.

    Raises:
        KerasportError: cleanlab is missing.
    """
    require_cleanlab()
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    rows = probabilities.astype(np.float64)
    # Rounded to float32, they may sum to a little more or less than 1.
    rows /= rows.sum(axis=1, keepdims=True)
    doubted = np.asarray(
        # In this process: starting others costs more than it saves up to millions of pictures.
        find_label_issues(labels, rows, filter_by="prune_by_class", n_jobs=1),
        bool,
    )
    quality = np.asarray(
        get_label_quality_scores(labels, rows, method="self_confidence"), np.float64
    )
    return Doubts(doubted, quality)


def _missing() -> KerasportError:
    return missing_extra("review", "Finding labels that are probably wrong")
