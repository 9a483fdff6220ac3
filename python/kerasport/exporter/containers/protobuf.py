"""Protocol buffers of strangers, without their schema: fields by number. Pure.

Format: https://protobuf.dev/programming-guides/encoding/. Only what is asked for is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["ProtobufProblem", "read_fields"]

_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10


class ProtobufProblem(ValueError):
    """Why bytes are no message, as the end of a sentence."""


def read_fields(message: memoryview | bytes) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the fields of a message in their order: number, and value.

    A value is an integer, or the bytes of a text or of an inner message, not copied. Floating
    point numbers come as their bits.

    Raises:
        ProtobufProblem: the bytes are no message.
    """
    data = memoryview(message)
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if kind == _LENGTH:
            length, place = _varint(data, place)
        elif kind in (_FIXED_64, _FIXED_32):
            length = 8 if kind == _FIXED_64 else 4
        else:
            raise ProtobufProblem(f"it has a field of the unknown kind {kind}")
        if length > len(data) - place:
            raise ProtobufProblem("it is cut off")
        piece = data[place : place + length]
        yield number, piece if kind == _LENGTH else int.from_bytes(piece, "little")
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """Return a number of variable length, and the place behind it."""
    value = 0
    for index in range(_MAX_VARINT_BYTES):
        if place + index >= len(data):
            raise ProtobufProblem("it is cut off")
        byte = data[place + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, place + index + 1
    raise ProtobufProblem("it has a number that does not end")
