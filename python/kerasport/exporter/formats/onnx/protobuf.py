"""Protocol buffers, written: the bytes of an ONNX file without the packages that pin each other.

`onnx` and TensorFlow ask for versions of `protobuf` that do not go together, and the few messages
that a model is made of are simple. Equal models give equal bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

__all__ = ["floats", "message", "number", "numbers", "single", "text"]

_VARINT, _LENGTH, _FIXED32 = 0, 2, 5


def number(field: int, value: int) -> bytes:
    """Return a field with a whole number, also a negative one of 64 bits."""
    return _varint(field << 3 | _VARINT) + _varint(value & (1 << 64) - 1)


def single(field: int, value: float) -> bytes:
    """Return a field with a float32."""
    return _varint(field << 3 | _FIXED32) + struct.pack("<f", value)


def text(field: int, value: str | bytes) -> bytes:
    """Return a field with a text, or with bytes."""
    content = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | _LENGTH) + _varint(len(content)) + content


def message(field: int, *parts: bytes) -> bytes:
    """Return a field with a message that is made of fields."""
    return text(field, b"".join(parts))


def numbers(field: int, values: Iterable[int]) -> bytes:
    """Return a repeated field of whole numbers."""
    return b"".join(number(field, value) for value in values)


def floats(field: int, values: Iterable[float]) -> bytes:
    """Return a repeated field of float32."""
    return b"".join(single(field, value) for value in values)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
