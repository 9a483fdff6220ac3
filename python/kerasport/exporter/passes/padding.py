"""The pass that lets a convolution lay its own zeros around its input."""

from __future__ import annotations

from kerasport.exporter.graph.edits import readers_of, remove
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape, graph_shapes
from kerasport.runtime.layers import window_padding

__all__ = ["merge_padding"]


def merge_padding(graph: Graph) -> bool:
    """Make `same` convolutions of a ZeroPadding2D and the `valid` ones that read it.

    Given: ZeroPadding2D(1) -> Conv2D(3x3, padding="valid")
    Result: Conv2D(3x3, padding="same")

    Only where `same` lays exactly those zeros; it saves a copy of the picture.
    """
    shapes = graph_shapes(graph)
    changed = False
    for node in list(graph):
        if node.class_name != "ZeroPadding2D" or node.name == graph.output:
            continue
        readers = readers_of(graph, node.name)
        if readers and all(_pads_alike(each, node, shapes[node.inputs[0]]) for each in readers):
            for reader in readers:
                reader.config["padding"] = "same"
            remove(graph, node)
            changed = True
    return changed


def _pads_alike(reader: Node, padding: Node, shape: Shape) -> bool:
    if reader.class_name not in ("Conv2D", "DepthwiseConv2D"):
        return False
    config = reader.config
    if config["padding"] != "valid":
        return False
    sides = zip(
        shape[:2],
        config["kernel_size"],
        config["strides"],
        config["dilation_rate"],
        padding.config["padding"],
        strict=True,
    )
    return all(
        window_padding(size, window, stride, dilation, "same")
        == (
            before,
            after,
            window_padding(size + before + after, window, stride, dilation, "valid")[2],
        )
        for size, window, stride, dilation, (before, after) in sides
    )
