"""Names of layers that TensorFlow.js takes."""

from __future__ import annotations

import re
import unicodedata

from kerasport.exporter.graph.graph import Graph

__all__ = ["rename_layers", "valid_name"]

_REFUSED = re.compile(r"[^A-Za-z0-9._-]")
"""What may not be in a name. TensorFlow.js takes slashes too, and splits weights' names at them."""

_OF_EVERY_OBJECT = frozenset(
    {
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""Names that TensorFlow.js finds in the empty object in which it looks layers up."""


def valid_name(name: str) -> str:
    """Return a name that TensorFlow.js takes, as near to this one as can be.

    >>> valid_name("conv 1"), valid_name("_conv"), valid_name("dense_\u00e9")
    ('conv_1', 'layer_conv', 'dense_e')
    """
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    plain = _REFUSED.sub("_", plain)
    if not plain[:1].isalnum():
        plain = f"layer_{plain.lstrip('_.-')}" if plain.strip("_.-") else "layer"
    return f"layer_{plain}" if plain in _OF_EVERY_OBJECT else plain


def rename_layers(graph: Graph) -> dict[str, str]:
    """Give every layer a name that TensorFlow.js takes, in place.

    Returns:
        New name -> the one before, of those that were renamed.
    """
    taken = {name for name in graph.nodes if valid_name(name) == name}
    new: dict[str, str] = {}
    for name in graph.nodes:
        if name in taken:
            continue
        wanted = valid_name(name)
        free, number = wanted, 0
        while free in taken:
            number += 1
            free = f"{wanted}_{number}"
        taken.add(free)
        new[name] = free
    if not new:
        return {}
    nodes = {}
    for node in graph:
        node.inputs = [new.get(name, name) for name in node.inputs]
        if node.name in new:
            node.name = new[node.name]
            node.config = {**node.config, "name": node.name}
        nodes[node.name] = node
    graph.nodes = nodes
    graph.input = new.get(graph.input, graph.input)
    graph.output = new.get(graph.output, graph.output)
    return {renamed: name for name, renamed in new.items()}
