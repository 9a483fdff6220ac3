"""Pooling."""

from __future__ import annotations

from typing import Any

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import channels_last, window
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


@rewrites("MaxPooling2D", "AveragePooling2D")
def _pooling(node: Node, build: Builder) -> str:
    return build.append(
        node.class_name, {**window(node.config, "pool_size"), **channels_last(node)}
    )


@rewrites("GlobalAveragePooling2D", "GlobalMaxPooling2D")
def _global_pooling(node: Node, build: Builder) -> str:
    config = channels_last(node)
    source = build.inputs[0]
    if node.class_name == "GlobalAveragePooling2D":
        source = _mean_of_blocks(build, source, config)
    if not node.config.get("keepdims"):
        return build.append(node.class_name, config, inputs=source)
    # TensorFlow.js ignores keepdims.
    pooled = build.append(node.class_name, config, inputs=source, suffix="pooled")
    return build.append("Reshape", {"target_shape": [1, 1, build.shape()[2]]}, inputs=pooled)


_LARGE = 4096
"""Pixels from which a mean is taken in two steps."""


def _mean_of_blocks(build: Builder, source: str, config: dict[str, Any]) -> str:
    """Append the means of equal blocks of a large map, of which the mean is the same.

    TensorFlow.js on wasm adds one pixel after the other in float32: of 300 x 300 it loses 8e-6, and
    in blocks of 20 x 20 a tenth of that.
    """
    height, width, _ = build.shape(source)
    blocks = [_block(height), _block(width)]
    if height * width < _LARGE or blocks == [1, 1]:
        return source
    settings = {"pool_size": blocks, "strides": list(blocks), "padding": "valid", **config}
    return build.append("AveragePooling2D", settings, inputs=source, suffix="blocks")


def _block(side: int) -> int:
    """Return the largest divisor of a side that is not above its root."""
    return max(each for each in range(1, side + 1) if side % each == 0 and each * each <= side)
