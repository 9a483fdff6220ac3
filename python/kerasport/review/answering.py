"""What a model says about pictures: probabilities, and the features that they are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.dataset import Pixels
from kerasport.models import KerasModel
from kerasport.progress import Task

__all__ = ["Said", "ask_model", "head_reads"]

_Rows: TypeAlias = NDArray[np.float32]
_Ask: TypeAlias = Callable[[_Rows], tuple[_Rows, _Rows]]


@dataclass(frozen=True)
class Said:
    """What a model said about some pictures.

    Attributes:
        probabilities: float32 `[n, classes]`.
        features: output of the layer before the last, float32 `[n, features]`; no features where
            the model has no such layer.
    """

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]


def ask_model(model: KerasModel, inputs: Pixels | NDArray[np.float32], task: Task) -> Said:
    """Return what a model says; each picture counts as a step of the task.

    Args:
        model: from pixels or features to logits or probabilities.
        inputs: what it takes, `[n, ...]`.
        task: told how far it is.
    """
    ask = _two_headed(model)
    kind = models.answer_kind(model, tuple(inputs.shape[1:]))
    answers: list[_Rows] = []
    features: list[_Rows] = []
    for start in range(0, len(inputs), models.PREDICTION_BATCH):
        batch = np.asarray(inputs[start : start + models.PREDICTION_BATCH], np.float32)
        answer, before = ask(batch)
        answers.append(models.as_probabilities(answer, kind))
        features.append(before.reshape(len(batch), -1))
        task.advance(len(batch))
    if not answers:
        classes = max(2, int(model.output_shape[-1]))
        return Said(np.empty((0, classes), np.float32), np.empty((0, 0), np.float32))
    return Said(np.concatenate(answers), np.concatenate(features))


def head_reads(model: KerasModel) -> Any:
    """Return the tensor that the last layer with weights takes; None where there is none."""
    if len(getattr(model, "outputs", ())) != 1:
        return None
    tensor = model.outputs[0]
    while True:
        layer, node, _ = tensor._keras_history
        taken: Any = layer._inbound_nodes[node].input_tensors if layer._inbound_nodes else ()
        if len(taken) != 1 or hasattr(layer, "layers"):
            return None
        if hasattr(layer, "kernel"):
            return taken[0]
        tensor = taken[0]


def _two_headed(model: KerasModel) -> _Ask:
    keras = models.import_keras()
    reads = head_reads(model)

    def numbers(tensor: Any) -> NDArray[np.float32]:
        return np.asarray(keras.ops.convert_to_numpy(tensor)).astype(np.float32)

    if reads is None:
        return lambda batch: (
            numbers(model(batch, training=False)),
            np.empty((len(batch), 0), np.float32),
        )
    both = keras.Model(model.inputs, [model.outputs[0], reads])

    def answers(batch: _Rows) -> tuple[_Rows, _Rows]:
        answer, before = both([batch], training=False)
        return numbers(answer), numbers(before)

    return answers
