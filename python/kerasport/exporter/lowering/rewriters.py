"""Tables of rewriters: which function expresses which Keras class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder

__all__ = ["Rewriter", "Rewriters"]

Rewriter: TypeAlias = Callable[[Node, Builder], str]
"""Takes the Keras layer and a builder; returns the name of the layer that gives its output."""


class Rewriters(dict[str, Rewriter]):
    """Keras class name, or `operation:NAME` for a recorded operation -> rewriter.

    Called with class names, a table decorates the function that rewrites them and takes it in.
    """

    def __call__(self, *class_names: str) -> Callable[[Rewriter], Rewriter]:
        """Take in the decorated function as the rewriter of these Keras classes.

        >>> rewrites = Rewriters()
        >>> @rewrites("MyScale")
        ... def my_scale(node, build):
        ...     return build.scale(build.inputs[0], node.config["factor"])
        >>> list(rewrites)
        ['MyScale']
        """

        def register(rewriter: Rewriter) -> Rewriter:
            self.update(dict.fromkeys(class_names, rewriter))
            return rewriter

        return register
