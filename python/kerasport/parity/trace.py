"""Compare layer by layer: Python against TensorFlow.js, and the weights against the run's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.errors import KerasportError
from kerasport.exporter import export_run
from kerasport.metadata import ParityFinding
from kerasport.run import Run
from kerasport.runtime import Runtime

__all__ = ["LayerTracer", "compare_weights", "exported_anew", "first_departure"]

LAYER_TOLERANCE = 1e-4
"""Of the largest value that a layer gives.

Sums of float32 in another order were measured to part by up to 1e-5 of it behind the fifty layers
of a MobileNetV2; a wrong layer is off by far more.
"""

WEIGHT_TOLERANCE = 1e-6
"""Of the largest value of a weight: sixteen times the rounding of float32."""


class LayerTracer(Protocol):
    """Gives what every layer makes of one picture."""

    def trace(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return outputs by layer name, in the order of computation."""


def exported_anew(run: Run, folder: Path) -> Bundle:
    """Return a fresh float32 bundle of the run's Keras model, compared with it on the way."""
    return export_run(run, folder / "model")


def compare_weights(bundle: Bundle, run: Run) -> list[ParityFinding]:
    """Return where the bundle's weights are not those of the run's Keras model.

    Nothing is returned where they cannot be compared, because the weights are quantised or other
    passes made other layers.
    """
    if bundle.metadata.quantization.weights != "float32":
        return []
    with tempfile.TemporaryDirectory(prefix="kerasport-") as folder:
        try:
            expected = exported_anew(run, Path(folder)).weights()
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
        if not off.max(initial=0) <= WEIGHT_TOLERANCE * np.abs(array).max(initial=0):
            detail = (
                f"{name}: {np.count_nonzero(off):,} of {off.size:,} values are not the run's, off "
                f"by up to {off.max():.2g}"
            )
            yield ParityFinding(where="weights", witness=None, picture=None, detail=detail)


def first_departure(
    witness: str, picture: str, bundle: Bundle, pixels: NDArray[np.uint8], tracer: LayerTracer
) -> ParityFinding | None:
    """Return the first layer whose output in the tracer is not what `bundle` gives in numpy.

    Args:
        witness: who traces.
        picture: name of the picture.
        bundle: the measure: the bundle itself, or one that was exported anew from the run.
        pixels: the model's input, uint8 `[height, width, channels]`.
        tracer: where the layers run.
    """
    received = tracer.trace(pixels)
    expected = Runtime(bundle).trace(pixels)
    if not set(received) & set(expected):
        return None
    for name, array in expected.items():
        other = received.get(name)
        if other is None:
            continue
        largest = float(np.abs(array).max())
        off = float(np.abs(array - other.reshape(array.shape)).max())
        # The negation also catches what is not a number.
        if not off <= LAYER_TOLERANCE * max(1.0, largest):
            detail = (
                f"{name} is the first layer that departs: off by {off:.2g}, its largest value is "
                f"{largest:.2g}"
            )
            return ParityFinding(where="layer", witness=witness, picture=picture, detail=detail)
    return None
