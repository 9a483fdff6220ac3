"""What a Parquet file says about its columns, and what their pages unpack to: no more than that.

A page is what a reader holds in memory at once, and its header alone says how large that gets:
https://github.com/apache/parquet-format, `FileMetaData` and `PageHeader`.
"""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple

from kerasport.dataset.archives.thrift import Structure, read_structure

__all__ = ["Chunk", "RowGroup", "read_row_groups", "require_bounded_pages"]

_MARK, _ENCRYPTED_MARK = b"PAR1", b"PARE"
_MOST_ROWS = 2_000_000
# A thousand row groups of ten columns take one megabyte.
_MOST_FOOTER_BYTES = 16 << 20

_FREE_BYTES, _MOST_GROWTH, _MOST_BYTES = 16 << 20, 200, 1 << 30
# Minima and maxima may stand in it, which are pictures here.
_MOST_HEADER_BYTES = 16 << 20
# Of each page there is a value at least, but for a few empty ones.
_SPARE_PAGES = 1000

# Fields of the structures.
_GROUPS, _COLUMNS, _ROWS, _ABOUT = 4, 1, 3, 3
_PATH, _PACKED, _DATA, _DICTIONARY = 3, 7, 9, 11
_PAGE_UNPACKED, _PAGE_PACKED = 2, 3


class Chunk(NamedTuple):
    """The pages of a column in a row group: where they begin, and their bytes."""

    start: int
    length: int


class RowGroup(NamedTuple):
    """How many rows there are, and the pages of each column by its path: `image.bytes`."""

    rows: int
    chunks: dict[str, Chunk]


def read_row_groups(file: BinaryIO) -> list[RowGroup]:
    """Return the row groups of a Parquet file, from the list at its end.

    Raises:
        ValueError: it is no whole Parquet file, is encrypted, or has too many rows.
        OSError: it cannot be read.
    """
    length = file.seek(0, 2)
    file.seek(0)
    start = file.read(4)
    file.seek(max(0, length - 8))
    end = file.read(8)
    if _ENCRYPTED_MARK in (start, end[4:]):
        raise ValueError("it is encrypted")
    if start != _MARK:
        raise ValueError("it is no Parquet file")
    if length < 12 or end[4:] != _MARK:
        raise ValueError("it has no end, so it was cut off")
    size = int.from_bytes(end[:4], "little")
    if size > min(_MOST_FOOTER_BYTES, length - 12):
        raise ValueError(f"the list of what it holds has {size:,} bytes, too many")
    file.seek(length - 8 - size)
    footer, _ = read_structure(file, most=size)
    groups = [_row_group(each, length) for each in _all(footer, _GROUPS)]
    rows = sum(group.rows for group in groups)
    if rows > _MOST_ROWS:
        raise ValueError(f"it has {rows:,} rows, more than {_MOST_ROWS:,}")
    return groups


def _row_group(said: Structure, length: int) -> RowGroup:
    chunks: dict[str, Chunk] = {}
    for column in _all(said, _COLUMNS):
        about = column.get(_ABOUT)
        if not isinstance(about, dict):
            raise ValueError("the list of what it holds is damaged")
        parts = about.get(_PATH)
        if not isinstance(parts, list) or not all(isinstance(each, bytes) for each in parts):
            raise ValueError("the list of what it holds is damaged")
        start, dictionary = _number(about, _DATA), about.get(_DICTIONARY)
        if isinstance(dictionary, int) and 0 < dictionary < start:
            start = dictionary
        chunk = Chunk(start, _number(about, _PACKED))
        if chunk.start + chunk.length > length:
            raise ValueError("it ends too early, or the list of what it holds is damaged")
        chunks[b".".join(parts).decode("utf-8", "replace")] = chunk
    return RowGroup(_number(said, _ROWS), chunks)


def require_bounded_pages(file: BinaryIO, chunk: Chunk, *, values: int) -> None:
    """Raise unless every page of a column may be unpacked, which has so many `values`.

    Raises:
        ValueError: a page would unpack to more than is reasonable, or the pages are damaged.
        OSError: they cannot be read.
    """
    at, end, pages = chunk.start, chunk.start + chunk.length, 0
    while at < end:
        pages += 1
        if pages > values + _SPARE_PAGES:
            raise ValueError("a column has more pages than values")
        file.seek(at)
        header, size = read_structure(file, most=min(_MOST_HEADER_BYTES, end - at))
        unpacked, packed = _number(header, _PAGE_UNPACKED), _number(header, _PAGE_PACKED)
        if unpacked > min(_MOST_BYTES, max(_FREE_BYTES, _MOST_GROWTH * packed)):
            raise ValueError(
                f"a page of {packed:,} bytes would unpack to {unpacked:,}, more than "
                f"{_MOST_GROWTH} times that or than {_MOST_BYTES:,}"
            )
        at += size + packed
    if at != end:
        raise ValueError("its pages are damaged")


def _number(said: Structure, field: int) -> int:
    number = said.get(field)
    if type(number) is not int or number < 0:
        raise ValueError("the list of what it holds is damaged")
    return number


def _all(said: Structure, field: int) -> list[Any]:
    found = said.get(field, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError("the list of what it holds is damaged")
    return found
