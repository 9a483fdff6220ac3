"""AV1: the one frame of a picture, taken out of the units of its data."""

from __future__ import annotations

from collections.abc import Iterator

from kerasport.pictures.av1_headers import WRONG_FRAMES, SequenceHeader, has_layers, read_headers
from kerasport.pictures.problem import damaged, ends_early

__all__ = ["read_av1"]

_SEQUENCE_HEADER = 1
_FRAME_HEADER = 3
_TILES = 4
_FRAME = 6
_FRAME_HEADER_AGAIN = 7
_LIST_OF_TILES = 8

_ROOM = 4096
"""Zeros behind the frame, besides one byte for 8 pixels.

Where damaged data asks for more than there is, most decoders go on as if zeros followed, and some
refuse it. Now zeros do follow, which a whole frame may have behind it too.
"""


def read_av1(data: bytes) -> tuple[SequenceHeader, bytes]:
    """Return what the header says, and the units that a decoder needs, each with its length.

    Raises:
        Problem: it is cut off or damaged, or is more than one frame.
    """
    units: list[tuple[int, bytes]] = []
    header = b""
    frames: list[bytes] = []
    for kind, body, is_upper in _units(data):
        if kind in (_FRAME_HEADER_AGAIN, _LIST_OF_TILES):
            raise damaged(WRONG_FRAMES)
        if kind not in (_SEQUENCE_HEADER, _FRAME_HEADER, _TILES, _FRAME):
            continue
        if is_upper:
            raise has_layers()
        if kind == _SEQUENCE_HEADER:
            if units:
                if body != header:
                    raise damaged(WRONG_FRAMES)
                continue
            header = body
        elif kind != _TILES:
            frames.append(body)
        units.append((kind, body))
    if len(frames) > 1:
        raise has_layers()
    kinds = [kind for kind, _ in units]
    tiles = kinds[2:]
    if kinds[:2] == [_SEQUENCE_HEADER, _FRAME]:
        is_whole = not tiles
    else:
        is_whole = kinds[:2] == [_SEQUENCE_HEADER, _FRAME_HEADER] and bool(tiles)
    if not is_whole:
        raise damaged(WRONG_FRAMES)
    sequence = read_headers(header, frames[0])
    last_kind, last = units.pop()
    units.append((last_kind, last + bytes(_ROOM + sequence.width * sequence.height // 8)))
    written = b"".join(bytes([kind << 3 | 2]) + _length(body) + body for kind, body in units)
    return sequence, written


def _units(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the kind and the content of each unit, and whether it is of an upper layer."""
    position = 0
    while position < len(data):
        first = data[position]
        start = position + (2 if first & 4 else 1)
        if first & 0x80:
            raise damaged(WRONG_FRAMES)
        length, shift = 0, 0
        while first & 2:
            if start >= len(data):
                raise ends_early()
            if shift == 56:
                raise damaged(WRONG_FRAMES)
            byte = data[start]
            start += 1
            length += (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        end = start + length if first & 2 else len(data)
        if max(start, end) > len(data):
            raise ends_early()
        yield first >> 3 & 15, data[start:end], bool(first & 4 and data[position + 1] >> 3)
        position = end


def _length(body: bytes) -> bytes:
    length, written = len(body), bytearray()
    while length >= 128:
        written.append(length % 128 + 128)
        length //= 128
    return bytes([*written, length])
