"""Run a bundle in Python without TensorFlow: the layers of TensorFlow.js in numpy.

This is an independent reading of the files that were written. The exporter uses it to compare a
bundle with Keras before the bundle is put in place, and `kerasport predict` uses it where only
the exported folder is at hand. It computes in float32, like the browser.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.errors import BundleError
from kerasport.runtime.layers import LAYERS, Array

__all__ = ["Runtime"]


class Runtime:
    """A bundle's model, ready to predict."""

    def __init__(self, bundle: Bundle) -> None:
        config = bundle.model()["modelTopology"]["model_config"]["config"]
        self._shape = bundle.metadata.input_shape
        self._layers: list[dict[str, Any]] = config["layers"]
        self._output: str = config["output_layers"][0][0]
        self._weights: dict[str, dict[str, Array]] = {}
        for name, array in bundle.weights().items():
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
        return result

    def _forward(self, batch: Array) -> Array:
        values: dict[str, Array] = {}
        for layer in self._layers:
            name = layer["name"]
            inbound = layer["inbound_nodes"]
            inputs = [values[source[0]] for source in inbound[0]] if inbound else [batch]
            compute = LAYERS[layer["class_name"]]
            values[name] = compute(layer["config"], self._weights.get(name, {}), inputs)
        return values[self._output]
