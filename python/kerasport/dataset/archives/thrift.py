"""Structures in Thrift's compact protocol, read within limits: what a Parquet file says of itself.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. pyarrow's own
view of a column ends the process where what is written about it contradicts itself.
"""

from __future__ import annotations

from typing import Any, BinaryIO, TypeAlias

__all__ = ["Structure", "read_structure"]

Structure: TypeAlias = "dict[int, Any]"
"""Field -> a number, bytes, a list or a structure; maps and doubles are left out."""

_MOST_DEPTH = 12
_STEP = 256

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = (
    *(1, 2, 3, 7, 8),
    *(9, 10, 11, 12),
)
_WHOLE = (4, 5, 6)


def read_structure(file: BinaryIO, *, most: int) -> tuple[Structure, int]:
    """Return the structure that begins here in a file, and how many bytes it takes.

    Args:
        file: where it is; more of it may be read.
        most: the longest that it may be, in bytes.

    Raises:
        ValueError: it is none, is longer, or ends too early.
    """
    reader = _Reader(file, most)
    return reader.structure(0), reader.at


class _Reader:
    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most
        self._data = b""
        self.at = 0

    def _need(self, count: int) -> int:
        """Return where the next bytes are, and go behind them."""
        start, end = self.at, self.at + count
        if end > len(self._data):
            if end > self._most:
                raise ValueError("a list of what it holds is damaged or too long")
            self._data += self._file.read(min(self._most, end + _STEP) - len(self._data))
            if end > len(self._data):
                raise ValueError("it ends too early")
        self.at = end
        return start

    def _byte(self) -> int:
        # Separately: the data may be another object afterwards.
        at = self._need(1)
        return self._data[at]

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
            if shift > 63:
                raise ValueError("a list of what it holds is damaged")

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def structure(self, depth: int) -> Structure:
        fields: Structure = {}
        field = 0
        while kind := self._byte():
            field = field + (kind >> 4) if kind >> 4 else self._zigzag()
            kind &= 0x0F
            # Of a field, the kind is its truth value.
            fields[field] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _MOST_DEPTH:
            raise ValueError("a list of what it holds is nested too deep")
        if kind in _WHOLE:
            return self._zigzag()
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _BINARY:
            count = self._varint()
            start = self._need(count)
            return self._data[start : start + count]
        if kind == _STRUCT:
            return self.structure(depth + 1)
        if kind in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 0x0F, depth + 1) for _ in range(count)]
        if kind == _DOUBLE:
            self._need(8)
            return None
        if kind == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            for _ in range(count):
                self._value(kinds >> 4, depth + 1)
                self._value(kinds & 0x0F, depth + 1)
            return None
        raise ValueError("a list of what it holds is damaged")
