"""Convolutions that are worth computing by Winograd's way, and how much each then rounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.winograd import has_tiles
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape, graph_shapes
from kerasport.runtime.layers import LAYERS, Array
from kerasport.runtime.winograd import winograd_convolution

__all__ = ["candidates_of", "rounding_gains"]

_FEWEST_CHANNELS = 8
_SHORTEST_SIDE = 4


def candidates_of(graph: Graph) -> list[str]:
    """Return the names of the convolutions of a lowered graph that may be faster in tiles.

    With few channels the transforms take longer than the products that they save, and what is
    smaller than a tile is computed in vain.
    """
    shapes = graph_shapes(graph)
    return [node.name for node in graph if _is_worth_it(node, shapes)]


def _is_worth_it(node: Node, shapes: Mapping[str, Shape]) -> bool:
    if not has_tiles(node.class_name, node.config):
        return False
    height, width, filters = shapes[node.name]
    channels = shapes[node.inputs[0]][2]
    return min(channels, filters) >= _FEWEST_CHANNELS and min(height, width) >= _SHORTEST_SIDE


def rounding_gains(
    graph: Graph, names: list[str], values: Mapping[str, NDArray[np.float64]]
) -> dict[str, float]:
    """Return how much less each convolution rounds in tiles of 2 than of 4, of its own size.

    Args:
        graph: the lowered graph.
        names: of the convolutions.
        values: what every layer gives for one picture in float64, `[1, ...]`.
    """
    return {name: _gain(graph.nodes[name], values) for name in names}


def _gain(node: Node, values: Mapping[str, NDArray[np.float64]]) -> float:
    config = {**node.config, "activation": "linear"}
    # What enters is the same on all sides: rounding of other layers is not counted here.
    x: Array = values[node.inputs[0]].astype(np.float32)
    kernel: Array = node.weights["kernel"].astype(np.float32)
    exact = LAYERS["Conv2D"](config, {"kernel": kernel.astype(np.float64)}, [x.astype(np.float64)])
    size = float(np.square(exact).mean())
    by_side = [
        float(np.square(winograd_convolution(config, {"kernel": kernel}, [x], side) - exact).mean())
        for side in (2, 4)
    ]
    return (by_side[1] - by_side[0]) / size if size else 0.0
