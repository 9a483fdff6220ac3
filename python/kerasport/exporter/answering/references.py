"""Who answers for a model: the original wherever it can be run, the graph, the written files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import Bundle
from kerasport.bundle.metadata import Rescaling
from kerasport.errors import ExportError
from kerasport.exporter.answering.engines import BATCH_SIZE, NumpyEngine
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering import LayoutKind, lower
from kerasport.exporter.readers import ReadModel
from kerasport.exporter.readers.tf_keras_models import import_tf_keras
from kerasport.models.loading import KerasModel
from kerasport.runtime import Runtime

__all__ = [
    "ArrangedReference",
    "AsReadReference",
    "BundleReference",
    "GraphReference",
    "KerasReference",
    "Reference",
    "ScaledReference",
    "TfKerasReference",
    "reference_of",
]

FloatArray = NDArray[np.float32]


class Reference(Protocol):
    """Answers for a model."""

    @property
    def name(self) -> str:
        """What answers, for messages: `Keras 3.15.1`."""

    @property
    def gives(self) -> models.AnswerKind | None:
        """What the model itself returns, told by its answers; None for one made by kerasport."""

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        """Return float32 `[n, classes]` for `[n, height, width, channels]`."""


def reference_of(model: ReadModel, shape: tuple[int, ...] | None = None) -> Reference:
    """Return who answers for a model that was read: Keras, tf_keras, else its own layers.

    Args:
        model: what was read.
        shape: that of the original's input without the batch, where it takes any size.
    """
    if model.original is None:
        return AsReadReference(model.graph)
    if model.original.framework == "tf_keras":
        return TfKerasReference(model.original.model, shape)
    return KerasReference(model.original.model, shape)


@dataclass(frozen=True)
class KerasReference:
    """A Keras 3 model."""

    model: KerasModel
    shape: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        return f"Keras {models.import_keras().__version__}"

    @property
    def gives(self) -> models.AnswerKind:
        return models.answer_kind(self.model, self.shape)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return models.probabilities(self.model, pixels)


@dataclass(frozen=True)
class TfKerasReference:
    """A Keras 2 model in tf_keras."""

    model: KerasModel
    shape: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        return f"tf_keras {import_tf_keras().__version__}"

    @cached_property
    def gives(self) -> models.AnswerKind:
        shape = self.shape or tuple(self.model.input_shape[1:])
        return models.kind_of_answers(self._answers, shape)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return models.as_probabilities(self._answers(pixels), self.gives)

    def _answers(self, pixels: NDArray[Any]) -> FloatArray:
        parts = [
            np.asarray(
                self.model(pixels[start : start + BATCH_SIZE].astype(np.float32), training=False),
                np.float32,
            )
            for start in range(0, len(pixels), BATCH_SIZE)
        ]
        return np.concatenate(parts)


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
        self._shape = (height, width, channels)
        self._engine = NumpyEngine(lowered, self._shape)

    @cached_property
    def gives(self) -> models.AnswerKind:
        return models.kind_of_answers(self._answers, self._shape)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return models.as_probabilities(self._answers(pixels), self.gives)

    def _answers(self, pixels: NDArray[Any]) -> FloatArray:
        try:
            return self._engine.predict(pixels)
        except ValueError as error:
            raise ExportError(
                f"The layers of {self._graph.name!r} cannot be computed: {error}. Expected weights "
                "that fit the configuration; save or convert the model again."
            ) from None


@dataclass(frozen=True)
class ScaledReference:
    """A model that does not scale its input itself, behind the scaling that it expects."""

    inner: Reference
    scaling: Rescaling

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def gives(self) -> models.AnswerKind | None:
        return self.inner.gives

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        scale, offset = (
            np.asarray(value, np.float32) for value in (self.scaling.scale, self.scaling.offset)
        )
        return self.inner.probabilities(pixels.astype(np.float32) * scale + offset)


@dataclass(frozen=True)
class ArrangedReference:
    """A model whose input holds pictures in another way than `[height, width, channels]`.

    Attributes:
        inner: the model.
        kind: where its channels are.
    """

    inner: Reference
    kind: LayoutKind

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def gives(self) -> models.AnswerKind | None:
        return self.inner.gives

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        if self.kind == "channels first":
            pixels = np.moveaxis(pixels, 3, 1)
        elif self.kind == "no channels":
            pixels = pixels[..., 0]
        elif self.kind == "flat":
            pixels = np.stack([picture.ravel() for picture in pixels])
        return self.inner.probabilities(pixels)


class GraphReference(NumpyEngine):
    """The lowered graph in memory, in numpy."""

    name = "the graph before it was written"
    gives: models.AnswerKind | None = None


class BundleReference:
    """The files as they were written, in numpy."""

    name = "the bundle"
    gives: models.AnswerKind | None = None

    def __init__(self, bundle: Bundle) -> None:
        self._runtime = Runtime(bundle)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return self._runtime.predict(pixels)
