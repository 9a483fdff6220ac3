"""Operations on pictures: pooling, convolution, space to depth, grayscale."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.channels import rewrite
from kerasport.exporter.lowering.configuration import pair
from kerasport.exporter.lowering.operations.operands import constant_of
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


@rewrites("operation:AveragePool", "operation:MaxPool")
def _pool(node: Node, build: Builder) -> str:
    if len(build.shape()) != 3:
        raise Unsupported("it pools something else than a picture", "give it a picture")
    kind = node.class_name.removeprefix("operation:").removesuffix("Pool")
    config = {
        "pool_size": pair(node.config["pool_size"]),
        "strides": pair(node.config["strides"] or node.config["pool_size"]),
        "padding": node.config["padding"],
        "data_format": "channels_last",
    }
    return build.append({"Average": "AveragePooling2D", "Max": "MaxPooling2D"}[kind], config)


@rewrites("operation:Conv", "operation:DepthwiseConv")
def _convolve(node: Node, build: Builder) -> str:
    kernel = next((v for v in node.config.get("arguments", []) if v is not None), None)
    if kernel is None or len(build.shape()) != 3:
        raise Unsupported("its kernel is a tensor", "use a Conv2D layer")
    array = np.asarray(constant_of(kernel), np.float64)
    config: dict[str, Any] = {
        "kernel_size": list(array.shape[:2]),
        "strides": pair(node.config["strides"]),
        "padding": node.config["padding"],
        "dilation_rate": pair(node.config["dilation_rate"]),
        "use_bias": False,
        "activation": "linear",
        "groups": build.shape()[2] // array.shape[2] if node.class_name.endswith(":Conv") else 1,
    }
    count = "filters" if node.class_name.endswith(":Conv") else "depth_multiplier"
    config[count] = array.shape[3]
    name = "Conv2D" if count == "filters" else "DepthwiseConv2D"
    layer = Node(node.name, name, config, node.inputs, {"kernel": array})
    return rewrite(layer, build)


@rewrites("operation:SpaceToDepth", "operation:DepthToSpace")
def _blocks(node: Node, build: Builder) -> str:
    block = int(node.config["block_size"])
    height, width, channels = build.shape()
    source = build.inputs[0]
    # What stays together at the end counts as one axis.
    if node.class_name == "operation:SpaceToDepth":
        rows, columns = height // block, width // block
        apart = build.reshape(source, (rows, block, columns, block * channels))
        together = build.permute(apart, (0, 2, 1, 3))
        return build.reshape(together, (rows, columns, block * block * channels))
    depth = channels // (block * block)
    apart = build.reshape(source, (height, width, block, block * depth))
    together = build.permute(apart, (0, 2, 1, 3))
    return build.reshape(together, (height * block, width * block, depth))


@rewrites("operation:RGBToGrayscale")
def _grayscale(node: Node, build: Builder) -> str:
    weights = np.array([[0.2989], [0.5870], [0.1140]])
    return build.reshape(
        build.multiply_axis(build.inputs[0], 2, weights),
        (*build.shape()[:2], 1),
    )
