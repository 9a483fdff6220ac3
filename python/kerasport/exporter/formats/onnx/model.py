"""A lowered graph as an ONNX file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kerasport.exporter.formats.onnx.draft import Draft, Value
from kerasport.exporter.formats.onnx.layers.step import OnnxStep
from kerasport.exporter.formats.onnx.layers.table import RULES
from kerasport.exporter.formats.onnx.messages import model, operation, value
from kerasport.exporter.graph import Graph, Node, graph_shapes
from kerasport.exporter.refusal import Refusal, refuse
from kerasport.exporter.stored_weight import StoredWeight
from kerasport.version import VERSION

__all__ = ["PLAIN", "Ends", "onnx_model"]

_SOFTMAX = ("Activation", "Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv2D")
"""Layers whose activation can be left out."""


@dataclass(frozen=True)
class Ends:
    """How a file calls what goes in and what comes out, and what that is.

    Attributes:
        input: name of the pixels, float32 of 0 to 255.
        output: name of the answers, `[batch, classes]`.
        channels_first: whether pixels are `[batch, channels, height, width]`.
        is_color: whether a model of gray pictures takes three channels and makes gray of them.
        gives: probabilities, or what a softmax makes them of.
    """

    input: str = "pixels"
    output: str = "probabilities"
    channels_first: bool = False
    is_color: bool = False
    gives: Literal["probabilities", "logits"] = "probabilities"


PLAIN = Ends()
"""As a bundle has it: pixels with channels last, and probabilities."""


def onnx_model(
    graph: Graph,
    stored: Mapping[str, StoredWeight] | None,
    *,
    ends: Ends = PLAIN,
    properties: Mapping[str, str] | None = None,
) -> bytes:
    """Return a lowered graph as an ONNX file, whose batch has any length.

    Args:
        graph: lowered and optimized.
        stored: `layer/weight` -> how it is stored; float32 what is not listed. What is stored in
            fewer bits is in the file in these, and made float32 by its first operations.
        ends: how input and output are called, and what they are.
        properties: texts that the file keeps beside the model, by name.

    Raises:
        ExportError: a layer cannot be expressed.
    """
    refuse(
        [
            Refusal(node, "ONNX has no rule for it")
            for node in graph
            if node.inputs and node.class_name not in RULES
        ],
        target="ONNX",
    )
    shapes = graph_shapes(graph)
    draft = Draft()
    values: dict[str, Value] = {}
    for reserved in (ends.input, ends.output):
        draft.name(reserved)
    height, width, channels = shapes[graph.input]
    makes_gray = ends.is_color and channels == 1
    channels = 3 if makes_gray else channels
    picture = (channels, height, width) if ends.channels_first else (height, width, channels)
    given = Value(ends.input, (height, width, channels), ends.channels_first)
    values[graph.input] = _gray(draft, given) if makes_gray else given
    for node in graph:
        if node.name == graph.input:
            continue
        if node.name == graph.output and ends.gives == "logits":
            node = _without_softmax(node)
        if node.class_name == "Activation" and node.config["activation"] == "linear":
            values[node.name] = values[node.inputs[0]]
            continue
        inputs = [values[source] for source in node.inputs]
        step = OnnxStep(draft, node, inputs, shapes[node.name], stored or {})
        values[node.name] = RULES[node.class_name](step)
    answer = values[graph.output]
    if ends.gives == "logits" and not _ends_in_softmax(graph.nodes[graph.output]):
        # The softmax of logarithms of probabilities, which sum to 1, is the probabilities.
        answer = draft.add("Log", [answer], Value(f"{graph.output}_log", answer.shape))
    draft.nodes.append(operation("Identity", ends.output, [answer.name], [ends.output], {}))
    return model(
        graph.name,
        draft.nodes,
        draft.weights,
        [value(ends.input, ["batch", *picture])],
        [value(ends.output, ["batch", math.prod(answer.shape)])],
        producer=("kerasport", VERSION),
        properties=properties or {},
    )


def _gray(draft: Draft, value: Value) -> Value:
    """Make whole levels of gray of whole levels of red, green and blue, as Pillow does it.

    (19595 R + 38470 G + 7471 B + 32768) >> 16: all are below 2^24, so float32 holds them exactly.
    """
    height, width, _ = value.shape
    result = Value("gray", (height, width, 1), first=True)
    shares = np.array([19595, 38470, 7471], np.float32).reshape(1, 3, 1, 1)
    inputs: list[Value | str] = [
        draft.turned(value, first=True),
        draft.constant("gray_shares", shares),
        draft.constant("gray_half", np.array([1 << 15], np.float32)),
    ]
    sums = draft.add("Conv", inputs, result)
    scale = draft.constant("gray_scale", np.array(1 / (1 << 16), np.float32))
    return draft.add("Floor", [draft.add("Mul", [sums, scale], result)], result)


def _ends_in_softmax(node: Node) -> bool:
    if node.class_name == "Softmax":
        return True
    return node.class_name in _SOFTMAX and node.config.get("activation") == "softmax"


def _without_softmax(node: Node) -> Node:
    """Return a layer without the softmax that it ends in, if it does."""
    if not _ends_in_softmax(node):
        return node
    if node.class_name == "Softmax":
        return Node(node.name, "Activation", {"activation": "linear"}, node.inputs)
    config = {**node.config, "activation": "linear"}
    return Node(node.name, node.class_name, config, node.inputs, node.weights)
