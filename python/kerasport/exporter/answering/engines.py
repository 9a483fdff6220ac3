"""Run a lowered graph: in numpy, or as a Keras model again, for many pictures.

numpy runs every graph and takes about ten times as long.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kerasport import models
from kerasport.dataset import Pixels
from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.topology import named_weights, topology
from kerasport.runtime import Runtime

__all__ = ["BATCH_SIZE", "GraphEngine", "KerasEngine", "NumpyEngine", "choose_engine"]

BATCH_SIZE = 32
"""Pictures that go through a model at a time."""

Advance = Callable[[int], None]
"""Is told the number of pictures that were done."""

_RENAMED = {"LeakyReLU": {"alpha": "negative_slope"}}
"""Class -> TensorFlow.js' name of a setting -> Keras 3's."""

_ACTIVATIONS = {"logSoftmax": "log_softmax"}
"""TensorFlow.js' name of an activation -> Keras 3's."""


class GraphEngine(ABC):
    """Runs a graph whose weights can be exchanged."""

    @abstractmethod
    def load(self, graph: Graph) -> None:
        """Take over the weights of a graph with the same layers."""

    @abstractmethod
    def probabilities(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Return float32 `[n, classes]` for one batch `[n, height, width, channels]`."""

    def predict(
        self,
        pixels: Pixels,
        *,
        batch_size: int = BATCH_SIZE,
        advance: Advance = lambda pictures: None,
    ) -> NDArray[np.float32]:
        """Return probabilities, float32 `[n, classes]`, for uint8 pixels `[n, h, w, c]`."""
        batches = []
        for start in range(0, len(pixels), batch_size):
            batches.append(self.probabilities(pixels[start : start + batch_size]))
            advance(len(batches[-1]))
        return np.concatenate(batches)


def choose_engine(graph: Graph, input_shape: tuple[int, int, int]) -> GraphEngine:
    """Return what runs the graph: Keras, or numpy where a layer is not the same in Keras."""
    try:
        return KerasEngine(graph)
    except ExportError:
        return NumpyEngine(graph, input_shape)


class NumpyEngine(GraphEngine):
    """A lowered graph in numpy: the runtime of bundles, before there is one.

    Attributes:
        graph: what is run.
        input_shape: height, width, channels.
        runtime: what computes, in float32 or in float64.
    """

    def __init__(
        self, graph: Graph, input_shape: tuple[int, int, int], dtype: DTypeLike = np.float32
    ) -> None:
        self.input_shape = input_shape
        self._dtype = dtype
        self.load(graph)

    def load(self, graph: Graph) -> None:
        """Take over a graph."""
        self.graph = graph
        weights = named_weights(graph, self._dtype)
        self.runtime = Runtime.of(topology(graph), weights, self.input_shape, self._dtype)

    def probabilities(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return `[n, classes]` for `[n, height, width, channels]`."""
        return self.runtime.predict(pixels)


class KerasEngine(GraphEngine):
    """A lowered graph in Keras. The weights can be exchanged without building it again.

    Raises:
        ExportError: Keras does not have a layer, or not with these settings.
    """

    def __init__(self, graph: Graph) -> None:
        keras = models.import_keras()
        self._layers: dict[str, Any] = {}
        tensors: dict[str, Any] = {}
        for node in graph:
            if not node.inputs:
                tensors[node.name] = keras.Input(node.config["batch_input_shape"][1:])
                continue
            inputs = [tensors[name] for name in node.inputs]
            try:
                layer = _layer(node)
                tensors[node.name] = layer(inputs if len(inputs) > 1 else inputs[0])
            except Exception as error:
                # Whatever Keras raises for a setting that it reads in another way.
                raise ExportError(
                    f"Keras cannot run the exported layer {node.name!r} ({node.class_name}): "
                    f"{error}"
                ) from None
            self._layers[node.name] = layer
        self._to_numpy = keras.ops.convert_to_numpy
        self._model = keras.Model(tensors[graph.input], tensors[graph.output])
        self.load(graph)

    def load(self, graph: Graph) -> None:
        """Take over the weights of a graph with the same layers."""
        for node in graph:
            if node.weights:
                weights = [np.asarray(each, np.float32) for each in node.weights.values()]
                self._layers[node.name].set_weights(weights)

    def probabilities(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Return float32 `[n, classes]` for `[n, height, width, channels]`."""
        answer = self._model(pixels.astype(np.float32), training=False)
        return np.asarray(self._to_numpy(answer), np.float32)


def _layer(node: Node) -> Any:
    kind = getattr(models.import_keras().layers, node.class_name)
    renamed = _RENAMED.get(node.class_name, {})
    settings = {renamed.get(key, key): value for key, value in node.config.items()}
    if settings.get("activation") in _ACTIVATIONS:
        settings["activation"] = _ACTIVATIONS[settings["activation"]]
    known = inspect.signature(kind).parameters
    unknown = sorted(set(settings) - set(known) - {"name", "trainable", "dtype"})
    if unknown:
        raise ExportError(f"its settings {', '.join(unknown)} are not Keras'")
    return kind(**settings)
