"""Files and folders by their paths, on the disk or inside of an archive: `x.zip/daisy/1.jpg`.

What reads a data set looks at it through these functions alone, so that an archive is a folder, and
so is a Parquet file, on the disk or at an address.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

from kerasport.dataset.archives import (
    Container,
    address_of,
    fetch,
    is_address,
    open_container,
    stamp_of,
)
from kerasport.platforms import free_temporary_bytes

__all__ = [
    "archive_at",
    "exists",
    "forget",
    "is_file",
    "is_folder",
    "leads_inside",
    "list_names",
    "read_bytes",
    "size_of",
    "unwrapped",
]

# Most paths are told apart by their spelling alone.
_ARCHIVE = re.compile(
    r"[^/\\]\.(?:zip|tar|tgz|tbz2|txz|tar\.gz|tar\.bz2|tar\.xz|parquet)(?=[/\\]|\Z)",
    re.IGNORECASE,
)
_KEPT = 4
# Of what was fetched.
_KEPT_BYTES = 8 << 30
# Pictures or tables beside a folder: then it is no mere wrapper.
_TABLES = (".csv", ".jsonl", ".tsv")
_SEEN_BESIDE = re.compile(
    r"\.(?:avif|bmp|gif|jpe?g|png|webp|csv|jsonl|tsv|npz|tar|zip)\Z", re.IGNORECASE
)

_opened: dict[Path, Container] = {}
_fetched: dict[Path, tuple[Container, int]] = {}
_opening = threading.Lock()


def archive_at(path: Path) -> tuple[Container, str] | None:
    """Return the archive that a path is or leads into, and where in it; None on the disk.

    Raises:
        DataError: there is one that cannot be read.
        KerasportError: what reads it is not installed.
    """
    text = os.fspath(path)
    spellings = list(_ARCHIVE.finditer(text))
    if spellings and is_address(text):
        # What is a folder there is not asked: the last must be the file.
        end = spellings[-1].end()
        return _at_address(Path(text[:end])), text[end + 1 :].replace(os.sep, "/")
    for spelled in spellings:
        place = Path(text[: spelled.end()])
        try:
            found = place.stat()
        except OSError:
            return None
        if stat.S_ISREG(found.st_mode):
            return _archive(place, found), text[spelled.end() + 1 :].replace(os.sep, "/")
    return None


def leads_inside(path: Path) -> bool:
    """Return whether a path leads to something in an archive, which is no file of the disk."""
    return _inside(path) is not None


def exists(path: Path) -> bool:
    """Return whether there is anything at a path; a link that leads nowhere is something."""
    found = archive_at(path) if is_address(path) else _inside(path)
    if found is None:
        return os.path.lexists(path)
    archive, name = found
    return archive.has_file(name) or archive.folder(name) is not None


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; an archive is one."""
    found = archive_at(path)
    return path.is_dir() if found is None else found[0].folder(found[1]) is not None


def is_file(path: Path) -> bool:
    """Return whether a path is a regular file; an archive is one."""
    found = _inside(path)
    return path.is_file() if found is None else found[0].has_file(found[1])


def list_names(folder: Path) -> dict[str, bool]:
    """Return the names of what lies in a folder, and whether each is a folder; in any order.

    Raises:
        OSError: the folder cannot be opened, or there is none.
    """
    found = archive_at(folder)
    if found is None:
        with os.scandir(folder) as entries:
            return {entry.name: _is_folder(entry) for entry in entries}
    inside = found[0].folder(found[1])
    if inside is None:
        raise FileNotFoundError(f"there is no folder '{folder}'")
    return dict(inside)


def size_of(path: Path) -> int:
    """Return the bytes that a file has, as it will be read.

    Raises:
        OSError: there is no such file.
    """
    found = _inside(path)
    if found is None:
        return path.stat().st_size
    return found[0].size_of(found[1])


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: it cannot be read; from an archive, the message is the reason alone.
    """
    found = _inside(path)
    return path.read_bytes() if found is None else found[0].read(found[1])


def unwrapped(path: Path) -> Path:
    """Return the one folder that an archive holds everything in, or the path itself.

    A folder of pictures is a class and stays, unless a table lies beside them.
    """
    at = archive_at(path)
    if at is None or at[1]:
        return path
    inner = path
    while True:
        found = {name: each for name, each in list_names(inner).items() if name[0] not in "._"}
        folders = [name for name, is_inner in found.items() if is_inner]
        if len(folders) != 1 or any(_SEEN_BESIDE.search(name) for name in found):
            return inner
        below = list_names(inner / folders[0])
        if not any(below.values()) and not any(name.endswith(_TABLES) for name in below):
            return inner
        inner /= folders[0]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself, or into a folder that cannot be opened: what it is shows on reading.
        return False


def _inside(path: Path) -> tuple[Container, str] | None:
    """Return the archive that a path leads into and where, None where it is a file or folder.

    An archive itself is a file like any other here: it may lie among the pictures.
    """
    text = os.fspath(path)
    spelled = _ARCHIVE.search(text)
    return None if spelled is None or spelled.end() == len(text) else archive_at(path)


def forget(path: Path) -> None:
    """Let go of what was fetched from an address, so that it is fetched anew."""
    with _opening:
        _fetched.pop(path, None)


def _archive(place: Path, found: os.stat_result) -> Container:
    with _opening:
        archive = _opened.get(place)
        if archive is None or archive.stamp != stamp_of(found):
            archive = open_container(place)
            _opened.pop(place, None)
            while len(_opened) >= _KEPT:
                del _opened[next(iter(_opened))]
            _opened[place] = archive
        return archive


def _at_address(place: Path) -> Container:
    """Return what is at an address. Its copy goes when nobody reads from it any more."""
    with _opening:
        container, size = _fetched.pop(place, (None, 0))
        if container is None:
            most = min(_KEPT_BYTES, free_temporary_bytes() // 2)
            # Two at least: where one ends another begins, and threads are at both.
            while len(_fetched) > 1 and sum(size for _, size in _fetched.values()) > most:
                del _fetched[next(iter(_fetched))]
            copy = fetch(address_of(place))
            container, size = open_container(place, copy), copy.size
        _fetched[place] = container, size
        return container
