"""Run a bundle in Python without TensorFlow: the layers of TensorFlow.js in numpy.

This is an independent reading of the files that were written. The exporter uses it to compare a
bundle with Keras before the bundle is put in place, and `kerasport predict` uses it where only
the exported folder is at hand. It computes in float32, like the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.errors import BundleError
from kerasport.runtime.layers import LAYERS, Array

__all__ = ["Runtime"]


class Runtime:
    """A bundle's model, ready to predict."""

    _classes: int | None

    def __init__(self, bundle: Bundle) -> None:
        self._load(bundle.model()["modelTopology"], bundle.weights(), bundle.metadata.input_shape)
        self._classes = len(bundle.metadata.class_names)

    @classmethod
    def of(
        cls,
        topology: Mapping[str, Any],
        weights: Mapping[str, Array],
        input_shape: tuple[int, int, int],
    ) -> Runtime:
        """Return the runtime of a model that is not written yet.

        Args:
            topology: `modelTopology` of a `model.json`.
            weights: `layer/weight` -> float32 array.
            input_shape: height, width, channels.
        """
        runtime = cls.__new__(cls)
        runtime._load(topology, weights, input_shape)
        return runtime

    def _load(
        self,
        topology: Mapping[str, Any],
        weights: Mapping[str, Array],
        input_shape: tuple[int, int, int],
    ) -> None:
        config = topology["model_config"]["config"]
        self._shape = input_shape
        self._classes = None
        self._layers: list[dict[str, Any]] = config["layers"]
        self._output: str = config["output_layers"][0][0]
        self._weights: dict[str, dict[str, Array]] = {}
        for name, array in weights.items():
            layer, _, variable = name.rpartition("/")
            self._weights.setdefault(layer, {})[variable] = array
        for layer in self._layers:
            if layer["class_name"] not in LAYERS:
                raise BundleError(
                    f"The Python runtime does not know the layer {layer['name']!r} of class "
                    f"{layer['class_name']}. Use the Keras model itself, or a browser."
                )

    def predict(self, pixels: NDArray[np.uint8], *, batch_size: int = 32) -> Array:
        """Return probabilities, float32 `[n, classes]`, for uint8 pixels `[n, h, w, c]`."""
        if pixels.ndim != 4 or pixels.shape[1:] != self._shape:
            raise BundleError(
                f"The pixels have shape {pixels.shape}. Expected [n, "
                f"{', '.join(map(str, self._shape))}], as kerasport.preprocess gives it."
            )
        batches = [
            self._forward(pixels[start : start + batch_size].astype(np.float32))
            for start in range(0, len(pixels), batch_size)
        ]
        result: Array = np.concatenate(batches)
        if self._classes is not None and result.shape[1:] != (self._classes,):
            raise BundleError(
                f"The model gives {result[0].size} probabilities for {self._classes} class names. "
                "Expected one for each. Export the bundle again."
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
            self._forward(picture[None].astype(np.float32), note)
        return {name: total / len(pixels) for name, total in sums.items()}

    def trace(self, pixels: NDArray[np.uint8]) -> dict[str, Array]:
        """Return what every layer gives for one picture, uint8 `[h, w, c]`, in their order."""
        return self._values(pixels[None].astype(np.float32))

    def input_of(self, layer: str, pixels: NDArray[np.uint8]) -> Array:
        """Return what goes into a layer with one input, float32, for pixels `[n, h, w, c]`."""
        found: list[Array] = []

        def note(name: str, inputs: list[Array]) -> None:
            if name == layer:
                found.extend(inputs)

        self._forward(pixels.astype(np.float32), note)
        return found[0]

    def _forward(
        self,
        batch: Array,
        note: Callable[[str, list[Array]], None] = lambda name, inputs: None,
    ) -> Array:
        return self._values(batch, note)[self._output]

    def _values(
        self,
        batch: Array,
        note: Callable[[str, list[Array]], None] = lambda name, inputs: None,
    ) -> dict[str, Array]:
        values: dict[str, Array] = {}
        for layer in self._layers:
            name = layer["name"]
            inbound = layer["inbound_nodes"]
            inputs = [values[source[0]] for source in inbound[0]] if inbound else [batch]
            note(name, inputs)
            compute = LAYERS[layer["class_name"]]
            values[name] = compute(layer["config"], self._weights.get(name, {}), inputs)
        return values
