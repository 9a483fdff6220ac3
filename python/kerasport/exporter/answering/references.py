"""Who answers for a model: the original wherever it can be run, the graph, the written files."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import Bundle
from kerasport.bundle.metadata import Rescaling
from kerasport.errors import ExportError, KerasportError, ModelError
from kerasport.exporter.answering.engines import BATCH_SIZE, NumpyEngine
from kerasport.exporter.answering.original import build_original
from kerasport.exporter.answering.rebuilding import (
    computes_in,
    framework_of,
    in_floats,
    rebuilt,
    single_layers,
    single_operations,
)
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering import LayoutKind, lower
from kerasport.exporter.readers import LiveModel, ReadModel, StoredModel
from kerasport.exporter.readers.tf_keras_models import import_tf_keras
from kerasport.models.loading import KerasModel
from kerasport.progress import SILENT, Progress
from kerasport.runtime import Runtime

__all__ = [
    "ArrangedReference",
    "AsReadReference",
    "BundleReference",
    "GraphReference",
    "OriginalReference",
    "Outputs",
    "Reference",
    "ScaledReference",
    "StoredReference",
    "reference_of",
]

FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]


@dataclass(frozen=True)
class Outputs:
    """What a model gives for n pictures, in float64.

    Attributes:
        probabilities: `[n, classes]`.
        logits: `[n, classes]`, what the last softmax is made of; None where the model keeps it
            to itself.
        limit: why some of it was computed in float32 all the same, as half a sentence; None where
            nothing was.
    """

    probabilities: DoubleArray
    logits: DoubleArray | None = None
    limit: str | None = None


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

    def outputs(self, pixels: NDArray[Any]) -> Outputs:
        """Return what the model gives in float64 for `[n, height, width, channels]`."""


def reference_of(
    model: ReadModel, shape: tuple[int, ...] | None = None, *, progress: Progress = SILENT
) -> Reference:
    """Return who answers for a model that was read: Keras, tf_keras, else its own layers.

    Args:
        model: as it was read.
        shape: that of the original's input without the batch, where it takes any size.
        progress: told when a model out of a file cannot be built anew.
    """
    if model.original is None:
        return AsReadReference(model.graph)
    if isinstance(model.original, StoredModel):
        return StoredReference(model.original, shape, progress)
    return OriginalReference(model.original, shape)


class StoredReference:
    """A model out of a file, built anew when it is first asked: what is refused is not built.

    An HDF5 file, a SavedModel of Keras 2 or a `model.json` that this machine cannot build is
    answered for by its own layers.
    """

    def __init__(
        self, stored: StoredModel, shape: tuple[int, ...] | None, progress: Progress
    ) -> None:
        self._stored = stored
        self._shape = shape
        self._progress = progress

    @property
    def name(self) -> str:
        return self._built.name

    @property
    def gives(self) -> models.AnswerKind | None:
        return self._built.gives

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        try:
            return self._built.probabilities(pixels)
        except KerasportError:
            raise
        except Exception as error:
            # Whatever a layer raises when it gets its first picture.
            reason = " ".join(str(error).split())
            raise ModelError(
                f"{self._built.name} builds the model and cannot run it: {type(error).__name__}: "
                f"{reason:.300}. Save or convert the model again."
            ) from error

    def outputs(self, pixels: NDArray[Any]) -> Outputs:
        return self._built.outputs(pixels)

    @functools.cached_property
    def _built(self) -> Reference:
        stored = self._stored
        if stored.keras_2 and importlib.util.find_spec("tf_keras") is None:
            return AsReadReference(stored.graph)
        try:
            live = LiveModel("tf_keras" if stored.keras_2 else "keras", _build(stored))
            return OriginalReference(live, self._shape)
        except ModelError as error:
            if stored.source == "archive":
                raise
            self._progress.say(f"The original cannot be run here. {error}")
            return AsReadReference(stored.graph)


def _build(stored: StoredModel) -> KerasModel:
    """Return the model, of Keras 2 in float64: its layers round their settings to their type."""
    if stored.keras_2:
        with contextlib.suppress(ModelError), in_floats(import_tf_keras(), "float64"):
            return build_original(stored, "float64")
    return build_original(stored)


@dataclass(frozen=True)
class OriginalReference:
    """A model of Keras or tf_keras.

    A model that computes in fewer bits, such as one of a mixed policy, answers in float32.

    Attributes:
        original: the model.
        shape: that of its input without the batch, where it takes any size.
    """

    original: LiveModel
    shape: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        name = "tf_keras" if self.original.framework == "tf_keras" else "Keras"
        return f"{name} {framework_of(self.original).__version__}"

    @functools.cached_property
    def gives(self) -> models.AnswerKind:
        shape = self.shape or tuple(self.original.model.input_shape[1:])
        return models.kind_of_answers(self._answers, shape)

    @functools.cached_property
    def _model(self) -> KerasModel:
        model = self.original.model
        return model if computes_in(model, "float32") else rebuilt(self.original, "float32")

    def _answers(self, pixels: NDArray[Any]) -> NDArray[Any]:
        return _run(self.original, self._model, pixels.astype(np.float32))

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return _outputs(self._answers(pixels), self.gives).probabilities.astype(np.float32)

    def outputs(self, pixels: NDArray[Any]) -> Outputs:
        try:
            model = rebuilt(self.original, "float64")
            answer = _run(self.original, model, pixels.astype(np.float64))
        except Exception as error:
            # Whatever Keras, TensorFlow and a user's own layers raise.
            reason = f"it cannot be computed in float64 here ({error!r:.300})"
            return Outputs(self.probabilities(pixels).astype(np.float64), limit=reason)
        outputs = _outputs(answer, self.gives)
        names = single_layers(model)
        if names:
            limit = f"TensorFlow computes the layers {', '.join(map(repr, names))} in float32 only"
            return replace(outputs, limit=limit)
        with in_floats(framework_of(self.original), "float64"):
            names = single_operations(model, pixels.shape[1:])
        if names:
            limit = f"the code of {', '.join(map(repr, names[:3]))} casts to float32"
            return replace(outputs, limit=limit)
        return outputs


def _run(original: LiveModel, model: KerasModel, values: NDArray[Any]) -> NDArray[Any]:
    """Return what a model gives, `[n, outputs]`, in the float type of the values."""
    framework = framework_of(original)
    with in_floats(framework, values.dtype.name), warnings.catch_warnings():
        # Keras warns where a model that was made of a list of inputs gets its one input alone.
        warnings.filterwarnings("ignore", "The structure of `inputs`", UserWarning)
        parts = [
            np.asarray(model(values[start : start + BATCH_SIZE], training=False), values.dtype)
            for start in range(0, len(values), BATCH_SIZE)
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
        self._lowered = lower(graph)
        height, width, channels = self._lowered.nodes[self._lowered.input].config[
            "batch_input_shape"
        ][1:]
        self._shape = height, width, channels

    @functools.cached_property
    def gives(self) -> models.AnswerKind:
        return models.kind_of_answers(lambda pixels: self._run(pixels, np.float32), self._shape)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return _outputs(self._run(pixels, np.float32), self.gives).probabilities.astype(np.float32)

    def outputs(self, pixels: NDArray[Any]) -> Outputs:
        return _outputs(self._run(pixels, np.float64), self.gives)

    def _run(self, pixels: NDArray[Any], dtype: type) -> NDArray[Any]:
        try:
            return NumpyEngine(self._lowered, self._shape, dtype).predict(pixels)
        except ValueError as error:
            raise ExportError(
                f"The layers of {self._graph.name!r} cannot be computed: {error}. Expected weights "
                "that fit the configuration; save or convert the model again."
            ) from None


@dataclass(frozen=True)
class _PreparedReference(ABC):
    """A model behind a step that its pictures go through first."""

    inner: Reference

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def gives(self) -> models.AnswerKind | None:
        return self.inner.gives

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return self.inner.probabilities(self._prepared(pixels, np.float32))

    def outputs(self, pixels: NDArray[Any]) -> Outputs:
        return self.inner.outputs(self._prepared(pixels, np.float64))

    @abstractmethod
    def _prepared(self, pixels: NDArray[Any], dtype: type) -> NDArray[Any]:
        """Return what the model inside is asked."""


@dataclass(frozen=True)
class ScaledReference(_PreparedReference):
    """A model that does not scale its input itself, behind the scaling that it expects."""

    scaling: Rescaling

    def _prepared(self, pixels: NDArray[Any], dtype: type) -> NDArray[Any]:
        scale: NDArray[Any] = np.asarray(self.scaling.scale, dtype)
        offset: NDArray[Any] = np.asarray(self.scaling.offset, dtype)
        scaled: NDArray[Any] = pixels.astype(dtype) * scale + offset
        return scaled


@dataclass(frozen=True)
class ArrangedReference(_PreparedReference):
    """A model whose input holds pictures in another way than `[height, width, channels]`.

    Attributes:
        kind: where its channels are.
    """

    kind: LayoutKind

    def _prepared(self, pixels: NDArray[Any], dtype: type) -> NDArray[Any]:
        if self.kind == "channels first":
            return np.moveaxis(pixels, 3, 1)
        if self.kind == "no channels":
            return pixels[..., 0]
        if self.kind == "flat":
            return np.stack([picture.ravel() for picture in pixels])
        return pixels


class GraphReference(NumpyEngine):
    """The lowered graph in memory, in numpy."""

    name = "the graph before it was written"
    gives: models.AnswerKind | None = None

    def outputs(self, pixels: NDArray[Any]) -> Outputs:
        """Return what the graph gives in float64 for uint8 `[n, height, width, channels]`."""
        runtime = NumpyEngine(self.graph, self.input_shape, np.float64).runtime
        last = self.graph.nodes[self.graph.output]
        before = last.inputs[0] if last.class_name == "Softmax" else last.name
        probabilities, logits = [], []
        for picture in pixels:
            inside = runtime.trace(picture)
            probabilities.append(inside[last.name][0])
            logits.append(inside[before][0])
        return Outputs(np.stack(probabilities), None if before == last.name else np.stack(logits))


class BundleReference:
    """The files as they were written, in numpy."""

    name = "the bundle"
    gives: models.AnswerKind | None = None

    def __init__(self, bundle: Bundle) -> None:
        self._runtime = Runtime(bundle)

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return self._runtime.predict(pixels)


def _outputs(answer: NDArray[Any], gives: models.AnswerKind) -> Outputs:
    """Return one probability per class for what a model gives, computed in float64.

    A single output is the probability, or the logit, of the second of two classes. It shares no
    code with the layers that are written.
    """
    values = answer.reshape(len(answer), -1).astype(np.float64)
    probabilities = models.as_probabilities(values, gives)
    if gives != "logits":
        return Outputs(probabilities)
    if values.shape[1] == 1:
        values = np.concatenate([np.zeros_like(values), values], axis=-1)
    return Outputs(probabilities, values)
