"""How a model's input holds a picture: with the channels last, first, none, or all in one row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kerasport.errors import ExportError
from kerasport.exporter.graph.edits import readers_of
from kerasport.exporter.graph.graph import Graph, Node

__all__ = ["InputLayout", "LayoutKind", "arrange_input", "find_layout"]

LayoutKind = Literal["channels last", "channels first", "no channels", "flat"]

_CHANNELS = (1, 3)

Size = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True)
class InputLayout:
    """How a model's input holds a picture.

    Attributes:
        kind: where the channels are.
        picture: height, width and channels.
    """

    kind: LayoutKind
    picture: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the model's input without the batch."""
        height, width, channels = self.picture
        return {
            "channels last": (height, width, channels),
            "channels first": (channels, height, width),
            "no channels": (height, width),
            "flat": (height * width * channels,),
        }[self.kind]


def find_layout(shape: tuple[int | None, ...], size: Size | None) -> InputLayout:
    """Return how an input of this shape, without the batch, holds a picture.

    Args:
        shape: None stands for a side of any length.
        size: height and width of the picture, where the shape does not tell.

    Raises:
        ExportError: it holds no picture of 1 or 3 channels, its size must be told, or is another.
    """
    if len(shape) == 1:
        return InputLayout("flat", _unrolled(shape[0], size))
    if len(shape) == 2:
        return InputLayout("no channels", (*_sides(shape, shape, size), 1))
    if len(shape) == 3 and shape[2] in _CHANNELS:
        return InputLayout("channels last", (*_sides(shape[:2], shape, size), shape[2]))
    if len(shape) == 3 and shape[0] in _CHANNELS:
        return InputLayout("channels first", (*_sides(shape[1:], shape, size), shape[0]))
    if len(shape) == 3 and 4 in (shape[0], shape[2]):
        raise ExportError(
            f"{_takes(shape)}: 4 channels. Expected 3 (RGB) or 1 (gray): a picture's transparency "
            "is laid on its background before the model sees it. Build the model anew with 3 "
            "channels; a first convolution keeps its kernel without the part of the fourth."
        )
    raise ExportError(
        f"{_takes(shape)}. Expected [None, height, width, 1 or 3], or with the channels first, "
        "without channels, or all pixels in one row."
    )


def arrange_input(graph: Graph, layout: InputLayout) -> Graph:
    """Return a graph as it was read, with pictures `[height, width, channels]` as its input."""
    source = graph.nodes[graph.input]
    config = {**source.config, "batch_shape": [None, *layout.picture]}
    entry = Node(source.name, source.class_name, config)
    arranged = Graph(graph.name, {entry.name: entry}, entry.name, graph.output)
    feeding = entry.name
    if layout.kind != "channels last":
        feeding = graph.fresh_name("picture_arranged")
        arranged.nodes[feeding] = _arrangement(feeding, layout, entry.name)
        if graph.output == entry.name:
            arranged.output = feeding
    first = {node.name for node in readers_of(graph, graph.input)}
    for node in graph:
        if node.name == entry.name:
            continue
        inputs = node.inputs
        if node.name in first:
            inputs = [feeding if name == entry.name else name for name in inputs]
        arranged.nodes[node.name] = Node(
            node.name, node.class_name, node.config, list(inputs), node.weights
        )
    return arranged


def _arrangement(name: str, layout: InputLayout, source: str) -> Node:
    if layout.kind == "channels first" and layout.picture[2] > 1:
        return Node(name, "Permute", {"name": name, "dims": [3, 1, 2]}, [source])
    return Node(name, "Reshape", {"name": name, "target_shape": list(layout.shape)}, [source])


def _sides(sides: tuple[int | None, ...], shape: tuple[int | None, ...], size: Size | None) -> Size:
    if size is None:
        if None in sides:
            raise ExportError(
                f"{_takes(shape)}, pictures of any size. Say of which size they are to be, best "
                "that of the training: --image-size 224x224 (image_size= in Python)."
            )
        size = (int(sides[0] or 0), int(sides[1] or 0))
    if any(side not in (None, wanted) for side, wanted in zip(sides, size, strict=True)):
        given = f"{size[0]}x{size[1]}"
        raise ExportError(
            f"{_takes(shape)}, which is not of the size {given}. Leave --image-size out."
        )
    return size


def _unrolled(length: int | None, size: Size | None) -> tuple[int, int, int]:
    takes = _takes((length,))
    if length is None:
        raise ExportError(f"{takes}. Expected an input of fixed length, or a picture.")
    if size is not None:
        channels = length // (size[0] * size[1])
        if channels in _CHANNELS and size[0] * size[1] * channels == length:
            return (*size, channels)
        raise ExportError(
            f"{takes}. A picture of {size[0]}x{size[1]} has {size[0] * size[1]:,} values in gray "
            f"and {3 * size[0] * size[1]:,} in colour. Give the --image-size whose pixels it takes."
        )
    squares = [
        f"{side}x{side} in {'gray' if channels == 1 else 'colour'}"
        for channels in _CHANNELS
        if (side := math.isqrt(length // channels)) ** 2 * channels == length
    ]
    likely = f" It may be {' or '.join(squares)}." if squares else ""
    example = squares[0].split()[0] if squares else "28x28"
    raise ExportError(
        f"{takes}: pixels in one row, of which the size is not known.{likely} Say of which size "
        f"the pictures are, row by row: --image-size {example} (image_size= in Python)."
    )


def _takes(shape: tuple[int | None, ...]) -> str:
    return f"The model takes inputs of shape {(None, *shape)}"
