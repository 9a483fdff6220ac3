"""What a rewriter works with: the table, and the builder that adds TensorFlow.js layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.graph.shapes import Shape, output_shape

__all__ = ["REWRITERS", "Builder", "Rewriter", "Unsupported", "rewrites"]


class Unsupported(Exception):
    """Raised by a rewriter for a setting that it cannot express.

    The message completes the sentence "layer 'x' (Class): ..."; `remedy` says what to do instead.
    """

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy


class Builder:
    """Adds the TensorFlow.js layers that stand for one Keras layer.

    `inputs` are the names of the layers that feed it. Names returned by `layer` can be used as
    inputs of further layers. The layer that a rewriter returns takes over the Keras layer's own
    name, whether it was built without `suffix` or not.
    """

    def __init__(self, graph: Graph, shapes: dict[str, Shape], node: Node, inputs: list[str]):
        self._graph = graph
        self._shapes = shapes
        self._node = node
        self._made: list[str] = []
        self.inputs = inputs

    def shape(self, name: str | None = None) -> Shape:
        """Return the shape, without the batch, of a layer's output; of the input by default."""
        return self._shapes[self.inputs[0] if name is None else name]

    def layer(
        self,
        class_name: str,
        config: dict[str, Any],
        *,
        inputs: str | Sequence[str] | None = None,
        weights: Weights | None = None,
        suffix: str | None = None,
    ) -> str:
        """Add a layer and return its name.

        Args:
            class_name: a layer of TensorFlow.js.
            config: its settings, as TensorFlow.js names them.
            inputs: the layers that feed it; those of the Keras layer by default.
            weights: arrays by TensorFlow.js' variable names, in its order.
            suffix: appended to the Keras layer's name; without it the layer takes the name over.
        """
        if inputs is None:
            inputs = self.inputs
        sources = [inputs] if isinstance(inputs, str) else list(inputs)
        name = self._node.name if suffix is None else f"{self._node.name}_{suffix}"
        name = self._graph.fresh_name(name)
        settings = {"name": name, "dtype": "float32", **config}
        if class_name != "InputLayer":
            settings["trainable"] = False
        node = Node(name, class_name, settings, sources, dict(weights or {}))
        self._shapes[name] = output_shape(node, [self._shapes[source] for source in sources])
        self._graph.nodes[name] = node
        self._made.append(name)
        return name

    def finish(self, output: str) -> str:
        """Give the layer that ends this rewriting the Keras layer's name; return its name."""
        name = self._node.name
        if output not in self._made or name in self._graph.nodes:
            return output
        nodes = self._graph.nodes
        for made in self._made[self._made.index(output) :]:
            # Taken out and put in again, so that the order stays.
            node = nodes.pop(made)
            node.inputs = [name if source == output else source for source in node.inputs]
            if made == output:
                node.name = node.config["name"] = name
            nodes[node.name] = node
        self._shapes[name] = self._shapes.pop(output)
        return name

    def scaled(
        self, source: str, scale: float, offset: float = 0.0, *, suffix: str | None = None
    ) -> str:
        """Add `source * scale + offset`."""
        config = {"scale": float(scale), "offset": float(offset)}
        return self.layer("Rescaling", config, inputs=source, suffix=suffix)

    def per_channel(
        self,
        source: str,
        scale: np.ndarray[Any, Any],
        offset: np.ndarray[Any, Any] | None = None,
        *,
        suffix: str | None = None,
    ) -> str:
        """Add `source * scale + offset` with one value per channel, as a normalisation.

        A BatchNormalization of mean 0, variance 1 and epsilon 0 does just that.
        """
        scale = np.asarray(scale, np.float32).reshape(-1)
        weights: Weights = {"gamma": scale}
        if offset is not None:
            weights["beta"] = np.asarray(offset, np.float32).reshape(-1)
        weights["moving_mean"] = np.zeros_like(scale)
        weights["moving_variance"] = np.ones_like(scale)
        config = {
            "axis": -1,
            "momentum": 0.99,
            "epsilon": 0.0,
            "center": offset is not None,
            "scale": True,
        }
        return self.layer(
            "BatchNormalization", config, inputs=source, weights=weights, suffix=suffix
        )


Rewriter = Callable[[Node, Builder], str]
"""Takes the Keras layer and a builder; returns the name of the layer that gives its output."""

REWRITERS: dict[str, Rewriter] = {}
"""Keras class name, or `operation:NAME` for a recorded operation -> rewriter."""


def rewrites(*class_names: str) -> Callable[[Rewriter], Rewriter]:
    """Register the decorated function as the rewriter of these Keras classes.

    >>> @rewrites("MyScale")
    ... def my_scale(node, build):
    ...     return build.scaled(build.inputs[0], node.config["factor"])
    """

    def register(rewriter: Rewriter) -> Rewriter:
        for class_name in class_names:
            REWRITERS[class_name] = rewriter
        return rewriter

    return register
