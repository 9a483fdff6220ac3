"""What is kept of answers: a few numbers per picture, however many classes there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import Pixels, part_of

__all__ = ["Answers", "ask", "in_blocks", "summarize"]

_BLOCK_VALUES = 1 << 22
"""Probabilities that are worked on at a time: 16 MiB in float32."""


@dataclass(frozen=True)
class Answers:
    """The answers to some pictures, in their order.

    Attributes:
        predicted: index of the most probable class, int64 `[n]`.
        confidence: its probability, float32 `[n]`.
        rank: how many classes come before the true one, int64 `[n]`; of equally probable ones the
            earlier class comes first.
    """

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    rank: NDArray[np.int64]


def summarize(batches: Iterable[NDArray[np.float32]], truth: NDArray[np.int64]) -> Answers:
    """Return what is kept of the answers; each batch is let go before the next is asked for.

    Args:
        batches: probabilities, float32 `[batch, classes]`, in the order of the pictures.
        truth: index of the true class, int64 `[n]`.
    """
    predicted: list[NDArray[Any]] = [np.empty(0, np.int64)]
    confidence: list[NDArray[Any]] = [np.empty(0, np.float32)]
    rank: list[NDArray[Any]] = [np.empty(0, np.int64)]
    start = 0
    for batch in batches:
        right = truth[start : start + len(batch), None]
        start += len(batch)
        own = np.take_along_axis(batch, right, axis=1)
        earlier = np.arange(batch.shape[1]) < right
        rank.append(((batch > own) | ((batch == own) & earlier)).sum(axis=1))
        predicted.append(batch.argmax(axis=1))
        confidence.append(batch.max(axis=1))
    return Answers(
        np.concatenate(predicted).astype(np.int64),
        np.concatenate(confidence).astype(np.float32),
        np.concatenate(rank).astype(np.int64),
    )


def ask(
    model: models.KerasModel, pixels: Pixels, *, batch_size: int = models.PREDICTION_BATCH
) -> Iterator[NDArray[np.float32]]:
    """Yield the model's probabilities in pieces of some MiB, float32 `[piece, classes]`.

    Args:
        model: see `kerasport.models.probabilities`.
        pixels: uint8 `[n, height, width, channels]`.
        batch_size: pictures per step.
    """
    # Whole batches, so that each picture is computed beside the same ones as in one go.
    rows = batch_size * max(1, _BLOCK_VALUES // int(model.output_shape[-1]) // batch_size)
    for start in range(0, len(pixels), rows):
        part = part_of(pixels, slice(start, start + rows))
        yield models.probabilities(model, part, batch_size=batch_size)


def in_blocks(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the rows of `[n, classes]` in pieces of some MiB, as views."""
    rows = max(1, _BLOCK_VALUES // max(1, array.shape[1]))
    for start in range(0, len(array), rows):
        yield array[start : start + rows]
