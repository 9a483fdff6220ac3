"""Who answers for a model: the original wherever it can be run, the graph, the written files."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import Bundle
from kerasport.bundle.metadata import Rescaling
from kerasport.errors import ExportError, ModelError
from kerasport.exporter.answering.engines import BATCH_SIZE, NumpyEngine
from kerasport.exporter.answering.original import build_original
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering import ends_in_probabilities, lower
from kerasport.exporter.readers import ReadModel, StoredModel
from kerasport.exporter.readers.tf_keras_models import import_tf_keras
from kerasport.models.loading import KerasModel
from kerasport.progress import SILENT, Progress
from kerasport.runtime import Runtime
from kerasport.runtime.activations import activate, softmax

__all__ = [
    "AsReadReference",
    "BundleReference",
    "GraphReference",
    "KerasReference",
    "Reference",
    "ScaledReference",
    "StoredReference",
    "TfKerasReference",
    "reference_of",
]

FloatArray = NDArray[np.float32]


class Reference(Protocol):
    """Answers for a model."""

    @property
    def name(self) -> str:
        """What answers, for messages: `Keras 3.15.1`."""

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        """Return float32 `[n, classes]` for `[n, height, width, channels]`."""


def reference_of(model: ReadModel, progress: Progress = SILENT) -> Reference:
    """Return who answers for a model that was read: Keras, tf_keras, else its own layers.

    Args:
        model: as it was read.
        progress: told when a model out of a file cannot be built anew.
    """
    if model.original is None:
        return AsReadReference(model.graph)
    if isinstance(model.original, StoredModel):
        return StoredReference(model.original, progress)
    return _answering(model.original.model, model.original.framework, model.graph)


def _answering(model: KerasModel, framework: str, graph: Graph) -> Reference:
    return TfKerasReference(model, graph) if framework == "tf_keras" else KerasReference(model)


class StoredReference:
    """A model out of a file, built anew when it is first asked: what is refused is not built.

    An HDF5 file, a SavedModel of Keras 2 or a `model.json` that this machine cannot build is
    answered for by its own layers.
    """

    def __init__(self, stored: StoredModel, progress: Progress) -> None:
        self._stored = stored
        self._progress = progress

    @property
    def name(self) -> str:
        return self._built.name

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return self._built.probabilities(pixels)

    @cached_property
    def _built(self) -> Reference:
        stored = self._stored
        framework = "tf_keras" if stored.keras_2 else "keras"
        if stored.keras_2 and importlib.util.find_spec("tf_keras") is None:
            return AsReadReference(stored.graph)
        try:
            return _answering(build_original(stored), framework, stored.graph)
        except ModelError as error:
            if stored.source == "archive":
                raise
            self._progress.say(f"The original cannot be run here. {error}")
            return AsReadReference(stored.graph)


@dataclass(frozen=True)
class KerasReference:
    """A Keras 3 model."""

    model: KerasModel

    @property
    def name(self) -> str:
        return f"Keras {models.import_keras().__version__}"

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return models.probabilities(self.model, pixels)


@dataclass(frozen=True)
class TfKerasReference:
    """A Keras 2 model in tf_keras; `graph` tells what its outputs are."""

    model: KerasModel
    graph: Graph

    @property
    def name(self) -> str:
        return f"tf_keras {import_tf_keras().__version__}"

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        parts = [
            np.asarray(
                self.model(pixels[start : start + BATCH_SIZE].astype(np.float32), training=False),
                np.float32,
            )
            for start in range(0, len(pixels), BATCH_SIZE)
        ]
        return _as_probabilities(np.concatenate(parts), self.graph)


class AsReadReference:
    """The layers in numpy, rewritten but not optimized, for models that nothing here can run.

    It shows what the passes, the writing and the reading back change, but not a mistake in reading
    or rewriting a layer.
    """

    name = "the layers as they were read, run in numpy"

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        lowered = lower(graph)
        height, width, channels = lowered.nodes[lowered.input].config["batch_input_shape"][1:]
        self._engine = NumpyEngine(lowered, (height, width, channels))

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        try:
            answer = self._engine.predict(pixels)
        except ValueError as error:
            raise ExportError(
                f"The layers of {self._graph.name!r} cannot be computed: {error}. Expected weights "
                "that fit the configuration; save or convert the model again."
            ) from None
        return _as_probabilities(answer, self._graph)


@dataclass(frozen=True)
class ScaledReference:
    """A model that does not scale its input itself, behind the scaling that it expects."""

    inner: Reference
    scaling: Rescaling

    @property
    def name(self) -> str:
        return self.inner.name

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        scale, offset = (
            np.asarray(value, np.float32) for value in (self.scaling.scale, self.scaling.offset)
        )
        return self.inner.probabilities(pixels.astype(np.float32) * scale + offset)


class GraphReference(NumpyEngine):
    """The lowered graph in memory, in numpy."""

    name = "the graph before it was written"


class BundleReference:
    """The files as they were written, in numpy."""

    name = "the bundle"

    def __init__(self, bundle: Bundle) -> None:
        self._runtime = Runtime(bundle)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return self._runtime.predict(pixels)


def _as_probabilities(answer: FloatArray, graph: Graph) -> FloatArray:
    """Return one probability per class for what a graph as it was read gives."""
    given = ends_in_probabilities(graph)
    if answer.shape[-1] == 1:
        second = answer if given else activate("sigmoid", answer)
        return np.concatenate([1 - second, second], axis=-1)
    return answer if given else softmax(answer)
