"""The messages of ONNX that a model is made of (`onnx.proto`, IR version 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.formats.onnx.protobuf import (
    floats,
    message,
    number,
    numbers,
    single,
    text,
)

__all__ = ["FLOAT", "Attribute", "model", "operation", "tensor", "value"]

_IR_VERSION = 9
_OPSET = 20
"""The first one with Gelu; onnxruntime reads it from 1.17 on, its npm packages too."""

FLOAT = 1
_TYPES = {"<f4": FLOAT, "<f2": 10, "|u1": 2, "<u2": 4, "<i8": 7}
"""Type of an array -> TensorProto.DataType."""

_FLOAT, _INT, _STRING, _FLOATS, _INTS = 1, 2, 3, 6, 7
"""AttributeProto.AttributeType."""

Attribute: TypeAlias = int | float | str | Sequence[int] | Sequence[float]


def tensor(name: str, array: NDArray[np.generic]) -> bytes:
    """Return an initializer of a graph, or a TensorProto elsewhere, without its field."""
    ordered = np.ascontiguousarray(array).reshape(array.shape)
    kind = _TYPES[ordered.dtype.str]
    content = ordered.tobytes()
    return numbers(1, array.shape) + number(2, kind) + text(8, name) + text(9, content)


def operation(
    kind: str,
    name: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    attributes: Mapping[str, Attribute],
) -> bytes:
    """Return a node, without its field."""
    return b"".join(
        [
            *(text(1, each) for each in inputs),
            *(text(2, each) for each in outputs),
            text(3, name),
            text(4, kind),
            *(message(5, _attribute(key, given)) for key, given in sorted(attributes.items())),
        ]
    )


def _attribute(name: str, given: Attribute) -> bytes:
    head = text(1, name)
    if isinstance(given, str):
        return head + text(4, given) + number(20, _STRING)
    if isinstance(given, int):
        return head + number(3, given) + number(20, _INT)
    if isinstance(given, float):
        return head + single(2, given) + number(20, _FLOAT)
    if all(isinstance(each, int) for each in given):
        return head + numbers(8, [int(each) for each in given]) + number(20, _INTS)
    return head + floats(7, given) + number(20, _FLOATS)


def value(name: str, sides: Sequence[int | str], kind: int = FLOAT) -> bytes:
    """Return an input or output of a graph, without its field; a side is a number or a name."""
    shape = b"".join(
        message(1, text(2, side) if isinstance(side, str) else number(1, side)) for side in sides
    )
    return text(1, name) + message(2, message(1, number(1, kind), message(2, shape)))


def model(
    graph: str,
    nodes: Sequence[bytes],
    weights: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    *,
    producer: tuple[str, str],
    properties: Mapping[str, str],
) -> bytes:
    """Return a whole file.

    Args:
        graph: its name.
        nodes: what `operation` gave, in the order of computation.
        weights: what `tensor` gave.
        inputs: what `value` gave.
        outputs: the same.
        producer: what wrote it, and its version.
        properties: what else is known of the model, as texts.
    """
    name, version = producer
    content = [
        *(message(1, each) for each in nodes),
        text(2, graph),
        *(message(5, each) for each in weights),
        *(message(11, each) for each in inputs),
        *(message(12, each) for each in outputs),
    ]
    return b"".join(
        [
            number(1, _IR_VERSION),
            text(2, name),
            text(3, version),
            message(7, *content),
            message(8, text(1, ""), number(2, _OPSET)),
            *(message(14, text(1, key), text(2, each)) for key, each in sorted(properties.items())),
        ]
    )
