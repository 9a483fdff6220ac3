"""ZIP archives of strangers: only the members that are asked for, none larger than it may be."""

from __future__ import annotations

import contextlib
import shutil
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, BinaryIO

from kerasport.errors import ModelError
from kerasport.files import NO_SPACE

__all__ = ["extract_member", "member_names", "read_members"]

_MAX_MEMBERS = 10_000
"""Most members of an archive. Keras writes three; asset folders add some."""

_MAX_GROWTH = 20
"""How many times the archive's size a member may have: float weights shrink by a tenth or so, and
Keras does not compress them. Small archives may grow to `_FREE_BYTES` all the same."""

_FREE_BYTES = 64 << 20

_PROBLEMS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    # An encrypted member, and one that is packed in a way that Python does not know.
    RuntimeError,
    ValueError,
)

_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


def member_names(path: Path, *, expected: str) -> list[str]:
    """Return the names of what a ZIP archive holds; see `read_members`."""
    with _opened(path, expected) as archive:
        return [entry.filename for entry in archive.infolist()]


def read_members(path: Path, wanted: Collection[str], *, expected: str) -> dict[str, bytes]:
    """Return the content of those members of a ZIP archive that are wanted and there.

    Args:
        path: the archive.
        wanted: names of members.
        expected: what a message says was expected, such as "a whole .keras file".

    Raises:
        ModelError: it is no ZIP archive, is damaged or encrypted, has a member twice or one with
            a name outside the archive, or one that would grow beyond reason when unpacked.
    """
    with _opened(path, expected) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        found = {}
        for name in wanted:
            if name in entries:
                with _stream(archive, entries[name], path) as stream:
                    found[name] = stream.read()
        return found


def extract_member(path: Path, name: str, target: Path, *, expected: str) -> None:
    """Write one member of a ZIP archive to `target`, piece by piece; see `read_members`.

    Raises:
        OSError: there is no room for `target`.
        ModelError: there is no such member, or see `read_members`.
    """
    with _opened(path, expected) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if name not in entries:
            raise ValueError(f"it holds no {name}")
        with _stream(archive, entries[name], path) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)


@contextlib.contextmanager
def _opened(path: Path, expected: str) -> Iterator[zipfile.ZipFile]:
    """Yield an archive whose directory was checked; whatever is wrong is one sentence."""
    try:
        with path.open("rb") as file:
            _check_directory(file)
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                _check_members(archive)
                yield archive
                return
    except _PROBLEMS as error:
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            # The place that it is unpacked to is full; the archive may be whole.
            raise
        reason = str(error) or type(error).__name__
    raise ModelError(
        f"'{path}' cannot be opened as a ZIP archive: {reason.rstrip('.')}. Expected {expected}; "
        "copy or save it again."
    )


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory of members that alone would fill the memory."""
    file.seek(0, 2)
    size = file.tell()
    # The end record is followed by a comment of at most 65,535 bytes.
    file.seek(max(0, size - 22 - 65_535 - 20))
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0:
        raise ValueError("it has no end, so it is cut off")
    (count,) = struct.unpack_from("<H", tail, place + 10)
    if place >= 20 and tail[place - 20 : place - 16] == _LOCATOR_64:
        (where,) = struct.unpack_from("<Q", tail, place - 12)
        if where + 56 > size:
            raise ValueError("its directory lies outside of it")
        file.seek(where)
        record = file.read(56)
        if record[:4] != _END_64:
            raise ValueError("its directory is damaged")
        count = max(count, struct.unpack_from("<Q", record, 32)[0])
    if count > _MAX_MEMBERS:
        raise ValueError(f"it says that it holds {count:,} files; allowed are {_MAX_MEMBERS:,}")


def _check_members(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > _MAX_MEMBERS:
        raise ValueError(f"it holds {len(entries):,} files; allowed are {_MAX_MEMBERS:,}")
    names = set()
    for entry in entries:
        name = entry.filename
        parts = name.replace("\\", "/").split("/")
        if not parts[0] or ".." in parts or ":" in parts[0]:
            raise ValueError(f"it holds {name!r:.100}, a path that leads out of it")
        if name in names:
            raise ValueError(f"it holds {name!r:.100} twice")
        names.add(name)


def _stream(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> IO[bytes]:
    if entry.flag_bits & 1:
        raise ValueError(f"its file {entry.filename!r} is encrypted")
    if entry.file_size > max(_FREE_BYTES, _MAX_GROWTH * path.stat().st_size):
        raise ValueError(
            f"its file {entry.filename!r} would unpack to {entry.file_size:,} bytes, more than "
            f"{_MAX_GROWTH} times the archive"
        )
    # No more than the directory says is ever unpacked, and the checksum is compared at the end.
    return archive.open(entry)
