"""The values of a Parquet file, unpacked within limits and a few at a time."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from kerasport.dataset.archives.parquet_columns import is_text
from kerasport.dataset.archives.parquet_pages import require_bounded_pages
from kerasport.dataset.archives.stamps import stamp_of
from kerasport.errors import missing_extra

__all__ = ["SHARDS_EXTRA", "ParquetValues"]

SHARDS_EXTRA = "shards"
"""The extra that brings what reads Parquet files and opens addresses."""

_MAX_ROWS = 2_000_000
_MAX_FOOTER_BYTES = 64 << 20
_MARK, _ENCRYPTED_MARK = b"PAR1", b"PARE"
_BUFFER_BYTES = 1 << 16
_NUMBERS_AT_ONCE = 1 << 14
_MOST_CHARACTERS = 1000


class ParquetValues:
    """The columns of a Parquet file.

    Attributes:
        schema: pyarrow's, of the whole file.
        rows: how many there are.
        stamp: see `stamp_of`.

    Raises:
        ValueError: it is no Parquet file that is read.
        OSError: it cannot be opened.
        KerasportError: pyarrow is not installed.
    """

    def __init__(self, file: Path) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ModuleNotFoundError:
            raise missing_extra(SHARDS_EXTRA, "Reading Parquet files") from None
        self._file = file
        with file.open("rb") as source:
            self.stamp = stamp_of(os.fstat(source.fileno()))
            _check_ends(source)
        try:
            self._parquet = parquet.ParquetFile(
                file, pre_buffer=False, buffer_size=_BUFFER_BYTES, memory_map=False
            )
            self.schema = self._parquet.schema_arrow
            self._starts = _starts(self._parquet.metadata)
        except pyarrow.ArrowException as error:
            raise ValueError(_first_line(error)) from None
        self.rows = self._starts[-1]

    def place_of(self, row: int) -> tuple[int, int]:
        """Return the row group that has a row, and the row's number in it."""
        group = bisect_right(self._starts, row) - 1
        return group, row - self._starts[group]

    def packed_bytes(self, group: int, path: str) -> int:
        """Return how many bytes a column takes in a row group, as it is stored."""
        return self._chunk(group, path)[1]

    def pieces(self, group: int, path: str) -> Iterator[Any]:
        """Yield the bytes of each row of a row group, None where there are none.

        Raises:
            OSError: they cannot be read; the message is the reason alone.
        """
        # One at a time: a short page may say the same long value again and again.
        for values in self._batches(group, path, 1):
            for name in path.split(".")[1:]:
                values = values.field(name)
            yield values[0].as_buffer() if values[0].is_valid else None

    def scalars(self, name: str) -> list[Any]:
        """Return the numbers or texts of a column, None where there is none.

        Raises:
            OSError: they cannot be read; the message is the reason alone.
        """
        # One at a time, as in `pieces`.
        count = 1 if is_text(self.schema.field(name).type) else _NUMBERS_AT_ONCE
        found: list[Any] = []
        # Equal texts are one object, as classes are few.
        known: dict[Any, Any] = {}
        for group in range(len(self._starts) - 1):
            for values in self._batches(group, name, count):
                found += [known.setdefault(value, value) for value in _plain(values)]
        return found

    def _batches(self, group: int, path: str, count: int) -> Iterator[Any]:
        import pyarrow

        rows, seen = self._starts[group + 1] - self._starts[group], 0
        try:
            start, length = self._chunk(group, path)
            with self._file.open("rb") as source:
                if stamp_of(os.fstat(source.fileno())) != self.stamp:
                    raise OSError("the file was changed while it was being read")
                require_bounded_pages(source, start, length, values=rows)
            for batch in self._parquet.iter_batches(
                batch_size=count, row_groups=[group], columns=[path], use_threads=False
            ):
                seen += batch.num_rows
                yield batch.column(0)
            if seen != rows:
                raise OSError("it has fewer values than rows")
        except (ValueError, OSError, MemoryError, pyarrow.ArrowException) as error:
            raise OSError(f"damaged in the Parquet file ({_first_line(error)})") from None

    def _chunk(self, group: int, path: str) -> tuple[int, int]:
        """Return where the pages of a column begin in a row group, and their bytes."""
        metadata = self._parquet.metadata.row_group(group)
        for at in range(metadata.num_columns):
            chunk = metadata.column(at)
            if chunk.path_in_schema == path:
                start = chunk.data_page_offset
                if chunk.has_dictionary_page and 0 < (chunk.dictionary_page_offset or 0) < start:
                    start = chunk.dictionary_page_offset
                return start, chunk.total_compressed_size
        raise OSError("damaged in the Parquet file (a column is missing)")


def _plain(values: Any) -> list[Any]:
    """Return values as Python's own; of a text no more than shows that it is none of a class."""
    if hasattr(values, "dictionary"):
        words = _plain(values.dictionary)
        return [None if at is None else words[at] for at in values.indices.to_pylist()]
    return [
        value[:_MOST_CHARACTERS] if isinstance(value, str) else value
        for value in values.to_pylist()
    ]


def _check_ends(source: Any) -> None:
    """Raise unless a file begins and ends as Parquet does, with a list of contents to be read."""
    length = source.seek(0, 2)
    source.seek(0)
    start = source.read(4)
    source.seek(max(0, length - 8))
    end = source.read(8)
    if _ENCRYPTED_MARK in (start, end[4:]):
        raise ValueError("it is encrypted")
    if start != _MARK:
        raise ValueError("it is no Parquet file")
    if length < 12 or end[4:] != _MARK:
        raise ValueError("it has no end, so it was cut off")
    size = int.from_bytes(end[:4], "little")
    if size > min(_MAX_FOOTER_BYTES, length - 12):
        raise ValueError(f"the list of what it holds has {size:,} bytes, too many")


def _starts(metadata: Any) -> list[int]:
    counts = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
    if min(counts, default=0) < 0 or sum(counts) != metadata.num_rows:
        raise ValueError("its numbers of rows contradict each other")
    if sum(counts) > _MAX_ROWS:
        raise ValueError(f"it has {sum(counts):,} rows, more than {_MAX_ROWS:,}")
    return [0, *accumulate(counts)]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:200].rstrip(".")
