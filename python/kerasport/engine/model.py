"""A bundle on the client's kernels: planned once, then one list of calls per picture."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.field import Field
from kerasport.bundle.layer_rules import Shape
from kerasport.bundle.plan import plan_model
from kerasport.bundle.topology import Topology, read_topology
from kerasport.engine.binary import Program, has_kernels
from kerasport.engine.program import TooLarge
from kerasport.engine.write import write_model
from kerasport.errors import BundleError

__all__ = ["Engine", "engine_for"]


def engine_for(bundle: Bundle) -> Engine | None:
    """Return the engine of a bundle; None where there is none, or the model is too large for it."""
    try:
        return Engine(bundle) if has_kernels() else None
    except TooLarge:
        return None


class Engine:
    """A bundle's model on the engine that the client runs in browsers.

    In float32, with the same bits as the client where it has no relaxed SIMD.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Plan the model and get it ready.

        Raises:
            KerasportError: wasmtime is not installed.
            BundleError: the model needs more memory than the kernels can address, or than there is.
        """
        winograd = bundle.metadata.winograd
        self._load(
            bundle.topology(),
            bundle.shapes,
            bundle.weights(),
            {} if winograd is None else winograd.tiles,
        )

    @classmethod
    def of(
        cls,
        topology: dict[str, Any],
        weights: Mapping[str, NDArray[np.float32]],
        winograd: Mapping[str, int] = MappingProxyType({}),
    ) -> Engine:
        """Return the engine of a model that is not written yet.

        Args:
            topology: `modelTopology` of a `model.json`.
            weights: `layer/weight` -> array of float32.
            winograd: names of convolutions of 3 x 3 with stride 1 -> side of the tiles, 2 or 4.
        """
        engine = cls.__new__(cls)
        graph = read_topology(Field("model.json", "modelTopology", topology))
        plan = plan_model(graph, {name: each.shape for name, each in weights.items()}, "model.json")
        engine._load(graph, plan.shapes, weights, winograd)
        return engine

    def _load(
        self,
        topology: Topology,
        shapes: Mapping[str, Shape],
        weights: Mapping[str, NDArray[np.float32]],
        winograd: Mapping[str, int],
    ) -> None:
        self._shape = shapes[topology.layers[0].name]
        # Weights may be any numbers: what becomes of them is seen in the answers.
        with np.errstate(all="ignore"):
            self._written = write_model(topology, shapes, weights, winograd)
            self._program = Program(self._written.plan)
        # There is one memory.
        self._lock = threading.Lock()

    def predict(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return probabilities `[n, classes]`, float32, for uint8 pixels `[n, h, w, c]`."""
        if pixels.ndim != 4 or pixels.shape[1:] != self._shape or pixels.dtype != np.uint8:
            raise BundleError(
                f"The pixels are {pixels.dtype} of shape {pixels.shape}. Expected uint8 of "
                f"[n, {', '.join(map(str, self._shape))}], as kerasport.preprocess gives it."
            )
        output, source = self._written.output, self._written.source
        given = self._program.view(source, pixels[0].size if len(pixels) else 0)
        answer = self._program.view(output.place, 4 * output.size).view(np.float32)
        result = np.empty((len(pixels), *output.shape), np.float32)
        for picture, row in zip(pixels, result, strict=True):
            with self._lock:
                given[:] = picture.ravel()
                self._program.run()
                row[...] = answer.reshape(output.shape)
        if not np.isfinite(result).all():
            raise BundleError(
                "The model's answer holds values that are not finite numbers. Expected "
                "probabilities. Export the bundle again."
            )
        return result
