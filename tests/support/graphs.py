"""Small lowered graphs, and numpy to run them, for tests of what works on graphs."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.runtime.layers import LAYERS

SHAPE = (6, 4, 3)
"""Height, width, channels of the pictures; 4 is divided by the strides, 6 is not by all."""

GENERATOR = np.random.default_rng(8)
PICTURES = GENERATOR.normal(size=(2, *SHAPE)).astype(np.float32)

LAYOUT = {"data_format": "channels_last"}


def uniform(*shape: int) -> np.ndarray[Any, Any]:
    """Random weights away from 0, of both signs."""
    signs = GENERATOR.choice([-1, 1], shape)
    return (signs * GENERATOR.uniform(0.2, 1.0, shape)).astype(np.float32)


def conv(name: str = "conv", depth: int = 3, filters: int = 6, **config: Any) -> Node:
    size = config.get("kernel_size", [3, 2])
    settings = {
        "filters": filters,
        "kernel_size": size,
        "strides": [1, 1],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "use_bias": True,
        "activation": "linear",
        **LAYOUT,
        **config,
    }
    weights = {"kernel": uniform(*size, depth, filters)}
    if settings["use_bias"]:
        weights["bias"] = uniform(filters)
    return Node(name, "Conv2D", settings, weights=weights)


def transposed(depth: int = 3, **config: Any) -> Node:
    node = conv("conv", depth, **config)
    node.class_name = "Conv2DTranspose"
    node.config.pop("dilation_rate")
    node.weights["kernel"] = node.weights["kernel"].transpose(0, 1, 3, 2).copy()
    return node


def depthwise(depth: int = 3, **config: Any) -> Node:
    node = conv("conv", depth, 2, **config)
    node.class_name = "DepthwiseConv2D"
    node.config["depth_multiplier"] = node.config.pop("filters")
    node.weights["depthwise_kernel"] = node.weights.pop("kernel")
    if "bias" in node.weights:
        node.weights["bias"] = uniform(2 * depth)
    return node


def dense(depth: int = 3, units: int = 6, **config: Any) -> Node:
    settings = {"units": units, "use_bias": True, "activation": "linear", **config}
    return Node(
        "dense",
        "Dense",
        settings,
        weights={"kernel": uniform(depth, units), "bias": uniform(units)},
    )


def normal(
    channels: int = 6,
    name: str = "normal",
    *,
    shift: bool = True,
    positive: bool = False,
    **config: Any,
) -> Node:
    """A normalisation with random statistics; without `shift` it leaves 0 at 0."""
    weights = {"gamma": np.abs(uniform(channels))}
    if not positive:
        weights["gamma"][::2] *= -1
    if shift:
        weights["beta"] = uniform(channels)
    weights["moving_mean"] = uniform(channels) if shift else np.zeros(channels, np.float32)
    weights["moving_variance"] = np.abs(uniform(channels))
    settings = {"axis": -1, "epsilon": 0.01, "center": shift, "scale": True, **config}
    return Node(name, "BatchNormalization", settings, weights=weights)


def scaling(scale: Any, offset: Any = 0.0, name: str = "scaling") -> Node:
    return Node(name, "Rescaling", {"scale": scale, "offset": offset})


def layer(class_name: str, name: str | None = None, **config: Any) -> Node:
    """A layer without weights, with the settings of a pooling of 2x2 where it wants some."""
    if class_name in ("AveragePooling2D", "MaxPooling2D"):
        config = {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid", **config}
    return Node(name or class_name.lower(), class_name, config)


def chain(*nodes: Node, shape: tuple[int, ...] = SHAPE) -> Graph:
    """Copies of nodes in a row behind an input."""
    source = Node("in", "InputLayer", {"batch_input_shape": [None, *shape]})
    graph = Graph("chain", {"in": source}, "in", "in")
    for node in nodes:
        graph.append(copy.deepcopy(node))
    return graph


def run(graph: Graph, pictures: np.ndarray[Any, Any] = PICTURES) -> np.ndarray[Any, Any]:
    """Return the output of a graph, computed in numpy."""
    values: dict[str, Any] = {}
    for node in graph:
        inputs = [values[name] for name in node.inputs] or [pictures]
        values[node.name] = LAYERS[node.class_name](node.config, node.weights, inputs)
    result: np.ndarray[Any, Any] = values[graph.output]
    return result


def classes(graph: Graph) -> list[str]:
    """Return the classes of the layers behind the input, in order."""
    return [node.class_name for node in graph][1:]
