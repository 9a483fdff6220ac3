"""What an export is compared with: the original model, run wherever it can be run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.metadata import Rescaling
from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering import ends_in_probabilities, lower
from kerasport.exporter.write import topology
from kerasport.runtime import Runtime
from kerasport.runtime.activations import activate, softmax

if TYPE_CHECKING:
    import keras

__all__ = ["FunctionReference", "KerasReference", "Reference", "ScaledReference", "run_as_read"]

FloatArray = NDArray[np.float32]

_BATCH = 32


class Reference(Protocol):
    """A model that answers for the original one."""

    @property
    def name(self) -> str:
        """What answers, for messages: `Keras 3.15.1`."""

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        """Return float32 `[n, classes]` for `[n, height, width, channels]`."""


@dataclass(frozen=True)
class KerasReference:
    """A Keras 3 model."""

    model: keras.Model

    @property
    def name(self) -> str:
        return f"Keras {models.import_keras().__version__}"

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        return models.probabilities(self.model, pixels)


@dataclass(frozen=True)
class FunctionReference:
    """Any function from a float32 batch to outputs; `graph` tells what the outputs are."""

    name: str
    function: Callable[[FloatArray], FloatArray]
    graph: Graph

    def probabilities(self, pixels: NDArray[Any]) -> FloatArray:
        parts = [
            np.asarray(self.function(pixels[start : start + _BATCH].astype(np.float32)), np.float32)
            for start in range(0, len(pixels), _BATCH)
        ]
        answer = np.concatenate(parts)
        given = ends_in_probabilities(self.graph)
        if answer.shape[-1] == 1:
            second = answer if given else activate("sigmoid", answer)
            return np.concatenate([1 - second, second], axis=-1)
        return answer if given else softmax(answer)


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


def run_as_read(graph: Graph) -> FunctionReference:
    """Return a reference that runs the layers in numpy, rewritten but not optimised.

    For models that nothing on this machine can run. It shows what the passes, the writing and
    the reading back change, but not a mistake in reading or rewriting a layer.
    """
    lowered = lower(graph)
    weights = {
        f"{node.name}/{name}": array.astype(np.float32)
        for node in lowered
        for name, array in node.weights.items()
    }
    height, width, channels = lowered.nodes[lowered.input].config["batch_input_shape"][1:]
    runtime = Runtime.of(topology(lowered), weights, (height, width, channels))

    def function(batch: NDArray[Any]) -> FloatArray:
        try:
            return runtime.predict(batch)
        except ValueError as error:
            raise ExportError(
                f"The layers of {graph.name!r} cannot be computed: {error}. Expected weights that "
                "fit the configuration; save or convert the model again."
            ) from None

    return FunctionReference("the layers as they were read, run in numpy", function, graph)
