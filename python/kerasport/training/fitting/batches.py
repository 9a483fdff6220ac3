"""Batches for Keras: float32 of one batch at a time, in an order that seed and epoch decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import Pixels

__all__ = ["Inputs", "batches"]

Inputs: TypeAlias = "Pixels | NDArray[np.float32]"
"""Pictures, or the features of pictures: one row each, in memory or on disk."""


def batches(
    views: Sequence[Inputs],
    labels: NDArray[np.int64],
    *,
    batch_size: int,
    seed: int | None = None,
    first_epoch: int = 0,
    one_hot: int | None = None,
) -> Any:
    """Return the data as a `PyDataset`, in a new order in each epoch where a seed is given.

    Only one batch at a time is turned into float32, so the data may be mapped from disk.

    Args:
        views: the data; with more than one, the epochs take them in turn.
        labels: class of each row, int64 `[n]`.
        batch_size: rows per step; the last batch may be smaller.
        seed: with the number of the epoch, decides the order; None keeps the order of the data.
        first_epoch: number of the epoch that comes first, for a training that goes on.
        one_hot: number of classes, to give labels as float32 `[n, classes]`.
    """

    base: Any = models.import_keras().utils.PyDataset

    class Batches(base):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self._epoch = first_epoch
            self._start()

        def _start(self) -> None:
            self._rows = views[self._epoch % len(views)]
            self._order = np.arange(len(labels))
            if seed is not None:
                np.random.default_rng([seed, self._epoch]).shuffle(self._order)

        def __len__(self) -> int:
            return math.ceil(len(labels) / batch_size)

        def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[Any]]:
            chosen = self._order[index * batch_size : (index + 1) * batch_size]
            truth: NDArray[Any] = labels[chosen]
            if one_hot is not None:
                truth = _one_hot(truth, one_hot)
            return self._rows[chosen].astype(np.float32), truth

        def on_epoch_end(self) -> None:
            self._epoch += 1
            self._start()

    return Batches()


def _one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1.0
    return rows
