"""Which files are the shards of a set: one file, a folder of them, a pattern or an address."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kerasport.dataset.archives import Container, address_of, files_at, is_address
from kerasport.dataset.folder_words import NOTE_SUFFIXES
from kerasport.dataset.paths import archive_at, forget
from kerasport.dataset.shards.patterns import expand, is_pattern
from kerasport.dataset.shards.samples import holds_samples
from kerasport.dataset.tree import files_below
from kerasport.errors import DataError

__all__ = ["Shards", "find_shards", "is_elsewhere", "open_shard"]

_PARQUET = re.compile(r"\.parquet\Z", re.IGNORECASE)
_TAR = re.compile(r"\.(?:tar|tgz|tbz2|txz|tar\.gz|tar\.bz2|tar\.xz)\Z", re.IGNORECASE)
_ZIP = re.compile(r"\.zip\Z", re.IGNORECASE)
_KINDS = (_PARQUET, _TAR)


@dataclass(frozen=True)
class Shards:
    """The files of a set in their order, all below `root`; `called` is what the user named."""

    root: Path
    paths: tuple[Path, ...]
    called: str


def is_elsewhere(source: str | Path) -> bool:
    """Return whether a source is an address or stands for several files, so is no path."""
    text = os.fspath(source)
    return is_address(text) or (is_pattern(text) and not os.path.lexists(text))


def find_shards(source: str | Path) -> Shards | None:
    """Return the shards that a source names, None where it is anything else.

    A folder is one of shards where nothing but shards and notes lies in it and below; a single TAR
    where labels lie beside its pictures, else it is the folder that it holds, as a ZIP is.

    Raises:
        DataError: an address or a pattern leads to no shards.
        KerasportError: what opens such an address is not installed.
    """
    text = os.fspath(source)
    if text.lower().startswith("file:"):
        text = unquote(urlsplit(text).path)
    if is_address(text):
        return _at_address(address_of(text))
    path = Path(text)
    if is_elsewhere(text):
        return _matching(text)
    if path.is_file() and _is_shard(text):
        return Shards(path.parent, (path,), text) if _stands_alone(path) else None
    return _in_folder(path) if path.is_dir() else None


def open_shard(path: Path) -> Container:
    """Return what one of the files holds.

    Raises:
        DataError: it is gone, or cannot be read.
    """
    found = archive_at(path)
    if found is None:
        raise DataError(f"'{path}' is gone. Bring it back, or leave it out.")
    return found[0]


def _at_address(address: str) -> Shards | None:
    files = [Path(file) for each in expand(address) for file in files_at(each)]
    for path in files:
        forget(path)
    paths = [path for path in files if _is_shard(path.name)]
    if len(files) == 1 and (_ZIP.search(files[0].name) or (paths and not _stands_alone(paths[0]))):
        return None
    if not paths:
        raise DataError(
            f"'{address}' leads to no .parquet, .tar or .zip files. Expected such a file, a folder "
            "of them, or a pattern like train-{000..015}.tar."
        )
    return _shards(paths, address)


def _matching(pattern: str) -> Shards | None:
    names = expand(pattern)
    if not any(map(_is_shard, names)):
        return None
    paths = [path for name in names for path in (_globbed(name) if "*" in name else [Path(name)])]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        first = missing[0] if missing else pattern
        raise DataError(
            f"There is no file '{first}', one of {len(paths):,} that '{pattern}' stands for. Check "
            "its numbers and the folder."
        )
    return _shards([path for path in paths if _is_shard(str(path))], pattern)


def _globbed(pattern: str) -> list[Path]:
    path = Path(pattern)
    return sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))


def _stands_alone(path: Path) -> bool:
    if _PARQUET.search(path.name):
        return True
    found = archive_at(path)
    return found is not None and holds_samples(found[0])


def _in_folder(folder: Path) -> Shards | None:
    paths: list[Path] = []
    for path in files_below(folder):
        if _is_shard(path.name):
            paths.append(path)
        elif path.suffix.lower() not in NOTE_SUFFIXES and not path.name.startswith("_"):
            # As clusters mark that they are done: _SUCCESS.
            return None
    if not paths:
        return None
    return replace(_shards(paths, str(folder)), root=folder)


def _shards(paths: Sequence[Path], called: str) -> Shards:
    kinds = [kind for kind in _KINDS if any(kind.search(path.name) for path in paths)]
    if len(kinds) > 1:
        raise DataError(
            f"'{called}' has both .parquet and .tar files. Name those of one kind, for the others "
            "may hold the same pictures."
        )
    twice = [path for path, count in Counter(paths).items() if count > 1]
    if twice:
        raise DataError(f"'{called}' names '{twice[0]}' twice. Name each file once.")
    root = Path(os.path.commonpath([path.parent for path in paths]))
    return Shards(root, tuple(paths), called)


def _is_shard(name: str) -> bool:
    return any(kind.search(name) for kind in _KINDS)
