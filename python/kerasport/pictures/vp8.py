"""Lossy WebP: the header of its one frame (RFC 6386, sections 9 and 19.2)."""

from __future__ import annotations

from kerasport.pictures.problem import damaged, ends_early

__all__ = ["frame_size", "with_room"]

_START_CODE = b"\x9d\x01\x2a"
_HEADER = 10
_SEGMENTS, _DELTAS = 4, 4
# More than all that the first part can hold before the modes of blocks: 1,056 probabilities.
_ROOM = 2048


def frame_size(body: bytes) -> tuple[int, int]:
    """Return width and height of a `VP8 ` chunk whose parts are all there.

    Decoders that take a file at once and those that take it piece by piece differ on one whose
    last part is empty.

    Raises:
        Problem: it is damaged or ends too early.
    """
    if len(body) < _HEADER:
        raise ends_early()
    # A lowest bit of 1 is a picture that builds on the one before.
    if body[0] & 1 or body[3:6] != _START_CODE:
        raise damaged("its frame header is wrong")
    first_part = int.from_bytes(body[:3], "little") >> 5
    position = _HEADER + first_part
    others = _parts(body[_HEADER:position]) - 1
    start = position + 3 * others
    sizes = [
        int.from_bytes(body[at : at + 3], "little")
        for at in range(position, min(start, len(body)), 3)
    ]
    if start + sum(sizes) >= len(body):
        raise damaged("its compressed data is wrong")
    width, height = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
    return width & 0x3FFF, height & 0x3FFF


def with_room(body: bytes) -> bytes:
    """Return a `VP8 ` chunk whose first part goes on with zeros, if it is short.

    Decoders that take a file piece by piece give up where the end of that part is reached too
    early, which nothing but damage does, and the others go on.
    """
    tag = int.from_bytes(body[:3], "little")
    length = tag >> 5
    zeros = max(0, _ROOM - length)
    end = _HEADER + length
    head = (tag + (zeros << 5)).to_bytes(3, "little") + body[3:end]
    return head + bytes(zeros) + body[end:]


def _parts(header: bytes) -> int:
    """Return in how many parts the coefficients are."""
    bits = _Bits(header)
    bits.take(2)
    if bits.take(1):
        changes_map, changes_values = bits.take(1), bits.take(1)
        if changes_values:
            bits.take(1)
            bits.skip_optional(_SEGMENTS, 8)
            bits.skip_optional(_SEGMENTS, 7)
        if changes_map:
            bits.skip_optional(_SEGMENTS - 1, 8)
    # Kind, level and sharpness of the filter.
    bits.take(10)
    if bits.take(1) and bits.take(1):
        bits.skip_optional(2 * _DELTAS, 7)
    return 1 << bits.take(2)


class _Bits:
    """VP8's arithmetic decoder, for bits of even chances; zeros follow the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self._next, self._range, self._shift = 2, 255, 0

    def take(self, count: int) -> int:
        number = 0
        for _ in range(count):
            number = 2 * number + self._bit()
        return number

    def skip_optional(self, count: int, length: int) -> None:
        """Skip numbers of which each has a bit before it that says whether it is there."""
        for _ in range(count):
            if self._bit():
                self.take(length)

    def _bit(self) -> int:
        split = 1 + ((self._range - 1) >> 1)
        bit = int(self._value >= split << 8)
        if bit:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < 128:
            self._range *= 2
            self._value *= 2
            self._shift += 1
            if self._shift == 8:
                self._shift = 0
                if self._next < len(self._data):
                    self._value |= self._data[self._next]
                self._next += 1
        return bit
