"""A Keras model that answers batch after batch, as one compiled function."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from kerasport.models.answers import as_probabilities
from kerasport.models.backend import import_keras
from kerasport.models.loading import PREDICTION_BATCH, KerasModel, answer_kind
from kerasport.models.watched import WatchedModel

__all__ = ["compiled_answer", "compiled_answers"]


def compiled_answer(
    model: KerasModel,
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Return what gives the probabilities `[n, classes]` of uint8 pixels `[n, h, w, c]`.

    Every step takes `PREDICTION_BATCH` pictures, the last ones with black ones behind them: the
    function is compiled once, and what a picture gets depends on its place in the batch alone.
    """
    _choose_compiler(model)

    def answer(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = [_nothing(model)]
        for (values,) in _outputs(model, pixels):
            parts.append(as_probabilities(values, answer_kind(model, pixels.shape[1:])))
        return np.concatenate(parts)

    return answer


def compiled_answers(
    watched: WatchedModel,
) -> Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return what gives probabilities and features `[n, features]`, as `compiled_answer` does."""
    _choose_compiler(watched.both)
    model = watched.model

    def answers(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        parts, seen = [_nothing(model)], [np.empty((0, watched.features), np.float32)]
        for features, values in _outputs(watched.both, pixels):
            parts.append(as_probabilities(values, answer_kind(model, pixels.shape[1:])))
            seen.append(features)
        return np.concatenate(parts), np.concatenate(seen)

    return answers


def _choose_compiler(model: KerasModel) -> None:
    # XLA takes ten times as long for the convolutions of a processor; JAX has nothing else.
    model.jit_compile = import_keras().backend.backend() == "jax"


def _nothing(model: KerasModel) -> NDArray[np.float32]:
    return np.empty((0, max(2, int(model.output_shape[-1]))), np.float32)


def _outputs(
    model: KerasModel, pixels: NDArray[np.uint8]
) -> Iterator[tuple[NDArray[np.float32], ...]]:
    """Yield what the model gives for each batch of pictures, an array an output."""
    for start in range(0, len(pixels), PREDICTION_BATCH):
        some = pixels[start : start + PREDICTION_BATCH]
        batch = np.zeros((PREDICTION_BATCH, *pixels.shape[1:]), np.float32)
        batch[: len(some)] = some
        with warnings.catch_warnings():
            # Keras warns where a model that was made of a list of inputs gets its one alone.
            warnings.filterwarnings("ignore", "The structure of `inputs`", UserWarning)
            found = model.predict_on_batch(batch)
        each = found if isinstance(found, list) else [found]
        yield tuple(np.asarray(values).astype(np.float32)[: len(some)] for values in each)
