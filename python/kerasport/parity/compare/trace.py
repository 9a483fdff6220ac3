"""Compare layer by layer: Python against TensorFlow.js, and the weights against the run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import Bundle
from kerasport.bundle.parity import ParityFinding
from kerasport.errors import KerasportError
from kerasport.exporter import export
from kerasport.files import scratch_folder
from kerasport.runs.run import Run
from kerasport.runtime import Runtime

__all__ = [
    "LayerExpectations",
    "LayerTracer",
    "compare_weights",
    "expect_layers",
    "first_departure",
]

_LAYER_TOLERANCE = 1e-4
"""Of the largest value that a layer gives.

Sums of float32 in another order were measured to part by up to 1e-5 of it behind the fifty layers
of a MobileNetV2; a wrong layer is off by far more.
"""

_WEIGHT_TOLERANCE = 1e-6
"""Of the largest value of a weight: sixteen times the rounding of float32."""


_SHOWN = 5
"""Names of layers that are listed."""


class LayerTracer(Protocol):
    """Gives what every layer makes of one picture."""

    def trace(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return outputs by layer name, in the order of computation."""


def _export_anew(run: Run, folder: Path) -> Bundle:
    """Return a fresh float32 bundle of the run's Keras model, compared with it on the way."""
    return export(run, folder / "model")


def compare_weights(bundle: Bundle, run: Run) -> list[ParityFinding]:
    """Return where the bundle's weights are not those of the run's Keras model.

    Nothing is returned where they cannot be compared, because the weights are quantised or other
    passes made other layers.
    """
    if bundle.metadata.quantization.weights != "float32":
        return []
    with scratch_folder() as folder:
        try:
            expected = _export_anew(run, folder).weights()
        except KerasportError:
            return []
    found = bundle.weights()
    if {name: array.shape for name, array in found.items()} != {
        name: array.shape for name, array in expected.items()
    }:
        return []
    return list(_changed(expected, found))


def _changed(
    expected: Mapping[str, NDArray[np.float32]], found: Mapping[str, NDArray[np.float32]]
) -> Iterator[ParityFinding]:
    for name, array in expected.items():
        off = np.abs(array - found[name])
        # What another order of sums while folding batch normalisation may leave is no change.
        if not off.max(initial=0) <= _WEIGHT_TOLERANCE * np.abs(array).max(initial=0):
            detail = (
                f"{name}: {np.count_nonzero(off):,} of {off.size:,} values are not the run's, off "
                f"by up to {off.max():.2g}"
            )
            yield ParityFinding(where="weights", witness=None, picture=None, detail=detail)


@dataclass(frozen=True)
class LayerExpectations:
    """What every layer should make of one picture.

    Attributes:
        outputs: by the layers' names in the bundle, in the order of computation.
        original: those whose outputs are the Keras model's own.
        rest: who gave the others.
    """

    outputs: Mapping[str, NDArray[np.float32]]
    original: frozenset[str]
    rest: str

    def source_of(self, name: str) -> str:
        """Return who gave the output of a layer."""
        return "Keras" if name in self.original else self.rest

    @property
    def description(self) -> str:
        """Which layers are compared with what."""
        others = [name for name in self.outputs if name not in self.original]
        if not self.original:
            return f"all {len(others)} layers with {self.rest}"
        text = f"{len(self.original)} layers with Keras' own outputs"
        if others:
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            names = f"{', '.join(others[:_SHOWN])}{more}"
            text += f"; with {self.rest}, because passes changed them: {names}"
        return text


def expect_layers(bundle: Bundle, run: Run | None, pixels: NDArray[np.uint8]) -> LayerExpectations:
    """Return what every layer should make of one picture, uint8 `[height, width, channels]`.

    With the run, its Keras model answers for every layer that the passes of the exporter left with
    the meaning that it has there. A layer that took in a normalisation or a scaling has the name of
    one in Keras and another output: for it answers numpy, from a bundle that is exported anew, and
    compared with Keras as a whole on the way. Without the run, or where the weights are quantised,
    the bundle itself answers, in numpy.
    """
    if run is None or bundle.metadata.quantization.weights != "float32":
        own = _outputs(bundle, pixels)
        return LayerExpectations(own, frozenset(), "the bundle's own files in numpy")
    with scratch_folder() as folder:
        again = _export_anew(run, folder)
        anew = _outputs(again, pixels)
    names = again.metadata.layer_names or {}
    keras = _keras_outputs(run, pixels)
    keras |= {name: keras[own] for name, own in names.items() if own in keras}
    original = {
        name
        for name, output in anew.items()
        if name in keras
        and keras[name].size == output.size
        and _departure(keras[name], output) is None
    }
    outputs = {name: keras[name] if name in original else anew[name] for name in anew}
    return LayerExpectations(outputs, frozenset(original), "a new export in numpy")


def _outputs(bundle: Bundle, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Return what the bundle's layers make of one picture in numpy, without the picture itself."""
    inside = Runtime(bundle).trace(pixels)
    inputs = {layer.name for layer in bundle.layers() if layer.class_name == "InputLayer"}
    return {name: output for name, output in inside.items() if name not in inputs}


def _keras_outputs(run: Run, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Return what the layers of the run's model make of one picture, nested ones too, by name."""
    keras = models.import_keras()
    model = models.load_model(run.model_path)
    found: dict[str, NDArray[np.float32]] = {}

    def watch(layer: Any) -> None:
        call = layer.call

        def recorded(*arguments: Any, **options: Any) -> Any:
            output = call(*arguments, **options)
            if keras.ops.is_tensor(output):
                # Of a layer that is used twice, this keeps the first use.
                found.setdefault(layer.name, np.asarray(output, np.float32))
            return output

        layer.call = recorded

    for layer in _leaves(model):
        watch(layer)
    model(pixels[None].astype(np.float32), training=False)
    return found


def _leaves(layer: Any) -> Iterator[Any]:
    """Yield the layers of a model of which none holds others."""
    inner = getattr(layer, "layers", None)
    if inner is None:
        yield layer
    else:
        for each in inner:
            yield from _leaves(each)


def _departure(expected: NDArray[np.float32], received: NDArray[np.float32]) -> float | None:
    """Return by how much a layer's output is off; None where sums in another order explain it."""
    largest = float(np.abs(expected).max())
    off = float(np.abs(expected.ravel() - received.ravel()).max())
    # The negation also catches what is not a number.
    return off if not off <= _LAYER_TOLERANCE * max(1.0, largest) else None


def first_departure(
    witness: str,
    picture: str,
    expectations: LayerExpectations,
    pixels: NDArray[np.uint8],
    tracer: LayerTracer,
) -> ParityFinding | None:
    """Return the first layer whose output in the tracer is not the expected one.

    Args:
        witness: who traces.
        picture: name of the picture.
        expectations: what its layers should give.
        pixels: the model's input, uint8 `[height, width, channels]`.
        tracer: where the layers run.
    """
    received = tracer.trace(pixels)
    for name, expected in expectations.outputs.items():
        if name not in received:
            continue
        off = _departure(expected, received[name])
        if off is not None:
            detail = (
                f"{name} is the first layer that departs: off by {off:.2g} from "
                f"{expectations.source_of(name)}, its largest value is {np.abs(expected).max():.2g}"
            )
            return ParityFinding(where="layer", witness=witness, picture=picture, detail=detail)
    return None
