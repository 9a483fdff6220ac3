"""A lowered graph as TensorFlow.js' configuration of a model, and its weights by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kerasport.exporter.graph.graph import Graph

__all__ = ["named_weights", "topology"]


def topology(graph: Graph, *, model_class: str = "Functional") -> dict[str, Any]:
    """Return the Keras 2 style configuration that TensorFlow.js reads.

    Its first version knows a model of this kind as `Model` only.
    """
    layers: list[dict[str, Any]] = []
    for node in graph:
        sources: list[str] = []
        for source in node.inputs:
            if source in sources:
                # TensorFlow.js counts the readers of a tensor once each but every reading, so
                # that a layer that takes one tensor twice frees it for the layers behind it.
                source = _copy(graph, source, number=len(sources), of=node.name, layers=layers)
            sources.append(source)
        layers.append(_layer(node.name, node.class_name, node.config, sources))
    return {
        # The version of Keras whose configuration format this is; Python readers ask for it.
        "keras_version": "2.15.0",
        "backend": "tensorflow",
        "model_config": {
            "class_name": model_class,
            "config": {
                "name": graph.name,
                "trainable": False,
                "layers": layers,
                "input_layers": [[graph.input, 0, 0]],
                "output_layers": [[graph.output, 0, 0]],
            },
        },
    }


def _layer(
    name: str, class_name: str, config: Mapping[str, Any], sources: list[str]
) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "name": name,
        "config": {**config, "name": name},
        "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else [],
    }


def _copy(graph: Graph, source: str, *, number: int, of: str, layers: list[dict[str, Any]]) -> str:
    name = graph.fresh_name(f"{of}_copy_{number}")
    config = {"activation": "linear", "dtype": "float32", "trainable": False}
    layers.append(_layer(name, "Activation", config, [source]))
    return name


def named_weights(graph: Graph, dtype: DTypeLike = np.float32) -> dict[str, NDArray[Any]]:
    """Return all weights by `layer/weight`, in the order of the graph, rounded to a dtype."""
    return {
        f"{node.name}/{name}": np.asarray(array, dtype)
        for node in graph
        for name, array in node.weights.items()
    }
