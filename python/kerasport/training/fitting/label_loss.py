"""The loss of pictures with several labels: a binary cross-entropy each, and rare ones weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.recipes import SettledRecipe

__all__ = ["LabelLoss"]

# Of a label on one picture in a hundred 99 would let each of them move the weights like a batch.
_LARGEST_WEIGHT = 10.0


@dataclass(frozen=True)
class LabelLoss:
    """How much a picture that has a label counts, per label; None where all count alike."""

    weights: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, labels: NDArray[np.uint8], recipe: SettledRecipe) -> LabelLoss:
        """Return the loss for training pictures, uint8 `[n, labels]`.

        With balanced class weights a picture with a label counts as many times as there are
        pictures without it for each one with it, but at most 10 times, and at least once.
        """
        if not recipe.class_weights:
            return cls()
        having = labels.sum(axis=0, dtype=np.int64)
        ratios = (len(labels) - having) / np.maximum(having, 1)
        return cls(np.clip(ratios, 1.0, _LARGEST_WEIGHT).astype(np.float32))

    def loss(self, smoothing: float) -> Any:
        """Return Keras' loss for sigmoids, with a part of each label spread over both answers."""
        keras = models.import_keras()
        plain = keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
        if self.weights is None:
            return plain
        weights, ops = self.weights, keras.ops

        def weighted(truth: Any, answers: Any) -> Any:
            soft = truth * (1.0 - smoothing) + 0.5 * smoothing
            losses = keras.losses.binary_crossentropy(soft[..., None], answers[..., None])
            return ops.mean(losses * (1.0 + truth * (weights - 1.0)), axis=-1)

        return weighted
