"""Pooling."""

from __future__ import annotations

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
    if not node.config.get("keepdims"):
        return build.append(node.class_name, config)
    # TensorFlow.js ignores keepdims.
    pooled = build.append(node.class_name, config, suffix="pooled")
    return build.append("Reshape", {"target_shape": [1, 1, build.shape()[2]]}, inputs=pooled)
