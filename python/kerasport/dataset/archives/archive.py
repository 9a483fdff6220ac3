"""A ZIP or TAR as a tree of folders and files, each of which is read from where it lies."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from kerasport.dataset.archives.member import Member, unpack
from kerasport.dataset.archives.stamps import stamp_of
from kerasport.dataset.archives.tar_directory import read_tar_directory, unpacked_tar
from kerasport.dataset.archives.zip_directory import (
    LOCAL_HEADER,
    LOCAL_SIGNATURE,
    read_zip_directory,
)
from kerasport.errors import DataError

__all__ = ["Archive", "read_archive"]

# More than this in all, compared to the archive, is no set of pictures.
_FREE_BYTES, _MOST_GROWTH = 1 << 30, 200
# Each folder above a file is kept by its whole path.
_MOST_DEPTH = 100
_ABSOLUTE = re.compile(r"[A-Za-z]:(?:[\\/]|\Z)|\\")
_ARCHIVES = (".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst")
# What lies in the place of an archive, by its first bytes.
_NO_ARCHIVES = (
    (b"<", "it is a web page, as a download without a login leaves behind"),
    (b"Rar!", "it is a RAR archive, which is not read"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive, which is not read"),
    (b"version https://git-lfs", "it is a Git LFS pointer; fetch the archive with 'git lfs pull'"),
)
_PICTURES = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")


class Archive:
    """The files and folders of an archive by their paths in it, `""` for the archive itself.

    Members may be read by several threads at once. `file` is where the archive lies. `mapped` is
    what they are read from where it was unpacked as a whole, `guessed` a name whose encoding is a
    guess.
    """

    def __init__(
        self,
        path: Path,
        members: Iterable[Member],
        *,
        file: Path,
        stamp: tuple[int, ...],
        mapped: mmap.mmap | None = None,
        guessed: str | None = None,
    ) -> None:
        self.path = path
        self.lent: object = None
        self._file = file
        self.stamp = stamp
        self.guessed = guessed
        self._mapped = mapped
        self._files: dict[str, Member] = {}
        self._folders: dict[str, dict[str, bool]] = {"": {}}
        for member in members:
            self._add(member)

    def _add(self, member: Member) -> None:
        name = _place_of(member.name)
        if not name:
            return
        if member.kind == "folder":
            self._add_folder(name)
            return
        if name in self._files or name in self._folders:
            raise ValueError(f"it holds {name!r:.200} twice")
        above, _, last = name.rpartition("/")
        self._add_folder(above)
        self._files[name] = member
        self._folders[above][last] = False

    def _add_folder(self, name: str) -> None:
        missing = []
        while name not in self._folders:
            if name in self._files:
                raise ValueError(f"it holds {name!r:.200} twice, as a file and as a folder")
            missing.append(name)
            name = name.rpartition("/")[0]
        for inner in reversed(missing):
            above, _, last = inner.rpartition("/")
            self._folders[inner] = {}
            self._folders[above][last] = True

    @property
    def names(self) -> Iterable[str]:
        """The paths of its files."""
        return self._files

    def folder(self, name: str) -> dict[str, bool] | None:
        """Return what lies in a folder, and whether each is a folder; None where there is none."""
        return self._folders.get(name)

    def has_file(self, name: str) -> bool:
        """Return whether there is a file of that path."""
        return name in self._files

    def size_of(self, name: str) -> int:
        """Return the bytes that a file has, as it will be read.

        Raises:
            OSError: there is no such file.
        """
        if name not in self._files:
            raise FileNotFoundError("there is no such file")
        return self._files[name].size

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            OSError: there is none, or it cannot be read; the message is the reason alone.
        """
        member = self._files.get(name)
        if member is None:
            if name in self._folders:
                raise IsADirectoryError("a folder, not a picture")
            raise FileNotFoundError("there is no such file")
        member.require_readable()
        if self._mapped is not None:
            return unpack(member, self._mapped[member.offset : member.offset + member.packed])
        with self._file.open("rb") as file:
            if stamp_of(os.fstat(file.fileno())) != self.stamp:
                raise OSError("the archive was changed while it was being read")
            start = member.offset
            if member.crc is not None:
                signature, name_length, extra_length = LOCAL_HEADER.unpack(
                    _bytes_at(file, start, LOCAL_HEADER.size)
                )
                if signature != LOCAL_SIGNATURE:
                    raise OSError("damaged in the archive (it is not where it should be)")
                start += LOCAL_HEADER.size + name_length + extra_length
            return unpack(member, _bytes_at(file, start, member.packed))


def read_archive(path: Path, place: Path) -> Archive:
    """Return the archive in the file `place`, ZIP or TAR by its content, called `path`.

    Raises:
        ValueError: it holds what no set of pictures does: a path that leads out of it, a file
            twice, encrypted files, or more than it could unpack to.
        OSError: it cannot be opened.
        DataError: it holds archives instead of pictures.
    """
    archive = _opened(path, place)
    _check_growth(archive, place)
    _refuse_nested(archive)
    return archive


def _opened(path: Path, place: Path) -> Archive:
    with place.open("rb") as file:
        stamp = stamp_of(os.fstat(file.fileno()))
        start = file.read(100).lstrip().lower()
        for mark, what in _NO_ARCHIVES:
            if start.startswith(mark.lower()):
                raise ValueError(what)
        if path.suffix.lower() == ".zip":
            members, guessed = read_zip_directory(file)
            return Archive(path, members, file=place, stamp=stamp, guessed=guessed)
        spool = unpacked_tar(place)
        if spool is None:
            members, guessed = read_tar_directory(file)
            return Archive(path, members, file=place, stamp=stamp, guessed=guessed)
    with spool:
        members, guessed = read_tar_directory(spool)
        # The mapping outlives the file's descriptor; nobody else can shorten the file.
        mapped = mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)
    return Archive(path, members, file=place, stamp=stamp, mapped=mapped, guessed=guessed)


def _check_growth(archive: Archive, place: Path) -> None:
    total = sum(map(archive.size_of, archive.names))
    if total > max(_FREE_BYTES, _MOST_GROWTH * place.stat().st_size):
        raise ValueError(
            f"it would unpack to {total:,} bytes, more than {_MOST_GROWTH} times what it has"
        )


def _refuse_nested(archive: Archive) -> None:
    nested = sorted(name for name in archive.names if name.lower().endswith(_ARCHIVES))
    if nested and not any(name.lower().endswith(_PICTURES) for name in archive.names):
        shown = ", ".join(f"'{name:.200}'" for name in nested[:5])
        more = f" and {len(nested) - 5} more" if len(nested) > 5 else ""
        raise DataError(
            f"'{archive.path}' holds archives instead of pictures: {shown}{more}. Unpack it and "
            "name the one to read."
        )


def _place_of(name: str) -> str:
    parts = name.split("/")
    if not parts[0] or ".." in parts or "\0" in name or _ABSOLUTE.match(name):
        raise ValueError(f"it holds {name!r:.200}, a path that leads out of it")
    kept = [part for part in parts if part not in ("", ".")]
    if len(kept) > _MOST_DEPTH:
        raise ValueError(f"it holds {name!r:.200}, in more than {_MOST_DEPTH} folders")
    return "/".join(kept)


def _bytes_at(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    data = file.read(length)
    if len(data) != length:
        raise OSError("damaged in the archive (it ends too early)")
    return data
