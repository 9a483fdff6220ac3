"""A Keras model that gives its features beside its answer: what its last dense layer takes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kerasport.models.answers import as_probabilities
from kerasport.models.backend import import_keras
from kerasport.models.loading import PREDICTION_BATCH, KerasModel, activation_of, answer_kind

if TYPE_CHECKING:
    from kerasport.dataset import Pixels

__all__ = ["WatchedModel", "watch_features"]

# What does nothing where a model answers.
_IDLE = ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D")
_ENDING = ("Activation", "Softmax")


@dataclass(frozen=True)
class WatchedModel:
    """A model with one more output.

    Attributes:
        model: the model as it was.
        layer: name of the last dense layer.
        features: how many values that takes.
        both: gives features and answer.
    """

    model: KerasModel
    layer: str
    features: int
    both: KerasModel

    def answers(self, pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return probabilities `[n, classes]` and features `[n, features]`, of one inference.

        Args:
            pixels: uint8 `[n, height, width, channels]`, n may be 0.
        """
        ops = import_keras().ops
        answers = [np.empty((0, max(2, int(self.model.output_shape[-1]))), np.float32)]
        vectors = [np.empty((0, self.features), np.float32)]
        for start in range(0, len(pixels), PREDICTION_BATCH):
            batch = np.asarray(pixels[start : start + PREDICTION_BATCH]).astype(np.float32)
            with warnings.catch_warnings():
                # Keras warns where a model that was made of a list of inputs gets its one alone.
                warnings.filterwarnings("ignore", "The structure of `inputs`", UserWarning)
                found = [ops.convert_to_numpy(each) for each in self.both(batch, training=False)]
            features, answer = (np.asarray(each).astype(np.float32) for each in found)
            vectors.append(features)
            kind = answer_kind(self.model, pixels.shape[1:])
            answers.append(as_probabilities(answer, kind))
        return np.concatenate(answers), np.concatenate(vectors)


def watch_features(model: KerasModel) -> WatchedModel | str:
    """Return a model with its features, or why it has none, a clause.

    They are what the last dense layer takes, where nothing but an activation comes behind it.
    Dropout before it, which does nothing where a model answers, is passed over.
    """
    if len(getattr(model, "outputs", None) or ()) != 1 or len(model.inputs) != 1:
        return "it is not a functional or sequential model with one input and one output"
    layer, source = _before(model.outputs[0])
    if type(layer).__name__ in _ENDING and source is not None:
        layer, source = _before(source)
    if type(layer).__name__ != "Dense" or source is None:
        return f"it ends in the layer '{layer.name}' of class {type(layer).__name__}"
    if activation_of(layer) not in ("linear", "softmax", "sigmoid"):
        return f"its last layer '{layer.name}' has the activation '{activation_of(layer)}'"
    tensor = source
    while True:
        before, earlier = _before(tensor)
        if type(before).__name__ not in _IDLE or earlier is None:
            break
        tensor = earlier
    if len(tensor.shape) != 2 or tensor.shape[1] is None:
        return f"its last layer '{layer.name}' takes more than one row of values"
    both = import_keras().Model(model.inputs[0], [tensor, model.outputs[0]])
    return WatchedModel(model, layer.name, int(tensor.shape[1]), both)


def _before(tensor: KerasModel) -> tuple[KerasModel, KerasModel | None]:
    """Return the layer that made a tensor, and what it took, where that is one tensor."""
    layer, node, _ = tensor._keras_history
    taken = layer._inbound_nodes[node].input_tensors
    return layer, taken[0] if len(taken) == 1 else None
