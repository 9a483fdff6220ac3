"""How much the pages of a Parquet column unpack to, before anything is unpacked.

A page is what a reader holds in memory at once, and its header alone says how large that gets:
https://github.com/apache/parquet-format, `PageHeader`, in Thrift's compact protocol.
"""

from __future__ import annotations

import io
from typing import BinaryIO

__all__ = ["require_bounded_pages"]

_FREE_BYTES, _MOST_GROWTH, _MOST_BYTES = 16 << 20, 200, 1 << 30
# Minima and maxima may stand in it, which are pictures here.
_MOST_HEADER_BYTES = 16 << 20
_MOST_DEPTH = 8
# Of each page there is a value at least, but for a few empty ones.
_SPARE_PAGES = 1000

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_UNPACKED_SIZE, _PACKED_SIZE = 2, 3


def require_bounded_pages(file: BinaryIO, start: int, length: int, *, values: int) -> None:
    """Raise unless every page of a column chunk may be unpacked.

    Args:
        file: the Parquet file.
        start: where the first page begins.
        length: bytes of all pages with their headers.
        values: how many values the chunk has.

    Raises:
        ValueError: a page would unpack to more than is reasonable, or the pages are damaged.
    """
    at, end, pages = start, start + length, 0
    while at < end:
        pages += 1
        if pages > values + _SPARE_PAGES:
            raise ValueError("a column has more pages than values")
        file.seek(at)
        header = _Header(file)
        unpacked, packed = header.size(_UNPACKED_SIZE), header.size(_PACKED_SIZE)
        if unpacked > min(_MOST_BYTES, max(_FREE_BYTES, _MOST_GROWTH * packed)):
            raise ValueError(
                f"a page of {packed:,} bytes would unpack to {unpacked:,}, more than "
                f"{_MOST_GROWTH} times that or than {_MOST_BYTES:,}"
            )
        at += header.length + packed
    if at != end:
        raise ValueError("its pages are damaged")


class _Header:
    """The whole numbers of a page header; `length` is the bytes that it takes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = io.BytesIO(file.read(256))
        self._start = file.tell() - len(self._buffer.getbuffer())
        self._numbers = self._struct(0)
        self.length = self._buffer.tell()

    def size(self, field: int) -> int:
        number = self._numbers.get(field, -1)
        if number < 0:
            raise ValueError("its pages are damaged")
        return number

    def _bytes(self, count: int) -> bytes:
        at = self._buffer.tell()
        if count > _MOST_HEADER_BYTES - at:
            raise ValueError("its pages are damaged")
        missing = at + count - len(self._buffer.getbuffer())
        if missing > 0:
            self._buffer.seek(0, 2)
            self._buffer.write(self._file.read(missing + 256))
            self._buffer.seek(at)
        data = self._buffer.read(count)
        if len(data) != count:
            raise ValueError("it ends too early")
        return data

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._bytes(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number
            if shift > 63:
                raise ValueError("its pages are damaged")

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _struct(self, depth: int) -> dict[int, int]:
        numbers: dict[int, int] = {}
        field = 0
        while True:
            byte = self._bytes(1)[0]
            if byte == 0:
                return numbers
            kind = byte & 0x0F
            field = field + (byte >> 4) if byte >> 4 else self._zigzag()
            if kind in (4, 5, 6):
                numbers[field] = self._zigzag()
            elif kind not in (_TRUE, _FALSE):
                self._skip(kind, depth + 1)

    def _skip(self, kind: int, depth: int) -> None:
        if depth > _MOST_DEPTH:
            raise ValueError("its pages are damaged")
        if kind in (_TRUE, _FALSE, _BYTE):
            self._bytes(1)
        elif kind in (4, 5, 6):
            self._varint()
        elif kind == _DOUBLE:
            self._bytes(8)
        elif kind == _BINARY:
            self._bytes(self._varint())
        elif kind == _STRUCT:
            self._struct(depth)
        elif kind in (_LIST, _SET):
            byte = self._bytes(1)[0]
            count = byte >> 4 if byte >> 4 < 15 else self._varint()
            for _ in range(count):
                self._skip(byte & 0x0F, depth + 1)
        elif kind == _MAP:
            count = self._varint()
            kinds = self._bytes(1)[0] if count else 0
            for _ in range(count):
                self._skip(kinds >> 4, depth + 1)
                self._skip(kinds & 0x0F, depth + 1)
        else:
            raise ValueError("its pages are damaged")
