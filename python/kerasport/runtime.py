"""Run a bundle in Python without TensorFlow: the layers of TensorFlow.js in numpy.

This is an independent reading of the files that were written. The exporter uses it to compare a
bundle with Keras before the bundle is put in place, and `kerasport predict` uses it where only
the exported folder is at hand. It computes in float32, like the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.errors import BundleError

__all__ = ["Runtime"]

Array = NDArray[np.float32]
Layer = Callable[[dict[str, Any], dict[str, Array], list[Array]], Array]


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
            if layer["class_name"] not in _LAYERS:
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
            compute = _LAYERS[layer["class_name"]]
            values[name] = compute(layer["config"], self._weights.get(name, {}), inputs)
        return values[self._output]


def _activate(name: str, x: Array) -> Array:
    return _ACTIVATIONS[name](x)


def _softmax(x: Array) -> Array:
    exponents = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = exponents / exponents.sum(axis=-1, keepdims=True)
    return result


def _sigmoid(x: Array) -> Array:
    # exp of a negative number only: no overflow at either end.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)


_SELU_ALPHA, _SELU_SCALE = np.float32(1.6732632423543772), np.float32(1.0507009873554805)

_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "softplus": lambda x: np.logaddexp(x, np.float32(0)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "swish": lambda x: x * _sigmoid(x),
}


def _padding(
    size: int, window: int, stride: int, dilation: int, padding: str
) -> tuple[int, int, int]:
    """Return padding before, padding after and output size, as TensorFlow defines `same`."""
    extent = (window - 1) * dilation + 1
    if padding == "valid":
        return 0, 0, (size - extent) // stride + 1
    output = -(-size // stride)
    total = max(0, (output - 1) * stride + extent - size)
    return total // 2, total - total // 2, output


def _windows(x: Array, config: dict[str, Any], size: str, fill: float) -> Array:
    """Return a view `[n, rows, columns, channels, window height, window width]`."""
    (height, width), (row_step, column_step) = config[size], config["strides"]
    row_dilation, column_dilation = config.get("dilation_rate", [1, 1])
    top, bottom, rows = _padding(x.shape[1], height, row_step, row_dilation, config["padding"])
    left, right, columns = _padding(
        x.shape[2], width, column_step, column_dilation, config["padding"]
    )
    x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    extent = ((height - 1) * row_dilation + 1, (width - 1) * column_dilation + 1)
    # numpy's types know one axis only.
    view: Any = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(1, 2))  # type: ignore[call-overload]
    view = view[:, ::row_step, ::column_step, :, ::row_dilation, ::column_dilation]
    result: Array = view[:, :rows, :columns]
    return result


def _finish(config: dict[str, Any], weights: dict[str, Array], x: Array) -> Array:
    if "bias" in weights:
        x = x + weights["bias"]
    return _activate(config["activation"], x)


def _conv2d(config: dict[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    view = _windows(inputs[0], config, "kernel_size", 0.0)
    kernel = weights["kernel"].transpose(2, 0, 1, 3)
    return _finish(config, weights, np.tensordot(view, kernel, axes=3))


def _depthwise(config: dict[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    view = _windows(inputs[0], config, "kernel_size", 0.0)
    product = np.einsum("nyxchw,hwcm->nyxcm", view, weights["depthwise_kernel"], optimize=True)
    return _finish(config, weights, product.reshape(*product.shape[:3], -1))


def _dense(config: dict[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    return _finish(config, weights, inputs[0] @ weights["kernel"])


def _max_pooling(config: dict[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    result: Array = _windows(inputs[0], config, "pool_size", -np.inf).max(axis=(4, 5))
    return result


def _average_pooling(config: dict[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    # The mean is over the pixels inside the picture, not over the padding.
    total = _windows(inputs[0], config, "pool_size", 0.0).sum(axis=(4, 5))
    count = _windows(np.ones_like(inputs[0]), config, "pool_size", 0.0).sum(axis=(4, 5))
    result: Array = total / count
    return result


def _batch_normalization(
    config: dict[str, Any], weights: dict[str, Array], inputs: list[Array]
) -> Array:
    factor = 1 / np.sqrt(weights["moving_variance"] + np.float32(config["epsilon"]))
    factor = factor * weights.get("gamma", np.float32(1))
    offset = weights.get("beta", np.float32(0)) - weights["moving_mean"] * factor
    result: Array = inputs[0] * factor + offset
    return result


def _zero_padding(config: dict[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    return np.pad(inputs[0], ((0, 0), *map(tuple, config["padding"]), (0, 0)))


def _relu(config: dict[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    return np.clip(inputs[0], 0, config.get("max_value"))


def _rescaling(config: dict[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    scale, offset = np.float32(config["scale"]), np.float32(config["offset"])
    return inputs[0] * scale + offset


_LAYERS: dict[str, Layer] = {
    "InputLayer": lambda config, weights, inputs: inputs[0],
    "Activation": lambda config, weights, inputs: _activate(config["activation"], inputs[0]),
    "Add": lambda config, weights, inputs: np.sum(inputs, axis=0, dtype=np.float32),
    "AveragePooling2D": _average_pooling,
    "BatchNormalization": _batch_normalization,
    "Conv2D": _conv2d,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Flatten": lambda config, weights, inputs: inputs[0].reshape(len(inputs[0]), -1),
    "GlobalAveragePooling2D": lambda config, weights, inputs: inputs[0].mean(axis=(1, 2)),
    "GlobalMaxPooling2D": lambda config, weights, inputs: inputs[0].max(axis=(1, 2)),
    "MaxPooling2D": _max_pooling,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Softmax": lambda config, weights, inputs: _softmax(inputs[0]),
    "ZeroPadding2D": _zero_padding,
}
