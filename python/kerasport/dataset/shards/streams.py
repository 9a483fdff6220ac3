"""Pictures one after another out of any container, as those ask who classify each of them once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kerasport.dataset.archives import ParquetPictures
from kerasport.dataset.contents import read_content
from kerasport.dataset.dataset import Skipped
from kerasport.dataset.entries import Entry, look
from kerasport.dataset.parallel import in_parallel
from kerasport.dataset.paths import is_folder
from kerasport.dataset.shards.places import Shards, find_shards, open_shard
from kerasport.dataset.shards.samples import is_picture
from kerasport.dataset.tree import files_below
from kerasport.errors import DataError

__all__ = [
    "StreamedPicture",
    "open_pictures",
    "pictures_at",
    "pictures_in",
    "pictures_of",
    "seen_in",
]


@dataclass(frozen=True)
class StreamedPicture:
    """A picture on its way.

    Attributes:
        name: where it lies: below the folder or the shards that were named,
            `train-000.tar/000123.jpg`, `train.parquet/17`, `cat/1.jpg`.
        path: the same, as `kerasport.dataset.paths.read_bytes` reads it again.
        data: its encoded bytes; empty where they cannot be read.
        reason: why they cannot.
    """

    name: str
    path: Path
    data: bytes
    reason: str = ""


def open_pictures(address: str | Path) -> Iterator[StreamedPicture]:
    """Yield every picture of a source in its order, with what is damaged among them.

    One shard is open at a time, and one picture in memory.

    Args:
        address: a folder or an archive; a Parquet file or a TAR; a folder of those, a pattern like
            `train-{000..015}.tar`, or an address that fsspec opens.

    Raises:
        DataError: there is nothing, or a shard cannot be opened. Before the first picture where it
            is the source itself.
        KerasportError: what opens it is not installed.

    >>> for picture in open_pictures("train-{000..015}.tar"):  # doctest: +SKIP
    ...     print(picture.name, picture.reason or len(picture.data))
    """
    root, paths = pictures_at(address)
    return (_streamed(path, root) for path in paths)


def pictures_at(address: str | Path) -> tuple[Path, Iterator[Path]]:
    """Return what names of pictures begin with, and the path of each; see `open_pictures`."""
    shards = find_shards(address)
    if shards is not None:
        return shards.root, pictures_in(shards)
    path = Path(address)
    if not is_folder(path):
        raise DataError(
            f"There are no pictures at '{address}'. Expected a folder or an archive of pictures, "
            ".parquet or .tar files, or an address of some."
        )
    return path, files_below(path)


def pictures_in(shards: Shards) -> Iterator[Path]:
    """Yield the path of each picture in shards, in their order."""
    for path in shards.paths:
        yield from pictures_of(path)


def pictures_of(shard: Path) -> Iterator[Path]:
    """Yield the path of each picture in one of the files."""
    container = open_shard(shard)
    for name in container.names:
        if isinstance(container, ParquetPictures) or is_picture(name):
            yield shard / name


def seen_in(shard: Path) -> list[Entry]:
    """Return the pictures of a shard, looked at while it is open; their labels mean nothing."""
    entries = [Entry(path, 0) for path in pictures_of(shard)]
    seen = (each for part in in_parallel(look, entries) for each in part)
    return [replace(entry, seen=each) for entry, each in zip(entries, seen, strict=True)]


def _streamed(path: Path, root: Path) -> StreamedPicture:
    name = path.relative_to(root).as_posix()
    found = read_content(path)
    if isinstance(found, Skipped):
        return StreamedPicture(name, path, b"", found.reason)
    return StreamedPicture(name, path, found)
