"""A Parquet file as a folder of pictures: `train.parquet/17` is what its row 17 has.

Row groups are unpacked one value at a time into a file that vanishes with the process, and a few of
them are kept: reading the rows in their order unpacks each group once, however large it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kerasport.dataset.archives.parquet_columns import (
    class_names_of,
    list_columns,
    picture_column,
    scalar_columns,
    types_of,
)
from kerasport.dataset.archives.parquet_values import ParquetValues
from kerasport.dataset.archives.spool import Spool
from kerasport.pictures import MAX_BYTES

__all__ = ["ParquetPictures"]

_FREE_BYTES, _MOST_GROWTH = 1 << 30, 200
# At least two row groups: where one ends another begins, and threads are at both.
_KEPT_BYTES, _KEPT_GROUPS = 256 << 20, 2


class ParquetPictures:
    """The pictures of a Parquet file by their rows, numbered from 0 with zeros before.

    Args:
        path: what it is called.
        file: where it lies, if that is elsewhere.

    Raises:
        ValueError: it is no Parquet file that is read.
        OSError: it cannot be opened.
        DataError: no column holds pictures.
        KerasportError: what reads Parquet is not installed.
    """

    guessed = None

    def __init__(self, path: Path, file: Path | None = None) -> None:
        self.path = path
        self.lent: object = None
        self._values = ParquetValues(file or path)
        self.stamp = self._values.stamp
        self.rows = self._values.rows
        self._column = picture_column(self._values.schema, str(path))
        self._width = len(str(max(0, self.rows - 1)))
        self._groups: dict[int, Spool] = {}
        self._access = threading.Lock()

    @property
    def names(self) -> Iterable[str]:
        """The names of its rows, in their order."""
        return (f"{row:0{self._width}d}" for row in range(self.rows))

    @property
    def columns(self) -> list[str]:
        """The columns of numbers and texts, which may be labels."""
        return scalar_columns(self._values.schema)

    @property
    def list_columns(self) -> list[str]:
        """The columns of lists of numbers or texts, which may be several labels each."""
        return list_columns(self._values.schema)

    @property
    def types(self) -> dict[str, str]:
        """The types of all columns, in words."""
        return types_of(self._values.schema)

    @property
    def class_names(self) -> dict[str, Sequence[str]]:
        """The names of the numbers in columns, where the file has them."""
        return class_names_of(self._values.schema)

    def cells(self, column: str) -> list[Any]:
        """Return the values of one of the columns, None where there is none; lists as tuples.

        Raises:
            OSError: they cannot be read; the message is the reason alone.
        """
        with self._access:
            return self._values.scalars(column)

    def folder(self, name: str) -> Mapping[str, bool] | None:
        """Return the rows, which are no folders, where `name` is the file itself."""
        return None if name else MappingProxyType(dict.fromkeys(self.names, False))

    def has_file(self, name: str) -> bool:
        """Return whether there is a row of that number."""
        return len(name) <= 20 and name.isascii() and name.isdecimal() and int(name) < self.rows

    def size_of(self, name: str) -> int:
        """Return how many bytes the picture of a row has.

        Raises:
            OSError: there is no such row, or it has no picture.
        """
        return len(self.read(name))

    def read(self, name: str) -> bytes:
        """Return the bytes of the picture in a row.

        Raises:
            OSError: there is no such row, or it has no picture; the message is the reason alone.
        """
        if not self.has_file(name):
            raise FileNotFoundError("there is no such row")
        group, row = self._values.place_of(int(name))
        with self._access:
            spool = self._groups.pop(group, None)
            if spool is None:
                spool = self._unpacked(group)
            # The last that was asked for goes last.
            self._groups[group] = spool
            kept = sum(each.size for each in self._groups.values())
            while kept > _KEPT_BYTES and len(self._groups) > _KEPT_GROUPS:
                kept -= self._groups.pop(next(iter(self._groups))).size
        return spool.read(row)

    def _unpacked(self, group: int) -> Spool:
        spool = Spool()
        try:
            packed = self._values.packed_bytes(group, self._column.path)
            spool.most = max(_FREE_BYTES, _MOST_GROWTH * packed)
            for data in self._values.pieces(group, self._column.path):
                if data is None:
                    spool.add(None, "the row has no bytes of a picture")
                elif len(data) > MAX_BYTES:
                    spool.add(None, f"it has {len(data):,} bytes, more than {MAX_BYTES:,}")
                else:
                    spool.add(data)
        except OSError as error:
            # Said of each of them, so that none asks for it again.
            for _ in range(self._values.rows_in(group) - len(spool)):
                spool.add(None, str(error))
        return spool
