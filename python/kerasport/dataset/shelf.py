"""The decoded pictures of one specification: rows of pixels in one file, their names in another."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.dataset import Example
from kerasport.dataset.parallel import Decoded, checksum, decode_example, in_parallel
from kerasport.dataset.store import Journal, check_is_regular
from kerasport.preprocess import ImageSpec
from kerasport.progress import Progress

__all__ = ["INDEX", "LOCK", "PATH", "PIXELS", "SPARE_BYTES", "Shelf", "is_row", "map_rows"]

INDEX, LOCK, PIXELS = "index.txt", "lock", "pixels.bin"
"""The files of a folder."""

PATH = "{path}"
"""Stands in a reason for the path of the picture."""

SPARE_BYTES = 256 << 20
"""Left free on the disk, so that a training does not fill it."""


def map_rows(
    file: Path, shape: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], tuple[int, int] | None]:
    """Return all whole rows of a file, mapped, and what tells the file from others.

    A torn row at its end is left out.
    """
    try:
        check_is_regular(file)
        with file.open("rb") as stream:
            found = os.fstat(stream.fileno())
            count = found.st_size // int(np.prod(shape))
            identity = found.st_dev, found.st_ino
            if count:
                mapped = np.memmap(stream, np.uint8, "r", shape=(count, *shape))
                # Fancy indexing of the subclass costs more than that of a plain array.
                return mapped.view(np.ndarray), identity
    except FileNotFoundError:
        identity = None
    return np.empty((0, *shape), np.uint8), identity


def is_row(record: Any) -> bool:
    """Return whether a record of an index is a row and its checksum."""
    return (
        isinstance(record, list)
        and len(record) == 2
        and all(type(number) is int and number >= 0 for number in record)
    )


class Shelf:
    """The pictures of one specification in a folder.

    Attributes:
        rows: what was found to be right: where the pixels of a content are in `mapped`.
        reasons: why others have none.
        mapped: all whole rows, uint8 `[n, height, width, channels]`, as they were when `rows` were
            checked.
    """

    def __init__(self, folder: Path, spec: ImageSpec) -> None:
        self.folder = folder
        self.spec = spec
        self.rows: dict[str, int] = {}
        self.reasons: dict[str, str] = {}
        self._bytes = int(np.prod(spec.shape))
        self._pixels = folder / PIXELS
        self._index = Journal(folder / INDEX)
        self._identity: tuple[int, int] | None = None
        self.mapped = np.empty((0, *spec.shape), np.uint8)

    def missing(self, contents: Iterable[str]) -> list[str]:
        return [key for key in contents if key not in self.rows and key not in self.reasons]

    def _map(self) -> bool:
        """Map the pixels, and return whether they are those of another file than before."""
        before = self._identity
        self.mapped, self._identity = map_rows(self._pixels, self.spec.shape)
        return before is not None and before != self._identity

    def look_up(self, contents: Iterable[str], progress: Progress) -> None:
        """Find what the index knows of `contents`, and check the rows that were not checked."""
        known: dict[str, Any] = dict.fromkeys(contents)
        for key, record in self._index.records():
            if key in known:
                known[key] = record
        if self._map():
            # Packed meanwhile.
            self.rows.clear()
        mapped = self.mapped
        named: list[tuple[str, int, int]] = []
        for key in self.missing(known):
            record = known.pop(key)
            if isinstance(record, str):
                self.reasons[key] = record
            elif is_row(record) and record[0] < len(mapped):
                named.append((key, *record))
        with progress.task("Checking the cache", total=len(named)) as task:
            for part in in_parallel(lambda item: _checked(mapped, *item), named):
                self.rows.update(found for found in part if found is not None)
                task.advance(len(part))

    def add(self, wanted: dict[str, list[Example]], progress: Progress) -> None:
        """Decode these pictures and write them; only the holder of the lock may."""
        if not wanted:
            return
        needed = len(wanted) * self._bytes + SPARE_BYTES
        if shutil.disk_usage(self.folder).free < needed:
            raise OSError(errno.ENOSPC, f"{needed / 1e9:.1f} GB are needed")
        if not self.rows and next(self._index.records(), None) is None:
            # Without an index the rows have no names, so nobody uses them.
            self._pixels.unlink(missing_ok=True)
        with self._pixels.open("ab") as stream:
            whole = stream.tell() // self._bytes * self._bytes
            stream.truncate(whole)
            with progress.task("Decoding", total=len(wanted)) as task:
                started, done = time.perf_counter(), 0
                keys = iter(wanted)
                for part in in_parallel(self._decode, wanted.items()):
                    # In this order, zip takes no key too many when the part is used up.
                    pictures = zip(part, keys, strict=False)
                    self._write({key: decoded for decoded, key in pictures}, stream)
                    done += len(part)
                    rate = f"{done / (time.perf_counter() - started):,.0f} pictures/s"
                    task.advance(len(part), detail=rate)
                task.milestone(f"{done:,} pictures, {rate}")
        self._map()

    def _decode(self, item: tuple[str, list[Example]]) -> Decoded:
        _, copies = item
        for example in copies:
            decoded = decode_example(example, self.spec)
            if decoded.lasting:
                break
        if decoded.pixels is not None:
            return decoded
        reason = decoded.reason.replace(str(example.path), PATH)
        return Decoded(reason=reason, lasting=decoded.lasting)

    def _write(self, pictures: dict[str, Decoded], stream: IO[bytes]) -> None:
        row = stream.tell() // self._bytes
        records: dict[str, Any] = {}
        for content, decoded in pictures.items():
            if decoded.pixels is not None:
                stream.write(decoded.pixels.data)
                records[content] = [row, decoded.checksum]
                self.rows[content] = row
                row += 1
            else:
                self.reasons[content] = decoded.reason
                if decoded.lasting:
                    records[content] = decoded.reason
        stream.flush()
        self._index.append(records)


def _checked(
    mapped: NDArray[np.uint8], content: str, row: int, expected: int
) -> tuple[str, int] | None:
    return (content, row) if checksum(mapped[row]) == expected else None
