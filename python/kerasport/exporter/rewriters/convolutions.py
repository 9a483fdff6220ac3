"""Convolutions and dense layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph import Node
from kerasport.exporter.rewriters.activations import activated
from kerasport.exporter.rewriters.builder import Builder, Unsupported, rewrites
from kerasport.exporter.rewriters.settings import channels_last, ordered, pair, window


def _common(node: Node) -> dict[str, Any]:
    return {
        **window(node.config, "kernel_size"),
        "dilation_rate": pair(node.config.get("dilation_rate", 1)),
        "use_bias": bool(node.config["use_bias"]),
        **channels_last(node),
    }


@rewrites("Conv2D")
def _conv2d(node: Node, build: Builder) -> str:
    config = {"filters": int(node.config["filters"]), **_common(node)}
    weights = ordered(node, "kernel", "bias")
    groups = int(node.config.get("groups", 1))
    if groups > 1 and groups == build.shape()[2]:
        # Every channel on its own: a depthwise convolution, with its filters in the same order.
        kernel = node.weights["kernel"]
        multiplier = config.pop("filters") // groups
        config["depth_multiplier"] = multiplier
        weights = {
            "depthwise_kernel": kernel.reshape(*kernel.shape[:2], groups, multiplier),
            **ordered(node, "bias"),
        }
        return activated(
            build, "DepthwiseConv2D", config, node.config["activation"], weights=weights
        )
    if groups > 1:
        weights["kernel"] = _ungrouped(node.weights["kernel"], groups)
    return activated(build, "Conv2D", config, node.config["activation"], weights=weights)


def _ungrouped(kernel: NDArray[np.generic], groups: int) -> NDArray[np.generic]:
    """Return the kernel of an ungrouped convolution: zero where groups do not see each other.

    TensorFlow.js has no grouped convolution, and products with exact zeros change no sum.
    """
    height, width, depth, filters = kernel.shape
    full = np.zeros((height, width, depth * groups, filters), kernel.dtype)
    each = filters // groups
    for group in range(groups):
        columns = slice(group * each, (group + 1) * each)
        rows = slice(group * depth, (group + 1) * depth)
        full[:, :, rows, columns] = kernel[:, :, :, columns]
    return full


@rewrites("DepthwiseConv2D")
def _depthwise_conv2d(node: Node, build: Builder) -> str:
    config = {"depth_multiplier": int(node.config.get("depth_multiplier", 1)), **_common(node)}
    # TensorFlow.js kept Keras 2's name of the kernel.
    weights = {"depthwise_kernel": node.weights["kernel"], **ordered(node, "bias")}
    return activated(build, "DepthwiseConv2D", config, node.config["activation"], weights=weights)


@rewrites("SeparableConv2D")
def _separable_conv2d(node: Node, build: Builder) -> str:
    # The two steps that it stands for; later passes then know two layers less.
    common = _common(node)
    depthwise = build.layer(
        "DepthwiseConv2D",
        {
            **common,
            "depth_multiplier": int(node.config.get("depth_multiplier", 1)),
            "use_bias": False,
            "activation": "linear",
        },
        weights={"depthwise_kernel": node.weights["depthwise_kernel"]},
        suffix="depthwise",
    )
    pointwise = {
        **common,
        "filters": int(node.config["filters"]),
        "kernel_size": [1, 1],
        "strides": [1, 1],
        "dilation_rate": [1, 1],
    }
    weights = {"kernel": node.weights["pointwise_kernel"], **ordered(node, "bias")}
    return activated(
        build, "Conv2D", pointwise, node.config["activation"], inputs=depthwise, weights=weights
    )


@rewrites("Conv2DTranspose")
def _conv2d_transpose(node: Node, build: Builder) -> str:
    config = _common(node)
    if config.pop("dilation_rate") != [1, 1]:
        raise Unsupported(
            f"TensorFlow.js does not compute dilation_rate={node.config['dilation_rate']}",
            "use dilation_rate=1",
        )
    if node.config.get("output_padding") is not None:
        raise Unsupported(
            f"TensorFlow.js does not compute output_padding={node.config['output_padding']}",
            "leave output_padding out",
        )
    config = {"filters": int(node.config["filters"]), **config}
    weights = ordered(node, "kernel", "bias")
    return activated(build, "Conv2DTranspose", config, node.config["activation"], weights=weights)


@rewrites("Dense")
def _dense(node: Node, build: Builder) -> str:
    config = {"units": int(node.config["units"]), "use_bias": bool(node.config["use_bias"])}
    weights = ordered(node, "kernel", "bias")
    return activated(build, "Dense", config, node.config["activation"], weights=weights)
