"""Layers that hold other layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.channels import rewrite
from kerasport.exporter.lowering.layers.training_only import TRAINING_ONLY
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()


_LAST_AXIS = frozenset(
    {"Activation", "Dense", "ELU", "Identity", "LeakyReLU", "ReLU", "Rescaling", *TRAINING_ONLY}
)
"""Layers that treat all places alike, so that time is one more axis of places."""


def _inner(node: Node, build: Builder, layer: Mapping[str, Any]) -> str:
    class_name = str(layer["class_name"])
    if class_name not in build.rewriters:
        raise Unsupported(
            f"it wraps a {class_name}, which no rewriter knows", "use the layer without wrapper"
        )
    inner = Node(node.name, class_name, dict(layer["config"]), node.inputs, dict(node.weights))
    return rewrite(inner, build)


@rewrites("SpectralNormalization")
def _spectral_normalization(node: Node, build: Builder) -> str:
    # Keras writes the normalised kernel back while it trains; outside training it only calls.
    return _inner(node, build, node.config["layer"])


@rewrites("TimeDistributed")
def _time_distributed(node: Node, build: Builder) -> str:
    layer = node.config["layer"]
    if layer["class_name"] not in _LAST_AXIS:
        raise Unsupported(
            f"it repeats a {layer['class_name']} over time, and a picture has none",
            "use the layer itself",
        )
    return _inner(node, build, layer)


@rewrites("Pipeline")
def _pipeline(node: Node, build: Builder) -> str:
    if node.weights:
        raise Unsupported("its layers have weights", "use keras.Sequential")
    output = build.inputs[0]
    for layer in node.config["layers"]:
        build.inputs = [output]
        output = _inner(node, build, layer)
    return output
