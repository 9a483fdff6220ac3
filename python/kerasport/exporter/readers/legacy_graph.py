"""What of Keras 2 only shows in the graph: names of weights, and an activation's old formula."""

from __future__ import annotations

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node

__all__ = ["modernize_graph"]

_WEIGHTS = {
    "Conv2D": ("kernel",),
    "Conv2DTranspose": ("kernel",),
    "Dense": ("kernel",),
    "DepthwiseConv2D": ("kernel",),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel"),
    "BatchNormalization": ("moving_mean", "moving_variance"),
    "LayerNormalization": (),
    "PReLU": ("alpha",),
}
"""Class of Keras 3 -> weights that it always has."""


def modernize_graph(graph: Graph, *, keras_2: bool) -> None:
    """Give weights Keras 3's names and old activations their own formula, in place.

    Args:
        graph: as `graph_from_config` made it.
        keras_2: whether the model was made by Keras 2 or TensorFlow.js.
    """
    for node in graph:
        if node.class_name == "DepthwiseConv2D" and "depthwise_kernel" in node.weights:
            kernel = {"kernel": node.weights.pop("depthwise_kernel")}
            node.weights = {**kernel, **node.weights}
    if keras_2:
        _spell_out_hard_sigmoid(graph)
    _require_weights(graph)


def _spell_out_hard_sigmoid(graph: Graph) -> None:
    """Write Keras 2's hard_sigmoid, clip(0.2 x + 0.5, 0, 1), as layers; Keras 3's is x / 6 + 0.5.

    Source: tf_keras/src/backend.py, `hard_sigmoid`.
    """
    nodes: dict[str, Node] = {}
    renamed: dict[str, str] = {}
    for node in list(graph):
        node.inputs = [renamed.get(name, name) for name in node.inputs]
        nodes[node.name] = node
        if node.config.get("activation") != "hard_sigmoid":
            continue
        node.config["activation"] = "linear"
        sloped = Node(
            graph.fresh_name(f"{node.name}_sloped"),
            "Rescaling",
            {"scale": 0.2, "offset": 0.5},
            [node.name],
        )
        clipped = Node(
            graph.fresh_name(f"{node.name}_clipped"), "ReLU", {"max_value": 1.0}, [sloped.name]
        )
        for added in (sloped, clipped):
            added.config["name"] = added.name
            nodes[added.name] = graph.nodes[added.name] = added
        renamed[node.name] = clipped.name
    graph.nodes = nodes
    graph.output = renamed.get(graph.output, graph.output)


def _require_weights(graph: Graph) -> None:
    """Refuse a layer whose weights are not in the file: it would be left with random ones."""
    for node in graph:
        wanted = list(_WEIGHTS.get(node.class_name, ()))
        for setting, name in (("use_bias", "bias"), ("center", "beta"), ("scale", "gamma")):
            if wanted and node.config.get(setting) is True:
                wanted.append(name)
        missing = [name for name in wanted if name not in node.weights]
        if missing:
            raise ExportError(
                f"The weights {', '.join(map(repr, missing))} of the layer {node.name!r} "
                f"({node.class_name}) are not in the file. Expected all of them; save or convert "
                "the model again, whole."
            )
