"""Convolutions that are worth computing by Winograd's way, and how much each then rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.winograd import has_tiles
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape, graph_shapes
from kerasport.runtime.layers import LAYERS, Array
from kerasport.runtime.winograd import winograd_convolution

__all__ = ["Side", "candidates_of", "rounding_gains"]

Side: TypeAlias = Literal[2, 4]
_SIDES: tuple[Side, ...] = (2, 4)

_CALLED_FOR = 9
"""Places for which a product with weights takes as long as it takes to fetch the weights."""

_TRANSFORMS = {4: 370, 2: 150}
"""Side of a tile -> multiply-adds in the time of its transforms, for each channel in and out."""

_MOST_BYTES = 1 << 24
"""Bytes of a layer's weights in tiles of 4, which are four times those of the plain ones."""


def candidates_of(graph: Graph) -> dict[str, Side]:
    """Return the convolutions of a lowered graph that are faster in tiles, and in which ones.

    By a model of the time that fits what the kernels take on x64 within a third
    (`benchmarks/engine_layers.mjs`): products with weights, which are fetched once for each place
    of the tile, and transforms of every tile and channel.
    """
    shapes = graph_shapes(graph)
    found = {}
    for node in graph:
        side = _fastest(node, shapes) if has_tiles(node.class_name, node.config) else None
        if side is not None:
            found[node.name] = side
    return found


def _fastest(node: Node, shapes: Mapping[str, Shape]) -> Side | None:
    """Return the side of the tiles in which a convolution is fastest; None for plain sums."""
    height, width, outputs = shapes[node.name]
    inputs = shapes[node.inputs[0]][2]
    weights = inputs * outputs
    best: Side | None = None
    least = 9 * weights * (height * width + _CALLED_FOR)
    for side in _SIDES:
        matrices = (side + 2) ** 2
        if side == 4 and 4 * matrices * weights > _MOST_BYTES:
            continue
        tiles = -(-height // side) * -(-width // side)
        time = matrices * weights * (max(tiles, 3) + _CALLED_FOR)
        time += tiles * _TRANSFORMS[side] * (inputs + outputs)
        if time < least:
            best, least = side, time
    return best


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
