"""What a TAR archive holds; one that is packed as a whole is unpacked once, to a nameless file."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, cast

from kerasport.dataset.archives.member import Directory, Kind, Member
from kerasport.dataset.archives.spool import SPARE_BYTES, no_room
from kerasport.platforms import free_temporary_bytes

__all__ = ["read_tar_directory", "unpacked_tar"]

_FREE_BYTES, _MOST_GROWTH = 1 << 30, 100
_MAX_MEMBERS = 2_000_000
_PIECE = 1 << 20
# A path has 4,096 at most, and its other attributes hardly more.
_MOST_HEADER_BYTES = 1 << 20
# What stands before a file and says more about it than fits into its own header.
_NAMING = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_OPENERS: tuple[tuple[bytes, Callable[[Path], IO[bytes]]], ...] = (
    (b"\x1f\x8b", cast("Callable[[Path], IO[bytes]]", gzip.GzipFile)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
)


class _Header(tarfile.TarInfo):
    """A header whose names, which `tarfile` reads as a whole, are no longer than names are."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _NAMING and self.size > _MOST_HEADER_BYTES:
            raise ValueError(f"a name in it has {self.size:,} bytes, too many")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return found


def unpacked_tar(path: Path) -> BinaryIO | None:
    """Return the TAR in a packed file as a file that vanishes with the process, or None.

    Raises:
        ValueError: it is damaged, grows beyond reason, or there is no room for it.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(6)
    opener = next((opener for mark, opener in _OPENERS if start.startswith(mark)), None)
    if opener is None:
        return None
    most = max(_FREE_BYTES, _MOST_GROWTH * path.stat().st_size)
    spool = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115
    room = free_temporary_bytes() - SPARE_BYTES
    try:
        with opener(path) as packed:
            while piece := packed.read(_PIECE):
                spool.write(piece)
                if spool.tell() > most:
                    raise ValueError(f"it unpacks to more than {most:,} bytes")
                if spool.tell() > room:
                    raise no_room("what it unpacks to")
        spool.flush()
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        spool.close()
        raise ValueError(f"it is damaged ({error})") from None
    except BaseException:
        spool.close()
        raise
    return spool


def read_tar_directory(file: BinaryIO) -> Directory:
    """Return the members of a TAR that is not packed, with names in UTF-8, else Windows-1252.

    Raises:
        ValueError: it is no whole TAR, or holds too many members.
        OSError: it cannot be read.
    """
    members: list[Member] = []
    guessed = None
    try:
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:", encoding="utf-8", tarinfo=_Header) as archive:
            for info in archive:
                if len(members) == _MAX_MEMBERS:
                    raise ValueError(f"it holds more than {_MAX_MEMBERS:,} files")
                name = info.name
                if _has_bytes(name):
                    name = name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
                    guessed = guessed or name
                if info.size < 0:
                    raise ValueError(f"its file {name!r:.100} has {info.size:,} bytes")
                members.append(Member(name, _kind(info), info.offset_data, info.size, info.size))
    # A header of headers of headers; a size that no place in a file can have.
    except (RecursionError, OverflowError):
        raise ValueError("the list of what it holds is damaged") from None
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"it is no whole TAR archive ({error})") from None
    return Directory(members, guessed)


def _has_bytes(name: str) -> bool:
    """Return whether a name holds bytes that are no UTF-8, as Python keeps them."""
    return any("\udc80" <= character <= "\udcff" for character in name)


def _kind(info: tarfile.TarInfo) -> Kind:
    if info.isdir():
        return "folder"
    if info.issym() or info.islnk():
        return "link"
    return "file" if info.isreg() and not info.issparse() else "other"
