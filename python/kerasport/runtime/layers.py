"""TensorFlow.js' layers in numpy, in the dtype of weights and inputs: float32 or float64.

Numbers of a configuration are Python's, which numpy takes in the dtype of the array beside them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kerasport.runtime.activations import Array, activate, softmax

__all__ = ["LAYERS", "Array", "Layer", "window_padding"]

_MAX_COPIED = 1 << 26
"""Values of windows that a convolution copies at a time: 256 MiB."""

Layer = Callable[[Mapping[str, Any], dict[str, Array], list[Array]], Array]
"""Takes configuration, weights and inputs `[n, ...]`; returns the output."""


def window_padding(
    size: int, window: int, stride: int, dilation: int, padding: str
) -> tuple[int, int, int]:
    """Return padding before, padding after and output size of a sliding window.

    `same` is TensorFlow's: the output has ceil(size / stride) values, and an odd rest of the
    padding goes behind.
    """
    extent = (window - 1) * dilation + 1
    if padding == "valid":
        return 0, 0, (size - extent) // stride + 1
    output = -(-size // stride)
    total = max(0, (output - 1) * stride + extent - size)
    return total // 2, total - total // 2, output


def _windows(x: Array, config: Mapping[str, Any], size: str, fill: float) -> Array:
    """Return a view `[n, rows, columns, channels, window height, window width]`."""
    (height, width), (row_step, column_step) = config[size], config["strides"]
    row_dilation, column_dilation = config.get("dilation_rate") or [1, 1]
    top, bottom, rows = window_padding(
        x.shape[1], height, row_step, row_dilation, config["padding"]
    )
    left, right, columns = window_padding(
        x.shape[2], width, column_step, column_dilation, config["padding"]
    )
    if top or bottom or left or right:
        x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    extent = ((height - 1) * row_dilation + 1, (width - 1) * column_dilation + 1)
    # numpy's types know one axis only.
    view: Any = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(1, 2))  # type: ignore[call-overload]
    view = view[:, ::row_step, ::column_step, :, ::row_dilation, ::column_dilation]
    result: Array = view[:, :rows, :columns]
    return result


def _finish(config: Mapping[str, Any], weights: dict[str, Array], x: Array) -> Array:
    if "bias" in weights:
        x = x + weights["bias"]
    return activate(config.get("activation") or "linear", x)


def _conv2d(config: Mapping[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    x, kernel = inputs[0], weights["kernel"]
    if kernel.shape[:2] == (1, 1):
        # One product of matrices, without a copy of every window.
        rows, columns = config["strides"]
        return _finish(config, weights, x[:, ::rows, ::columns] @ kernel[0, 0])
    view = _windows(x, config, "kernel_size", 0.0)
    return _finish(config, weights, _products(view, kernel.transpose(2, 0, 1, 3)))


def _products(view: Array, kernel: Array) -> Array:
    """Return the product of every window with a kernel `[channels, height, width, filters]`.

    A product of matrices copies the windows: as many of them at a time as memory is for.
    """
    one = view[:, :1, :1].size
    rows = max(1, _MAX_COPIED // (one * view.shape[2]))
    columns = max(1, _MAX_COPIED // one)
    strips = [
        np.concatenate(
            [
                np.tensordot(view[:, top : top + rows, left : left + columns], kernel, axes=3)
                for left in range(0, view.shape[2], columns)
            ],
            axis=2,
        )
        for top in range(0, view.shape[1], rows)
    ]
    return np.concatenate(strips, axis=1)


def _depthwise(config: Mapping[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    view = _windows(inputs[0], config, "kernel_size", 0.0)
    product = np.einsum("nyxchw,hwcm->nyxcm", view, weights["depthwise_kernel"], optimize=True)
    return _finish(config, weights, product.reshape(*product.shape[:3], -1))


def _dense(config: Mapping[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    return _finish(config, weights, inputs[0] @ weights["kernel"])


def _max_pooling(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    result: Array = _windows(inputs[0], config, "pool_size", -np.inf).max(axis=(4, 5))
    return result


def _average_pooling(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    # The mean is over the pixels inside the picture, not over the padding.
    x = inputs[0]
    inside = np.ones((1, *x.shape[1:3], 1), x.dtype)
    count = _windows(inside, config, "pool_size", 0.0).sum(axis=(4, 5))
    total = _windows(x, config, "pool_size", 0.0).sum(axis=(4, 5), dtype=np.float64)
    result: Array = (total / count).astype(x.dtype)
    return result


def _global_average(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    # numpy adds one pixel after the other: in float32 a large map would lose digits.
    mean: Array = inputs[0].mean(axis=(1, 2), dtype=np.float64)
    return mean.astype(inputs[0].dtype)


def _batch_normalization(
    config: Mapping[str, Any], weights: dict[str, Array], inputs: list[Array]
) -> Array:
    factor = 1 / np.sqrt(weights["moving_variance"] + config["epsilon"])
    factor = factor * weights.get("gamma", 1.0)
    offset = weights.get("beta", 0) - weights["moving_mean"] * factor
    result: Array = inputs[0] * factor + offset
    return result


def _zero_padding(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    return np.pad(inputs[0], ((0, 0), *map(tuple, config["padding"]), (0, 0)))


def _relu(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    return np.clip(inputs[0], 0, config.get("max_value"))


def _rescaling(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    dtype = inputs[0].dtype
    scale, offset = (np.asarray(config[key], dtype) for key in ("scale", "offset"))
    result: Array = inputs[0] * scale + offset
    return result


def _transposed(config: Mapping[str, Any], weights: dict[str, Array], inputs: list[Array]) -> Array:
    x, kernel = inputs[0], weights["kernel"]
    (height, width), (row_step, column_step) = config["kernel_size"], config["strides"]
    n, rows, columns, _ = x.shape
    # Every input value lays its kernel, scaled, onto the output: one place of it after the other.
    full = np.zeros(
        (
            n,
            (rows - 1) * row_step + max(height, row_step),
            (columns - 1) * column_step + max(width, column_step),
            config["filters"],
        ),
        x.dtype,
    )
    for row in range(height):
        for column in range(width):
            target = full[
                :,
                row : row + rows * row_step : row_step,
                column : column + columns * column_step : column_step,
            ]
            target[:, :rows, :columns] += x @ kernel[row, column].T
    if config["padding"] == "same":
        top = max(height - row_step, 0) // 2
        left = max(width - column_step, 0) // 2
        full = full[:, top : top + rows * row_step, left : left + columns * column_step]
    return _finish(config, weights, full)


def _layer_normalization(
    config: Mapping[str, Any], weights: dict[str, Array], inputs: list[Array]
) -> Array:
    x = inputs[0]
    centerd = x - x.mean(axis=-1, keepdims=True)
    variance = (centerd * centerd).mean(axis=-1, keepdims=True)
    result: Array = centerd / np.sqrt(variance + config["epsilon"])
    return result * weights.get("gamma", 1.0) + weights.get("beta", 0)


def _cropping(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    (top, bottom), (left, right) = config["cropping"]
    height, width = inputs[0].shape[1:3]
    return inputs[0][:, top : height - bottom, left : width - right]


def _upsampling(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    rows, columns = config["size"]
    return inputs[0].repeat(rows, axis=1).repeat(columns, axis=2)


def _permute(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    return inputs[0].transpose(0, *config["dims"])


def _dot(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    # Matrices only, as the exporter writes them: [n, rows, columns].
    first, second = inputs
    if config["axes"][0] == 1:
        first = first.transpose(0, 2, 1)
    if config["axes"][1] == 2:
        second = second.transpose(0, 2, 1)
    return first @ second


def _thresholded(config: Mapping[str, Any], _: dict[str, Array], inputs: list[Array]) -> Array:
    return np.where(inputs[0] > config["theta"], inputs[0], 0)


def _leaky(x: Array, slope: Array | float) -> Array:
    return np.where(x > 0, x, x * slope)


def _merged(function: Any) -> Layer:
    # One after the other, not as a stack: inputs may have sides of 1 that are broadcast.
    return lambda config, weights, inputs: functools.reduce(function, inputs)


LAYERS: dict[str, Layer] = {
    "InputLayer": lambda config, weights, inputs: inputs[0],
    "Activation": lambda config, weights, inputs: activate(config["activation"], inputs[0]),
    "Add": _merged(np.add),
    "Average": lambda config, weights, inputs: functools.reduce(np.add, inputs) / len(inputs),
    "AveragePooling2D": _average_pooling,
    "BatchNormalization": _batch_normalization,
    "Concatenate": lambda config, weights, inputs: np.concatenate(inputs, axis=config["axis"]),
    "Conv2D": _conv2d,
    "Conv2DTranspose": _transposed,
    "Cropping2D": _cropping,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dot": _dot,
    "Flatten": lambda config, weights, inputs: inputs[0].reshape(len(inputs[0]), -1),
    "GlobalAveragePooling2D": _global_average,
    "GlobalMaxPooling2D": lambda config, weights, inputs: inputs[0].max(axis=(1, 2)),
    "LayerNormalization": _layer_normalization,
    "LeakyReLU": lambda config, weights, inputs: _leaky(inputs[0], config["alpha"]),
    "MaxPooling2D": _max_pooling,
    "Maximum": _merged(np.maximum),
    "Minimum": _merged(np.minimum),
    "Multiply": _merged(np.multiply),
    "PReLU": lambda config, weights, inputs: _leaky(inputs[0], weights["alpha"]),
    "Permute": _permute,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": lambda config, weights, inputs: inputs[0].reshape(
        len(inputs[0]), *config["target_shape"]
    ),
    "Softmax": lambda config, weights, inputs: softmax(inputs[0]),
    "ThresholdedReLU": _thresholded,
    "UpSampling2D": _upsampling,
    "ZeroPadding2D": _zero_padding,
}
