"""Run a bundle in Python without TensorFlow: the layers of TensorFlow.js in numpy.

This is an independent reading of the files that were written. The exporter uses it to compare a
bundle with Keras before the bundle is put in place, and `kerasport predict` uses it where only
the exported folder is at hand. It computes in float32, like the browser, or in float64, where the
rounding of float32 is what is to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.field import Field
from kerasport.bundle.topology import Topology, read_topology
from kerasport.errors import BundleError
from kerasport.runtime.layers import LAYERS, Array, Layer
from kerasport.runtime.winograd import winograd_convolution

__all__ = ["Runtime"]

_MAX_HELD_VALUES = 1 << 26
"""Values of one batch that are held at a time, where more than one picture fits: 256 MiB."""


class Runtime:
    """A bundle's model, ready to predict: every convolution as the plain sum that it is."""

    _largest_batch = 1 << 20
    _is_of_a_bundle = False

    def __init__(self, bundle: Bundle) -> None:
        shape = bundle.metadata.input_shape
        self._load(bundle.topology(), bundle.weights(), shape, np.float32)
        self._largest_batch = max(1, _MAX_HELD_VALUES // bundle.live_values)
        self._is_of_a_bundle = True

    @classmethod
    def of(
        cls,
        topology: dict[str, Any],
        weights: Mapping[str, Array],
        input_shape: tuple[int, int, int],
        dtype: DTypeLike = np.float32,
        winograd: Mapping[str, int] = MappingProxyType({}),
    ) -> Runtime:
        """Return the runtime of a model that is not written yet.

        Args:
            topology: `modelTopology` of a `model.json`.
            weights: `layer/weight` -> array of floats.
            input_shape: height, width, channels.
            dtype: float32, or float64: what weights and pictures become and all is computed in.
            winograd: names of convolutions of 3 x 3 with stride 1 -> side of the tiles, 2 or 4, by
                which they are computed as the client's engine may; see `runtime.winograd`.
        """
        runtime = cls.__new__(cls)
        root = Field("model.json", "modelTopology", topology)
        runtime._load(read_topology(root), weights, input_shape, dtype)
        for name, side in winograd.items():
            runtime._computed[name] = partial(winograd_convolution, side=side)
        return runtime

    def _load(
        self,
        topology: Topology,
        weights: Mapping[str, Array],
        input_shape: tuple[int, int, int],
        dtype: DTypeLike,
    ) -> None:
        self._dtype = np.dtype(dtype)
        self._shape = input_shape
        self._topology = topology
        self._computed: dict[str, Layer] = {
            layer.name: LAYERS[layer.class_name] for layer in topology.layers
        }
        last = {source: layer.name for layer in topology.layers for source in layer.inputs}
        last.pop(topology.output, None)
        self._finished: dict[str, list[str]] = {}
        for source, name in last.items():
            self._finished.setdefault(name, []).append(source)
        self._weights: dict[str, dict[str, Array]] = {}
        for name, array in weights.items():
            owner, _, variable = name.rpartition("/")
            self._weights.setdefault(owner, {})[variable] = np.asarray(array, self._dtype)

    def predict(self, pixels: NDArray[np.uint8], *, batch_size: int = 32) -> Array:
        """Return probabilities `[n, classes]` for uint8 pixels `[n, h, w, c]`."""
        return self._predict(pixels, batch_size, lambda name, inputs: None)

    def predict_with(
        self, layer: str, pixels: NDArray[np.uint8], *, batch_size: int = 32
    ) -> tuple[Array, Array]:
        """Return probabilities, and what goes into a layer with one input, of one inference."""
        found: list[Array] = []

        def note(name: str, inputs: list[Array]) -> None:
            if name == layer:
                found.extend(inputs)

        answers = self._predict(pixels, batch_size, note)
        return answers, np.concatenate(found)

    def _predict(
        self, pixels: NDArray[np.uint8], batch_size: int, note: Callable[[str, list[Array]], None]
    ) -> Array:
        if pixels.ndim != 4 or pixels.shape[1:] != self._shape:
            raise BundleError(
                f"The pixels have shape {pixels.shape}. Expected [n, "
                f"{', '.join(map(str, self._shape))}], as kerasport.preprocess gives it."
            )
        batch_size = min(batch_size, self._largest_batch)
        batches = [
            self._forward(pixels[start : start + batch_size].astype(self._dtype), note)
            for start in range(0, len(pixels), batch_size)
        ]
        result: Array = np.concatenate(batches)
        if self._is_of_a_bundle and not np.isfinite(result).all():
            raise BundleError(
                "The model's answer holds values that are not finite numbers. Expected "
                "probabilities. Export the bundle again."
            )
        return result

    def input_means(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
        """Return, for each layer with one input, its input's mean per channel over the pictures.

        Pictures go through one by one, so that only one picture's values are held.
        """
        sums: dict[str, NDArray[np.float64]] = {}

        def note(name: str, inputs: list[Array]) -> None:
            if len(inputs) == 1 and name in self._weights:
                mean = inputs[0].reshape(-1, inputs[0].shape[-1]).mean(axis=0, dtype=np.float64)
                sums[name] = sums.get(name, 0.0) + mean

        for picture in pixels:
            self._forward(picture[None].astype(self._dtype), note)
        return {name: total / len(pixels) for name, total in sums.items()}

    def trace(self, pixels: NDArray[np.uint8]) -> dict[str, Array]:
        """Return what every layer gives for one picture, uint8 `[h, w, c]`, in their order."""
        return self._values(pixels[None].astype(self._dtype))

    def input_of(self, layer: str, pixels: NDArray[np.uint8]) -> Array:
        """Return what goes into a layer with one input, for pixels `[n, h, w, c]`."""
        found: list[Array] = []

        def note(name: str, inputs: list[Array]) -> None:
            if name == layer:
                found.extend(inputs)

        self._forward(pixels.astype(self._dtype), note)
        return found[0]

    def _forward(
        self,
        batch: Array,
        note: Callable[[str, list[Array]], None] = lambda name, inputs: None,
    ) -> Array:
        return self._values(batch, note, forget=True)[self._topology.output]

    def _values(
        self,
        batch: Array,
        note: Callable[[str, list[Array]], None] = lambda name, inputs: None,
        *,
        forget: bool = False,
    ) -> dict[str, Array]:
        """Return the outputs of all layers; with `forget` of those that no layer took."""
        values: dict[str, Array] = {}
        # What is no number shows in the answer.
        with np.errstate(all="ignore"):
            for layer in self._topology.layers:
                inputs = [values[name] for name in layer.inputs] or [batch]
                note(layer.name, inputs)
                weights = self._weights.get(layer.name, {})
                values[layer.name] = self._computed[layer.name](layer.config, weights, inputs)
                if forget:
                    for source in self._finished.get(layer.name, ()):
                        del values[source]
        return values
