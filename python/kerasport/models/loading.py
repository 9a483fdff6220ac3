"""Loading and running a Keras model."""

from __future__ import annotations

import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError
from kerasport.models.answers import AnswerKind, as_probabilities, kind_of_answers
from kerasport.models.backend import import_keras

if TYPE_CHECKING:
    from kerasport.dataset import Pixels

__all__ = [
    "PREDICTION_BATCH",
    "KerasModel",
    "activation_of",
    "answer_kind",
    "ends_in_probabilities",
    "load_model",
    "probabilities",
]

KerasModel: TypeAlias = Any

PREDICTION_BATCH = 32
"""Pictures per step where a model only answers."""


def load_model(path: Path) -> KerasModel:
    """Return the Keras model in a `.keras` file, ready to run; it is not compiled.

    Raises:
        ModelError: the file is missing, damaged, or needs code that is not there.
    """
    if not path.is_file():
        raise ModelError(f"There is no model at '{path}'. Expected a .keras file.")
    keras = import_keras()
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:
        # Keras raises whatever its layers, zipfile, json or h5py raise.
        raise ModelError(
            f"'{path}' cannot be loaded as a Keras model: {error}. "
            "Expected a .keras file that was saved by Keras 3."
        ) from error


def ends_in_probabilities(model: KerasModel) -> bool:
    """Tell whether the last layer gives probabilities, so that the output needs no softmax."""
    last = model
    while hasattr(last, "outputs"):
        # The layer that made the output; the last one of the list may be another.
        last = last.outputs[0]._keras_history.operation
    return activation_of(last) in ("softmax", "sigmoid")


def activation_of(layer: Any) -> str:
    """Return the name of the activation that a layer applies or is, `linear` where it has none."""
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    if name is None:
        kind = type(layer).__name__.lower()
        return kind if kind in ("softmax", "sigmoid") else "linear"
    return str(name).lower()


def answer_kind(model: KerasModel, shape: tuple[int, ...] | None = None) -> AnswerKind:
    """Return what a model gives, told by its answers; asked once per model.

    Args:
        model: a Keras model.
        shape: that of its input without the batch, where the model takes any size.
    """
    known = _KINDS.get(model)
    if known is None:
        shape = shape or tuple(model.input_shape[1:])
        known = _KINDS[model] = kind_of_answers(lambda pictures: _answers(model, pictures), shape)
    return known


_KINDS: weakref.WeakKeyDictionary[KerasModel, AnswerKind] = weakref.WeakKeyDictionary()


def _answers(model: KerasModel, pictures: NDArray[Any]) -> NDArray[np.float32]:
    with warnings.catch_warnings():
        # Keras warns where a model that was made of a list of inputs gets its one input alone.
        warnings.filterwarnings("ignore", "The structure of `inputs`", UserWarning)
        answer = model(pictures.astype(np.float32), training=False)
    return np.asarray(import_keras().ops.convert_to_numpy(answer)).astype(np.float32)


def probabilities(
    model: KerasModel, pixels: Pixels, *, batch_size: int = PREDICTION_BATCH
) -> NDArray[np.float32]:
    """Return the model's probabilities, float32 `[n, classes]`, with a softmax added to logits.

    A single output is the probability, or the logit, of the second of two classes. Which of the
    two an output is, is told by what the model answers.

    Args:
        model: takes float32 pixels of 0..255.
        pixels: uint8 `[n, height, width, channels]`, n may be 0.
        batch_size: pictures per step; the last batch may be smaller.
    """
    parts = [np.empty((0, max(2, int(model.output_shape[-1]))), np.float32)]
    for start in range(0, len(pixels), batch_size):
        answer = _answers(model, pixels[start : start + batch_size])
        parts.append(as_probabilities(answer, answer_kind(model, pixels.shape[1:])))
    return np.concatenate(parts)
