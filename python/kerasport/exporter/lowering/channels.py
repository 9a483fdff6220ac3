"""Layers whose channels come first: TensorFlow.js computes them with the channels last."""

from __future__ import annotations

from dataclasses import replace

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder

__all__ = ["rewrite"]


def rewrite(node: Node, build: Builder) -> str:
    """Rewrite a layer; where it has its channels first, between two permutations."""
    rewriter = build.rewriters[node.class_name]
    if node.config.get("data_format") != "channels_first" or not build.inputs:
        return rewriter(node, build)
    rank = len(build.shape())
    build.inputs = [build.permute(name, [*range(1, rank), 0]) for name in build.inputs]
    output = rewriter(replace(node, config={**node.config, "data_format": "channels_last"}), build)
    # Flatten and global pooling end without places, so there is nothing to turn back.
    if len(build.shape(output)) != rank:
        return output
    return build.permute(output, [rank - 1, *range(rank - 1)])
