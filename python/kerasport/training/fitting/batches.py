"""Batches for Keras: float32 of one batch at a time, in an order that seed and epoch decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import Pixels
from kerasport.training.processes import BatchPart

__all__ = ["Inputs", "batches"]

Inputs: TypeAlias = "Pixels | NDArray[np.float32]"
"""Pictures, or the features of pictures: one row each, in memory or on disk."""


def batches(
    views: Sequence[Inputs],
    labels: NDArray[Any],
    *,
    batch_size: int,
    seed: int | None = None,
    first_epoch: int = 0,
    one_hot: int | None = None,
    part: BatchPart | None = None,
) -> Any:
    """Return the data as a `PyDataset`, in a new order in each epoch where a seed is given.

    Only one batch at a time is turned into float32, so the data may be mapped from disk.

    With a part all batches are of one size, so that each device has as many rows as the others and
    nothing is compiled twice: the last one is filled up with the first rows of the order. Those
    count like all others where a seed is given, which is for training; else rows come with weights,
    0 for those and for the others what makes the mean over all batches that over all rows.

    Args:
        views: the data; with more than one, the epochs take them in turn.
        labels: class of each row, int64 `[n]`; or its labels, uint8 `[n, labels]`, which are given
            as float32.
        batch_size: rows per step; the last batch may be smaller.
        seed: with the number of the epoch, decides the order; None keeps the order of the data.
        first_epoch: number of the epoch that comes first, for a training that goes on.
        one_hot: number of classes, to give labels as float32 `[n, classes]`.
        part: which rows of each batch are given; their number divides by that of the parts.
    """
    steps = math.ceil(len(labels) / batch_size)
    weights = np.zeros(steps * batch_size, np.float32)
    weights[: len(labels)] = len(weights) / max(1, len(labels))

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
            if part is not None:
                self._order = np.resize(self._order, len(weights))

        def __len__(self) -> int:
            return steps

        def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
            span = slice(index * batch_size, (index + 1) * batch_size)
            chosen = self._order[span]
            if part is not None:
                chosen = part.of(chosen)
            truth: NDArray[Any] = labels[chosen]
            if truth.ndim == 2:
                truth = truth.astype(np.float32)
            elif one_hot is not None:
                truth = _one_hot(truth, one_hot)
            rows = self._rows[chosen].astype(np.float32)
            return (
                (rows, truth)
                if part is None or seed is not None
                else (rows, truth, part.of(weights[span]))
            )

        def on_epoch_end(self) -> None:
            self._epoch += 1
            self._start()

    return Batches()


def _one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1.0
    return rows
