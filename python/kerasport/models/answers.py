"""What a model's answers are, told by the answers: probabilities, or logits that become some.

The exporter finds the same out from the layers, in code of its own; a mistake on one side shows
where the two are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnswerKind", "as_probabilities", "kind_of_answers"]

AnswerKind = Literal["distribution", "independent", "logits"]
"""Probabilities that sum to 1; values of 0 to 1 each on its own; or logits.

A single `independent` value is the probability of the second of two classes.
"""

Ask = Callable[[NDArray[np.float32]], NDArray[Any]]
"""Takes float32 `[n, ...]` and returns what the model gives, `[n, ...]`."""

_SUM = 1e-3
"""How far the sum of probabilities may be from 1: that of a thousand in float16 is."""

_FAR = 1000.0
"""What pictures are multiplied by to drive logits out of 0 to 1, where probabilities stay."""

_ANY_SIDE = 64
"""Side of the pictures that a model for any size is asked about."""


def kind_of_answers(ask: Ask, shape: tuple[int | None, ...]) -> AnswerKind:
    """Return what a model's answers are, from its answers to made-up pictures.

    Args:
        ask: the model.
        shape: that of its input without the batch; None for a side of any length.
    """
    pictures = _pictures(tuple(_ANY_SIDE if side is None else side for side in shape))
    answers = _rows(ask(pictures))
    if answers.shape[1] > 1 and _in_range(answers) and _sums_to_one(answers):
        return "distribution"
    if _in_range(answers) and _in_range(_rows(ask(pictures * np.float32(_FAR)))):
        return "independent"
    return "logits"


def as_probabilities(answers: NDArray[Any], kind: AnswerKind) -> NDArray[Any]:
    """Return one probability per class, `[n, classes]`, for what a model gave, `[n, ...]`."""
    rows = answers.reshape(len(answers), -1)
    if rows.shape[1] == 1:
        if kind == "logits":
            zeros = np.zeros_like(rows)
            return _softmax(np.concatenate([zeros, rows], axis=-1))
        return np.concatenate([1 - rows, rows], axis=-1)
    return _softmax(rows) if kind == "logits" else rows


def _pictures(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return pictures of values from 0 to 255 and, for the far ones, of either sign."""
    generator = np.random.default_rng(11)
    noise = generator.uniform(0, 255, (4, *shape))
    dark = generator.uniform(0, 60, (2, *shape))
    flat = np.stack([np.zeros(shape), np.full(shape, 255.0), np.full(shape, -255.0)])
    pictures: NDArray[np.float32] = np.concatenate([noise, dark, flat]).astype(np.float32)
    return pictures


def _rows(answers: NDArray[Any]) -> NDArray[np.float64]:
    rows = np.asarray(answers, np.float64).reshape(len(answers), -1)
    # What overflows tells nothing.
    told: NDArray[np.float64] = rows[np.isfinite(rows).all(axis=1)]
    return told


def _in_range(rows: NDArray[np.float64]) -> bool:
    return bool((rows >= -_SUM).all() and (rows <= 1 + _SUM).all())


def _sums_to_one(rows: NDArray[np.float64]) -> bool:
    return bool((np.abs(rows.sum(axis=1) - 1) <= _SUM).all())


def _softmax(rows: NDArray[Any]) -> NDArray[Any]:
    exponents = np.exp(rows - rows.max(axis=-1, keepdims=True))
    result: NDArray[Any] = exponents / exponents.sum(axis=-1, keepdims=True)
    return result
