"""Caches that several machines have filled, brought into one."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasport.dataset.cache import PixelCache
from kerasport.dataset.packing import Packed, alone_in, pack, shape_of
from kerasport.errors import DataError
from kerasport.progress import SILENT, Progress

__all__ = ["Merged", "merge_caches"]


@dataclass(frozen=True)
class Merged:
    """What a cache has after merging, for each folder of a specification that was merged."""

    shelves: dict[Path, Packed]


def merge_caches(
    sources: Sequence[Path], into: PixelCache, *, progress: Progress = SILENT
) -> Merged:
    """Bring the decoded pictures of caches into one.

    The result is the same in whatever order they are named, and merged again it stays as it is.
    A folder of a specification whose merging is interrupted is what it was before.

    Args:
        sources: caches, as `kerasport cache --out` wrote them; none of them is changed.
        into: the cache that takes their pictures, with those that it has.
        progress: told what is done.

    Raises:
        DataError: one of them is no cache, or holds no pictures.
        OSError: something cannot be read or written.
    """
    found: dict[str, list[Path]] = {}
    for source in sources:
        shelves = _shelves(source)
        if not shelves:
            raise DataError(
                f"'{source}' holds no decoded pictures. Expected a folder that 'kerasport cache' "
                "filled."
            )
        for shelf in shelves:
            found.setdefault(shelf.name, []).append(shelf)
    _warn_of_versions(found, len(sources), progress)
    merged: dict[Path, Packed] = {}
    for name, shelves in sorted(found.items()):
        folder = into.make(into.root / name)
        with alone_in(folder, progress):
            others = [shelf for shelf in shelves if not shelf.samefile(folder)]
            merged[folder] = pack(folder, others, progress=progress)
    return Merged(merged)


def _shelves(source: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(
            path for path in source.iterdir() if shape_of(path) is not None and path.is_dir()
        )
    return []


def _warn_of_versions(found: dict[str, list[Path]], count: int, progress: Progress) -> None:
    """Warn where pictures of one shape lie in several folders, none of which all caches have."""
    shapes: dict[str, list[str]] = {}
    for name, shelves in found.items():
        if len(shelves) < count:
            shapes.setdefault(name.partition("-")[0], []).append(name)
    for shape, names in sorted(shapes.items()):
        if len(names) > 1:
            progress.warn(
                f"Pictures of {shape} were decoded in {len(names)} ways, which stay apart: other "
                "options, or other versions of kerasport or Pillow. Use the same on all machines."
            )
