"""A lowered graph in TensorFlow's operations, one for each that LiteRT has.

Not by way of Keras: its layers bring operations along that nothing needs, and for some of
TensorFlow.js' there is none.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from kerasport.exporter.formats.litert.activations import activations
from kerasport.exporter.graph import Graph, Node, Shape, graph_shapes

__all__ = ["Computation"]


class Computation:
    """Computes a graph for one picture.

    Args:
        tf: TensorFlow's module.
        graph: lowered; its weights are rounded to float32.
    """

    def __init__(self, tf: Any, graph: Graph) -> None:
        self._tf = tf
        self._graph = graph
        self._shapes = graph_shapes(graph)
        self._activations = activations(tf)

    def __call__(self, pixels: Any) -> Any:
        """Return the graph's output for float32 `[1, height, width, channels]`."""
        values = {self._graph.input: pixels}
        for node in self._graph:
            if node.name != self._graph.input:
                inputs = [values[name] for name in node.inputs]
                value = self._rules[node.class_name](self, node, inputs)
                if node.class_name not in ("Activation", "Softmax"):
                    value = self._activations[node.config.get("activation") or "linear"](value)
                values[node.name] = value
        return values[self._graph.output]

    @classmethod
    def knows(cls, node: Node) -> bool:
        """Tell whether a layer has a rule."""
        return node.class_name in cls._rules

    def _constant(self, array: Any) -> Any:
        return self._tf.constant(np.asarray(array, np.float32))

    def _weight(self, node: Node, name: str) -> Any:
        return self._constant(node.weights[name])

    def _biased(self, node: Node, value: Any) -> Any:
        if "bias" not in node.weights:
            return value
        return self._tf.nn.bias_add(value, self._weight(node, "bias"))

    def _shaped(self, value: Any, shape: Shape) -> Any:
        return self._tf.reshape(value, (1, *shape))

    def _activation(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._activations[node.config.get("activation") or "softmax"](inputs[0])

    def _convolution(self, node: Node, inputs: Sequence[Any]) -> Any:
        dilations = node.config.get("dilation_rate") or [1, 1]
        product = self._tf.nn.conv2d(
            inputs[0],
            self._weight(node, "kernel"),
            strides=node.config["strides"],
            padding=node.config["padding"].upper(),
            dilations=dilations,
        )
        return self._biased(node, product)

    def _depthwise(self, node: Node, inputs: Sequence[Any]) -> Any:
        product = self._tf.nn.depthwise_conv2d(
            inputs[0],
            self._weight(node, "depthwise_kernel"),
            strides=[1, *node.config["strides"], 1],
            padding=node.config["padding"].upper(),
        )
        return self._biased(node, product)

    def _transposed(self, node: Node, inputs: Sequence[Any]) -> Any:
        product = self._tf.nn.conv2d_transpose(
            inputs[0],
            self._weight(node, "kernel"),
            output_shape=(1, *self._shapes[node.name]),
            strides=node.config["strides"],
            padding=node.config["padding"].upper(),
        )
        return self._biased(node, product)

    def _dense(self, node: Node, inputs: Sequence[Any]) -> Any:
        kernel = node.weights["kernel"]
        shape = self._shapes[node.name]
        if len(shape) == 3:
            product = self._tf.nn.conv2d(inputs[0], self._constant(kernel[None, None]), 1, "VALID")
            return self._biased(node, product)
        rows = self._tf.reshape(inputs[0], (math.prod(shape[:-1]), kernel.shape[0]))
        return self._shaped(self._biased(node, rows @ self._constant(kernel)), shape)

    def _dot(self, node: Node, inputs: Sequence[Any]) -> Any:
        first, second = node.config["axes"]
        return self._tf.matmul(*inputs, transpose_a=first == 1, transpose_b=second == 2)

    def _max_pooling(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.nn.max_pool2d(inputs[0], *self._window(node))

    def _average_pooling(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.nn.avg_pool2d(inputs[0], *self._window(node))

    def _window(self, node: Node) -> tuple[Any, Any, str]:
        config = node.config
        return config["pool_size"], config["strides"], config["padding"].upper()

    def _global_average(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.reduce_mean(inputs[0], axis=(1, 2))

    def _global_maximum(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.reduce_max(inputs[0], axis=(1, 2))

    def _batch_normalization(self, node: Node, inputs: Sequence[Any]) -> Any:
        weights = {name: np.asarray(array, np.float64) for name, array in node.weights.items()}
        factor = 1 / np.sqrt(weights["moving_variance"] + node.config["epsilon"])
        factor = factor * weights.get("gamma", 1.0)
        summand = weights.get("beta", 0.0) - weights["moving_mean"] * factor
        return inputs[0] * self._constant(factor) + self._constant(summand)

    def _layer_normalization(self, node: Node, inputs: Sequence[Any]) -> Any:
        centered = inputs[0] - self._tf.reduce_mean(inputs[0], axis=-1, keepdims=True)
        variance = self._tf.reduce_mean(centered * centered, axis=-1, keepdims=True)
        value = centered * self._tf.math.rsqrt(variance + node.config["epsilon"])
        if "gamma" in node.weights:
            value = value * self._weight(node, "gamma")
        return value + self._weight(node, "beta") if "beta" in node.weights else value

    def _rescaling(self, node: Node, inputs: Sequence[Any]) -> Any:
        scale, offset = (np.asarray(node.config[key]) for key in ("scale", "offset"))
        value = inputs[0] if (scale == 1).all() else inputs[0] * self._constant(scale)
        return value if not offset.any() else value + self._constant(offset)

    def _relu(self, node: Node, inputs: Sequence[Any]) -> Any:
        value, limit = self._tf.nn.relu(inputs[0]), node.config.get("max_value")
        return value if limit is None else self._tf.minimum(value, float(limit))

    def _leaky(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.nn.leaky_relu(inputs[0], node.config["alpha"])

    def _prelu(self, node: Node, inputs: Sequence[Any]) -> Any:
        slopes = self._weight(node, "alpha")
        return self._tf.nn.relu(inputs[0]) + slopes * self._tf.minimum(inputs[0], 0.0)

    def _thresholded(self, node: Node, inputs: Sequence[Any]) -> Any:
        value = inputs[0]
        is_kept = value > float(node.config["theta"])
        return self._tf.where(is_kept, value, self._tf.zeros_like(value))

    def _reshaped(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._shaped(inputs[0], self._shapes[node.name])

    def _permuted(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.transpose(inputs[0], (0, *node.config["dims"]))

    def _padded(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.pad(inputs[0], ((0, 0), *node.config["padding"], (0, 0)))

    def _cropped(self, node: Node, inputs: Sequence[Any]) -> Any:
        (top, bottom), (left, right) = node.config["cropping"]
        height, width, _ = self._shapes[node.inputs[0]]
        return inputs[0][:, top : height - bottom, left : width - right]

    def _enlarged(self, node: Node, inputs: Sequence[Any]) -> Any:
        height, width, _ = self._shapes[node.name]
        return self._tf.raw_ops.ResizeNearestNeighbor(images=inputs[0], size=(height, width))

    def _concatenated(self, node: Node, inputs: Sequence[Any]) -> Any:
        return self._tf.concat(inputs, node.config["axis"])

    def _average(self, node: Node, inputs: Sequence[Any]) -> Any:
        return functools.reduce(self._tf.add, inputs) * (1 / len(inputs))

    @staticmethod
    def _merged(function: str) -> Callable[[Computation, Node, Sequence[Any]], Any]:
        def rule(self: Computation, node: Node, inputs: Sequence[Any]) -> Any:
            return functools.reduce(getattr(self._tf, function), inputs)

        return rule

    _rules: ClassVar[dict[str, Callable[[Computation, Node, Sequence[Any]], Any]]] = {
        "Activation": _activation,
        "Add": _merged("add"),
        "Average": _average,
        "AveragePooling2D": _average_pooling,
        "BatchNormalization": _batch_normalization,
        "Concatenate": _concatenated,
        "Conv2D": _convolution,
        "Conv2DTranspose": _transposed,
        "Cropping2D": _cropped,
        "Dense": _dense,
        "DepthwiseConv2D": _depthwise,
        "Dot": _dot,
        "Flatten": _reshaped,
        "GlobalAveragePooling2D": _global_average,
        "GlobalMaxPooling2D": _global_maximum,
        "LayerNormalization": _layer_normalization,
        "LeakyReLU": _leaky,
        "MaxPooling2D": _max_pooling,
        "Maximum": _merged("maximum"),
        "Minimum": _merged("minimum"),
        "Multiply": _merged("multiply"),
        "PReLU": _prelu,
        "Permute": _permuted,
        "ReLU": _relu,
        "Rescaling": _rescaling,
        "Reshape": _reshaped,
        "Softmax": _activation,
        "ThresholdedReLU": _thresholded,
        "UpSampling2D": _enlarged,
        "ZeroPadding2D": _padded,
    }
