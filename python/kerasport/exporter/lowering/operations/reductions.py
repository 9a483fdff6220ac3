"""Operations that reduce axes: `keras.ops.mean(x, [1, 2])`, `keras.ops.max(x, -1)`."""

from __future__ import annotations

import math

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.operations.operands import axes_of
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


@rewrites("operation:Mean", "operation:Sum")
def _mean(node: Node, build: Builder) -> str:
    axes = axes_of(node, build)
    keepdims = bool(node.config.get("keepdims"))
    mean = build.reduce(build.inputs[0], axes, "Average", keepdims=keepdims)
    if node.class_name == "operation:Mean":
        return mean
    return build.scale(mean, math.prod(build.shape()[axis] for axis in axes), suffix="total")


@rewrites("operation:Max", "operation:Amax", "operation:Min", "operation:Amin")
def _maximum(node: Node, build: Builder) -> str:
    if node.config.get("initial") is not None:
        raise Unsupported("its initial value is set", "leave initial out")
    keepdims = bool(node.config.get("keepdims"))
    axes = axes_of(node, build)
    if node.class_name in ("operation:Max", "operation:Amax"):
        return build.reduce(build.inputs[0], axes, "Max", keepdims=keepdims)
    opposite = build.negate(build.inputs[0])
    return build.negate(build.reduce(opposite, axes, "Max", keepdims=keepdims))


@rewrites("operation:Var")
def _variance(node: Node, build: Builder) -> str:
    source, axes = build.inputs[0], axes_of(node, build)
    mean = build.reduce(source, axes, "Average", keepdims=True)
    centered = build.add(source, build.negate(mean))
    squared = build.multiply(centered, centered)
    return build.reduce(squared, axes, "Average", keepdims=bool(node.config.get("keepdims")))
