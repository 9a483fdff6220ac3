"""Convolutions and dense layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph.graph import Node, Weights
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import channels_last, ordered, pair, window
from kerasport.exporter.lowering.layers.activations import (
    append_activation,
    append_with_activation,
    name_of,
)
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


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
        return _depthwise(build, config, node.config["activation"], weights)
    if groups > 1:
        weights["kernel"] = _ungrouped(node.weights["kernel"], groups)
    return append_with_activation(
        build, "Conv2D", config, node.config["activation"], weights=weights
    )


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
    return _depthwise(build, config, node.config["activation"], weights)


def _depthwise(
    build: Builder,
    config: dict[str, Any],
    activation: Any,
    weights: Weights,
    *,
    suffix: str | None = None,
) -> str:
    # TensorFlow.js' layer drops the dilation without a word, so it goes into the kernel.
    kernel = _spread(weights["depthwise_kernel"], config["dilation_rate"])
    config = {**config, "kernel_size": list(kernel.shape[:2]), "dilation_rate": [1, 1]}
    weights = {**weights, "depthwise_kernel": kernel}
    if suffix is not None:
        config["activation"] = activation
        return build.append("DepthwiseConv2D", config, weights=weights, suffix=suffix)
    return append_with_activation(build, "DepthwiseConv2D", config, activation, weights=weights)


@rewrites("SeparableConv2D")
def _separable_conv2d(node: Node, build: Builder) -> str:
    # The two steps that it stands for; later passes then know two layers less.
    common = _common(node)
    depthwise = _depthwise(
        build,
        {
            **common,
            "depth_multiplier": int(node.config.get("depth_multiplier", 1)),
            "use_bias": False,
        },
        "linear",
        {"depthwise_kernel": node.weights["depthwise_kernel"]},
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
    return append_with_activation(
        build, "Conv2D", pointwise, node.config["activation"], inputs=depthwise, weights=weights
    )


@rewrites("Conv2DTranspose")
def _conv2d_transpose(node: Node, build: Builder) -> str:
    config = _common(node)
    dilations = config.pop("dilation_rate")
    kernel = _spread(node.weights["kernel"], dilations)
    config = {"filters": int(node.config["filters"]), **config}
    weights = {**ordered(node, "kernel", "bias"), "kernel": kernel}
    activation = node.config["activation"]
    if dilations == [1, 1] and node.config.get("output_padding") is None:
        return append_with_activation(build, "Conv2DTranspose", config, activation, weights=weights)
    # The whole of what the kernel reaches, and then the part that Keras' settings ask for.
    sides = kernel.shape[:2]
    config |= {"kernel_size": list(sides), "padding": "valid", "use_bias": False}
    whole = build.append(
        "Conv2DTranspose",
        {**config, "activation": "linear"},
        weights={"kernel": kernel},
        suffix="whole",
    )
    padding = node.config.get("output_padding")
    extra = [None, None] if padding is None else pair(padding)
    crop, frame = [], []
    for axis in (0, 1):
        before, target = _reach(
            build.shape()[axis],
            sides[axis],
            config["strides"][axis],
            str(node.config["padding"]),
            extra[axis],
        )
        behind = build.shape(whole)[axis] - before - target
        crop.append([before, max(behind, 0)])
        frame.append([0, max(-behind, 0)])
    layout = {"data_format": "channels_last"}
    part = build.append("Cropping2D", {"cropping": crop, **layout}, inputs=whole, suffix="part")
    if frame != [[0, 0], [0, 0]]:
        part = build.append(
            "ZeroPadding2D", {"padding": frame, **layout}, inputs=part, suffix="padded"
        )
    if "bias" in node.weights:
        part = build.add_constant(part, np.asarray(node.weights["bias"]))
    name = name_of(activation)
    return part if name == "linear" else append_activation(build, part, name, suffix="activation")


def _spread(kernel: NDArray[np.generic], dilations: list[int]) -> NDArray[np.generic]:
    """Return a kernel with zeros between its values: what dilation means."""
    if dilations == [1, 1]:
        return kernel
    rows, columns = ((side - 1) * by + 1 for side, by in zip(kernel.shape, dilations, strict=False))
    spread = np.zeros((rows, columns, *kernel.shape[2:]), kernel.dtype)
    spread[:: dilations[0], :: dilations[1]] = kernel
    return spread


def _reach(size: int, kernel: int, stride: int, padding: str, extra: int | None) -> tuple[int, int]:
    """Return how much of the whole is cut off before, and how much is wanted.

    The wanted size is Keras' formula; the cut is TensorFlow's padding of the convolution that
    this one turns round.
    """
    whole = (size - 1) * stride + kernel
    if padding == "valid":
        return 0, whole + (max(stride - kernel, 0) if extra is None else extra)
    wanted = size * stride if extra is None else (size - 1) * stride + kernel % 2 + extra
    return max(whole - wanted, 0) // 2, wanted


@rewrites("Dense")
def _dense(node: Node, build: Builder) -> str:
    config = {"units": int(node.config["units"]), "use_bias": bool(node.config["use_bias"])}
    weights = ordered(node, "kernel", "bias")
    return append_with_activation(
        build, "Dense", config, node.config["activation"], weights=weights
    )
