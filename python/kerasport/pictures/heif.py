"""HEIF: the boxes of a file, and the item in them that is its picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from kerasport.pictures.problem import Problem, damaged, ends_early

__all__ = ["HeifItem", "read_heif"]

_WRONG = "its boxes are wrong"
_ALPHA = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
)


@dataclass
class HeifItem:
    """What the file names as its picture.

    `properties` are its boxes in their order: their kind, their content and whether a reader must
    know them. `extents` say where its bytes are: offset and length, None for all the rest, in the
    file or (`is_inside`) in the box `idat`.
    """

    kind: bytes = b""
    properties: list[tuple[bytes, bytes, bool]] = field(default_factory=list)
    extents: list[tuple[int, int | None]] = field(default_factory=list)
    is_inside: bool = False
    has_alpha: bool = False

    def property_of(self, kind: bytes) -> bytes | None:
        """Return the content of the first property of a kind."""
        return next((body for name, body, _ in self.properties if name == kind), None)


def read_heif(data: bytes) -> tuple[HeifItem, bytes]:
    """Return the item that the file names as its picture, and the bytes of it.

    Raises:
        Problem: the file is cut off or damaged, or holds no still picture.
    """
    meta = next((body for kind, body in _boxes(data, is_file=True) if kind == b"meta"), None)
    try:
        if meta is None:
            raise damaged("it holds no picture")
        parts = {kind: body for kind, body in reversed(list(_boxes(meta[4:])))}
        item = _primary(parts)
        source = parts.get(b"idat", b"") if item.is_inside else data
        content = b"".join(_part(source, *extent) for extent in item.extents)
    except struct.error:
        raise damaged(_WRONG) from None
    return item, content


def _part(source: bytes, start: int, length: int | None) -> bytes:
    end = len(source) if length is None else start + length
    if start > len(source) or end > len(source):
        raise ends_early()
    return source[start:end]


def _boxes(data: bytes, *, is_file: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the content of each box in a file or in another box."""
    position = 0
    while position < len(data):
        start = position + 8
        length = _number(data, position, 4) if start <= len(data) else -1
        if length == 1 and start + 8 <= len(data):
            length = _number(data, start, 8)
            start += 8
        elif length == 0:
            length = len(data) - position
        if 0 <= length < start - position:
            raise damaged(_WRONG)
        if length < 0 or position + length > len(data):
            raise ends_early() if is_file else damaged(_WRONG)
        yield data[position + 4 : position + 8], data[start : position + length]
        position += length


def _number(data: bytes, position: int, size: int) -> int:
    """Return an unsigned number of 0, 1, 2, 4 or 8 bytes; raise `struct.error` past the end."""
    if size == 0:
        return 0
    number: int = struct.unpack_from({1: ">B", 2: ">H", 4: ">I", 8: ">Q"}[size], data, position)[0]
    return number


class _Fields:
    """The numbers of a box, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def next(self, size: int) -> int:
        number = _number(self.data, self.position, size)
        self.position += size
        return number


def _primary(parts: dict[bytes, bytes]) -> HeifItem:
    if any(kind not in parts for kind in (b"pitm", b"iinf", b"iloc", b"iprp")):
        raise damaged("it holds no picture")
    named = _Fields(parts[b"pitm"])
    wanted = named.next(2 if named.next(4) >> 24 == 0 else 4)
    item = HeifItem()
    entries = _Fields(parts[b"iinf"])
    entries.next(2 if entries.next(4) >> 24 == 0 else 4)
    for kind, body in _boxes(entries.data[entries.position :]):
        entry = _Fields(body)
        version = entry.next(4) >> 24
        if kind != b"infe" or version < 2:
            continue
        if entry.next(2 if version == 2 else 4) == wanted and not item.kind:
            entry.next(2)
            item.kind = struct.pack(">I", entry.next(4))
    inner: dict[bytes, bytes] = {}
    associations: list[bytes] = []
    for kind, body in _boxes(parts[b"iprp"]):
        if kind == b"ipma":
            associations.append(body)
        inner.setdefault(kind, body)
    properties = list(_boxes(inner.get(b"ipco", b"")))
    chosen = _chosen(associations, properties)
    item.properties = chosen.get(wanted, [])
    _locate(item, wanted, _Fields(parts[b"iloc"]))
    if not item.kind or not item.extents:
        raise damaged("it holds no picture")
    for other in _auxiliary(parts.get(b"iref", b""), wanted):
        names = [body[4:] for kind, body, _ in chosen.get(other, []) if kind == b"auxC"]
        item.has_alpha |= any(name.startswith(_ALPHA) for name in names)
    return item


def _chosen(
    associations: list[bytes], properties: list[tuple[bytes, bytes]]
) -> dict[int, list[tuple[bytes, bytes, bool]]]:
    """Return the properties of each item."""
    chosen: dict[int, list[tuple[bytes, bytes, bool]]] = {}
    for body in associations:
        fields = _Fields(body)
        version_and_flags = fields.next(4)
        size = 2 if version_and_flags & 1 else 1
        for _ in range(fields.next(4)):
            owner = fields.next(2 if version_and_flags >> 24 == 0 else 4)
            mine = chosen.setdefault(owner, [])
            for _ in range(fields.next(1)):
                number = fields.next(size)
                highest = 1 << (8 * size - 1)
                index = number & (highest - 1)
                if index > len(properties):
                    raise damaged(_WRONG)
                if index:
                    kind, content = properties[index - 1]
                    mine.append((kind, content, number >= highest))
    return chosen


def _locate(item: HeifItem, wanted: int, fields: _Fields) -> None:
    """Fill in where the bytes of the item are."""
    version = fields.next(4) >> 24
    sizes = fields.next(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    if version > 2 or any(
        size not in (0, 4, 8) for size in (offset_size, length_size, base_size, index_size)
    ):
        raise damaged(_WRONG)
    for _ in range(fields.next(4 if version == 2 else 2)):
        number = fields.next(4 if version == 2 else 2)
        method = fields.next(2) & 15 if version else 0
        elsewhere = fields.next(2)
        base = fields.next(base_size)
        extents: list[tuple[int, int | None]] = []
        for _ in range(fields.next(2)):
            fields.next(index_size)
            offset = base + fields.next(offset_size)
            extents.append((offset, fields.next(length_size) or None))
        if number != wanted or item.extents:
            continue
        if method > 1 or elsewhere:
            raise Problem("it is an AVIF whose picture lies elsewhere", "Save it as PNG or JPEG.")
        item.is_inside = method == 1
        item.extents = extents


def _auxiliary(references: bytes, wanted: int) -> Iterator[int]:
    """Yield the items that belong to the picture as transparency, depth or the like."""
    if not references:
        return
    size = 2 if _number(references, 0, 4) >> 24 == 0 else 4
    for kind, body in _boxes(references[4:]):
        fields = _Fields(body)
        source = fields.next(size)
        targets = [fields.next(size) for _ in range(fields.next(2))]
        if kind == b"auxl" and wanted in targets:
            yield source
