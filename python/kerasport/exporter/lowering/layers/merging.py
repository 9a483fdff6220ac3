"""Layers that merge several inputs."""

from __future__ import annotations

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import feature_axes
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


@rewrites("Add", "Average", "Maximum", "Minimum", "Multiply")
def _merge(node: Node, build: Builder) -> str:
    if len(build.inputs) == 1:
        return build.inputs[0]
    ranks = {len(build.shape(name)) for name in build.inputs}
    if len(ranks) > 1:
        raise Unsupported(
            f"its inputs have {sorted(ranks)} dimensions", "give them equal ranks with Reshape"
        )
    return build.append(node.class_name, {})


@rewrites("Concatenate")
def _concatenate(node: Node, build: Builder) -> str:
    if len(build.inputs) == 1:
        return build.inputs[0]
    (axis,) = feature_axes(node.config.get("axis", -1), len(build.shape()))
    return build.append("Concatenate", {"axis": axis + 1})


@rewrites("Subtract")
def _subtract(node: Node, build: Builder) -> str:
    # TensorFlow.js has no such layer.
    first, second = build.inputs
    negative = build.negate(second)
    return build.append("Add", {}, inputs=[first, negative])


@rewrites("CustomScaleLayer")
def _custom_scale(node: Node, build: Builder) -> str:
    # InceptionResNetV2's own layer: inputs[0] + inputs[1] * scale.
    first, second = build.inputs
    scaled = build.scale(second, float(node.config["scale"]), suffix="scaled")
    return build.append("Add", {}, inputs=[first, scaled])
