"""Layers of one dimension: those of two dimensions on a picture one pixel wide."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node, Weights
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.channels import rewrite
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


_PLANAR = {
    "AdaptiveAveragePooling1D": "AdaptiveAveragePooling2D",
    "AdaptiveMaxPooling1D": "AdaptiveMaxPooling2D",
    "AveragePooling1D": "AveragePooling2D",
    "Conv1D": "Conv2D",
    "Conv1DTranspose": "Conv2DTranspose",
    "Cropping1D": "Cropping2D",
    "DepthwiseConv1D": "DepthwiseConv2D",
    "GlobalAveragePooling1D": "GlobalAveragePooling2D",
    "GlobalMaxPooling1D": "GlobalMaxPooling2D",
    "MaxPooling1D": "MaxPooling2D",
    "SeparableConv1D": "SeparableConv2D",
    "UpSampling1D": "UpSampling2D",
    "ZeroPadding1D": "ZeroPadding2D",
}
"""Layer of one dimension -> the layer of two."""

_BESIDE = {
    "cropping": 0,
    "dilation_rate": 1,
    "kernel_size": 1,
    "output_padding": 0,
    "output_size": 1,
    "pool_size": 1,
    "size": 1,
    "strides": 1,
}
"""Setting -> what stands beside it for the second dimension, which has a length of 1."""


@rewrites(*_PLANAR)
def _on_a_plane(node: Node, build: Builder) -> str:
    length, channels = build.shape()
    source = build.reshape(build.inputs[0], (length, 1, channels))
    config = dict(node.config)
    for name, beside in _BESIDE.items():
        if config.get(name) is not None:
            config[name] = [_first(config[name]), beside]
    if node.class_name in ("Cropping1D", "ZeroPadding1D"):
        name = "cropping" if node.class_name == "Cropping1D" else "padding"
        sides = node.config[name]
        config[name] = [[sides, sides] if isinstance(sides, int) else list(sides), [0, 0]]
    if config.get("padding") == "causal":
        reach = (config["kernel_size"][0] - 1) * config["dilation_rate"][0]
        source = build.append(
            "ZeroPadding2D",
            {"padding": [[reach, 0], [0, 0]], "data_format": "channels_last"},
            inputs=source,
            suffix="causal",
        )
        config["padding"] = "valid"
    build.inputs = [source]
    class_name = _PLANAR[node.class_name]
    plane = Node(node.name, class_name, config, node.inputs, _widened(node.weights))
    result = rewrite(plane, build)
    shape = build.shape(result)
    return build.reshape(result, [shape[0], shape[2]]) if len(shape) == 3 else result


def _first(value: Any) -> int:
    return int(value[0]) if isinstance(value, (list, tuple)) else int(value)


def _widened(weights: Weights) -> Weights:
    """Give kernels a second side of 1; biases stay."""
    return {
        name: array if array.ndim < 3 else np.expand_dims(array, 1)
        for name, array in weights.items()
    }
