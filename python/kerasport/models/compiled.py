"""A Keras model that answers batch after batch, as one compiled function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kerasport.models.answers import as_probabilities
from kerasport.models.backend import import_keras
from kerasport.models.loading import PREDICTION_BATCH, KerasModel, answer_kind

__all__ = ["compiled_answer"]


def compiled_answer(
    model: KerasModel,
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Return what gives the probabilities `[n, classes]` of uint8 pixels `[n, h, w, c]`.

    Every step takes `PREDICTION_BATCH` pictures, the last ones with black ones behind them: the
    function is compiled once, and what a picture gets depends on its place in the batch alone.
    """
    # XLA takes ten times as long for the convolutions of a processor; JAX has nothing else.
    model.jit_compile = import_keras().backend.backend() == "jax"

    def answer(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = [np.empty((0, max(2, int(model.output_shape[-1]))), np.float32)]
        for start in range(0, len(pixels), PREDICTION_BATCH):
            some = pixels[start : start + PREDICTION_BATCH]
            batch = np.zeros((PREDICTION_BATCH, *pixels.shape[1:]), np.float32)
            batch[: len(some)] = some
            values = np.asarray(model.predict_on_batch(batch)).astype(np.float32)[: len(some)]
            parts.append(as_probabilities(values, answer_kind(model, pixels.shape[1:])))
        return np.concatenate(parts)

    return answer
