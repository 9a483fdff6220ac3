"""The values of a Parquet file, unpacked within limits and a few at a time."""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from kerasport.dataset.archives.parquet_columns import is_list, is_text
from kerasport.dataset.archives.parquet_pages import Chunk, read_row_groups, require_bounded_pages
from kerasport.dataset.archives.stamps import stamp_of
from kerasport.errors import missing_extra

__all__ = ["SHARDS_EXTRA", "ParquetValues"]

SHARDS_EXTRA = "shards"
"""The extra that brings what reads Parquet files and opens addresses."""

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
            self._groups = read_row_groups(source)
        self._starts = [0, *accumulate(group.rows for group in self._groups)]
        self.rows = self._starts[-1]
        try:
            self._parquet = parquet.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER_BYTES)
            self.schema = self._parquet.schema_arrow
        # Its own among them, and what its bindings raise for numbers that do not fit.
        except (pyarrow.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
            raise ValueError(f"it is damaged ({_first_line(error)})") from None

    def place_of(self, row: int) -> tuple[int, int]:
        """Return the row group that has a row, and the row's number in it."""
        group = bisect_right(self._starts, row) - 1
        return group, row - self._starts[group]

    def rows_in(self, group: int) -> int:
        """Return how many rows a row group has."""
        return self._groups[group].rows

    def packed_bytes(self, group: int, path: str) -> int:
        """Return how many bytes a column takes in a row group, as it is stored.

        Raises:
            OSError: the row group has no such column.
        """
        return self._chunk(group, path).length

    def pieces(self, group: int, path: str) -> Iterator[Any]:
        """Yield the bytes of each row of a row group, None where there are none.

        Raises:
            OSError: they cannot be read; the message is the reason alone.
        """
        # One at a time: a short page may say the same long value again and again.
        for batch in self._batches(group, path, 1):
            values = batch.field("bytes") if hasattr(batch, "field") else batch
            yield values[0].as_buffer() if values[0].is_valid else None

    def scalars(self, name: str) -> list[Any]:
        """Return the numbers, texts or lists of a column, None where there is none.

        Raises:
            OSError: they cannot be read; the message is the reason alone.
        """
        kind = self.schema.field(name).type
        # One at a time, as in `pieces`.
        count = 1 if is_list(kind) or is_text(kind) else _NUMBERS_AT_ONCE
        found: list[Any] = []
        # Equal texts are one object, as classes are few.
        known: dict[Any, Any] = {}
        for group in range(len(self._starts) - 1):
            for values in self._batches(group, self._path_of(group, name, kind), count):
                found += [known.setdefault(value, value) for value in _plain(values)]
        return found

    def _path_of(self, group: int, name: str, kind: Any) -> str:
        """Return the path of a column's pages: that of a list goes on inside of it."""
        if not is_list(kind):
            return name
        inside = [path for path in self._groups[group].chunks if path.startswith(f"{name}.")]
        return inside[0] if len(inside) == 1 else name

    def _batches(self, group: int, path: str, count: int) -> Iterator[Any]:
        chunk, rows, seen = self._chunk(group, path), self.rows_in(group), 0
        with _told_apart():
            if not rows:
                return
            with self._file.open("rb") as source:
                if stamp_of(os.fstat(source.fileno())) != self.stamp:
                    raise OSError("the file was changed while it was being read")
                require_bounded_pages(source, chunk, values=rows)
            for batch in self._parquet.iter_batches(
                batch_size=count, row_groups=[group], columns=[path], use_threads=False
            ):
                seen += batch.num_rows
                if not batch.num_columns:
                    raise OSError("a column is missing")
                yield batch.column(0)
            if seen != rows:
                raise OSError("it has fewer values than rows")

    def _chunk(self, group: int, path: str) -> Chunk:
        chunk = self._groups[group].chunks.get(path)
        if chunk is None:
            raise OSError("damaged in the Parquet file (a column is missing)")
        return chunk


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Raise what damage does to a reader as an OSError whose message is the reason alone."""
    import pyarrow

    try:
        yield
    except (ValueError, OSError, MemoryError, OverflowError, pyarrow.ArrowException) as error:
        raise OSError(f"damaged in the Parquet file ({_first_line(error)})") from None


def _plain(values: Any) -> list[Any]:
    """Return values as Python's own; of a text no more than shows that it is none of a class."""
    if hasattr(values, "dictionary"):
        words = _plain(values.dictionary)
        return [None if at is None else words[at] for at in values.indices.to_pylist()]
    return [_bounded(value) for value in values.to_pylist()]


def _bounded(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_bounded, value))
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else value


def _first_line(error: BaseException) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:200].rstrip(".")
