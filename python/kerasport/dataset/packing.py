"""Caches of decoded pictures brought into one, in an order that nothing but their content decides.

A packed folder has its rows and its index sorted by content hash. So what several machines have
decoded, merged in whatever order, is byte for byte what one machine would have packed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.parallel import checksum, in_parallel
from kerasport.dataset.shelf import INDEX, LOCK, PIXELS, SPARE_BYTES, is_row, map_rows
from kerasport.dataset.store import Journal, journal_text, locked
from kerasport.errors import DataError
from kerasport.files import write_bytes
from kerasport.progress import Progress

__all__ = ["Packed", "alone_in", "pack", "shape_of"]

# How the folder of a specification is called.
_SHELF_NAME = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})x([134])-[0-9a-f]{16}")
_NEW_PIXELS, _NEW_INDEX = f"{PIXELS}.new", f"{INDEX}.new"
_CONTENT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Packed:
    """What a folder has after packing.

    `damaged` counts rows that were left out because they are not what they were when written.
    """

    pictures: int
    unreadable: int
    damaged: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that was found to be right."""

    rows: NDArray[np.uint8]
    number: int
    checksum: int


def shape_of(folder: Path) -> tuple[int, int, int] | None:
    """Return the shape of the pictures in a folder by its name, None where it has another."""
    found = _SHELF_NAME.fullmatch(folder.name)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


@contextlib.contextmanager
def alone_in(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of a folder while the block runs, after finishing a packing that was killed.

    Raises:
        OSError: the folder cannot be written, or its file system has no locks.
    """
    waiting = f"Another process is adding pictures to '{folder}'; waiting until it is done."
    with locked(folder / LOCK, on_wait=lambda: progress.say(waiting)):
        new_index, new_pixels = folder / _NEW_INDEX, folder / _NEW_PIXELS
        if new_index.exists() and not new_pixels.exists():
            # The new pixels are in their place.
            new_index.replace(folder / INDEX)
        new_index.unlink(missing_ok=True)
        new_pixels.unlink(missing_ok=True)
        yield


def pack(folder: Path, sources: Sequence[Path], *, progress: Progress) -> Packed:
    """Bring what `sources` have into `folder`, and put it into its order; hold its lock meanwhile.

    Of a picture that several have, readable pixels count before a reason, and equal ones once. A
    kill leaves what was there.

    Raises:
        OSError: something cannot be read or written.
        DataError: a source was changed meanwhile.
    """
    shape = shape_of(folder)
    if shape is None:
        raise ValueError(f"{folder} is no folder of decoded pictures")
    rows: dict[str, _Row] = {}
    reasons: dict[str, str] = {}
    damaged = sum(
        _gather(each, shape, rows, reasons, progress=progress) for each in (folder, *sources)
    )
    for content in rows:
        reasons.pop(content, None)
    order = sorted(rows)
    numbers = {content: number for number, content in enumerate(order)}
    records = {
        content: [numbers[content], rows[content].checksum] if content in rows else reasons[content]
        for content in sorted((*rows, *reasons))
    }
    text = journal_text(records)
    packed = Packed(len(rows), len(reasons), damaged)
    if _holds(folder, text, len(rows) * int(np.prod(shape))):
        return packed
    _write_rows(folder / _NEW_PIXELS, [rows[content] for content in order], shape, progress)
    # Windows replaces no file that is mapped.
    rows.clear()
    write_bytes(folder / _NEW_INDEX, text)
    (folder / _NEW_PIXELS).replace(folder / PIXELS)
    (folder / _NEW_INDEX).replace(folder / INDEX)
    return packed


def _gather(
    folder: Path,
    shape: tuple[int, int, int],
    rows: dict[str, _Row],
    reasons: dict[str, str],
    *,
    progress: Progress,
) -> int:
    """Add what a folder has, and return how many of its rows are damaged."""
    known = Journal(folder / INDEX).read()
    mapped, _ = map_rows(folder / PIXELS, shape)
    named: list[tuple[str, int, int]] = []
    damaged = 0
    for content, record in known.items():
        if not _CONTENT.fullmatch(content):
            damaged += 1
        elif isinstance(record, str):
            # The same for each order of the sources.
            reasons[content] = min(record, reasons.get(content, record))
        elif is_row(record) and record[0] < len(mapped):
            named.append((content, record[0], record[1]))
        else:
            damaged += 1
    # As they lie.
    named.sort(key=lambda item: item[1])
    remaining = iter(named)
    with progress.task("Checking the cache", total=len(named)) as task:
        for part in in_parallel(lambda item: checksum(mapped[item[1]]) == item[2], named):
            for is_right, (content, number, expected) in zip(part, remaining, strict=False):
                before = rows.get(content)
                if not is_right:
                    damaged += 1
                elif before is None or expected < before.checksum:
                    rows[content] = _Row(mapped, number, expected)
            task.advance(len(part))
    return damaged


def _holds(folder: Path, text: bytes, size: int) -> bool:
    """Return whether a folder is packed as it is."""
    try:
        is_whole = (folder / PIXELS).stat().st_size == size if size else True
        return is_whole and (folder / INDEX).read_bytes() == text
    except FileNotFoundError:
        return False


def _write_rows(
    file: Path, rows: Sequence[_Row], shape: tuple[int, int, int], progress: Progress
) -> None:
    needed = len(rows) * int(np.prod(shape)) + SPARE_BYTES
    if shutil.disk_usage(file.parent).free < needed:
        raise OSError(errno.ENOSPC, f"{needed / 1e9:.1f} GB are needed", str(file.parent))
    with file.open("wb") as stream, progress.task("Packing", total=len(rows)) as task:
        for row in rows:
            pixels = row.rows[row.number]
            if checksum(pixels) != row.checksum:
                raise DataError(
                    f"A cache was changed while it was being merged into '{file.parent}'. Merge "
                    "again when nothing is added to it."
                )
            stream.write(pixels.data)
            task.advance()
        stream.flush()
        os.fsync(stream.fileno())
