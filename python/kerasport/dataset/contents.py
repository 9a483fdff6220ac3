"""The bytes of a file that may be anything: read where it can be a picture, else told apart."""

from __future__ import annotations

import stat
from pathlib import Path

from kerasport.dataset.dataset import Skipped
from kerasport.dataset.paths import leads_inside, read_bytes
from kerasport.pictures import MAX_BYTES, too_many_bytes
from kerasport.pictures.avif import is_avif

__all__ = ["read_content", "why_not_opened"]

# Below this, reading a file that is no picture costs less than looking at it twice.
_SMALL = 1 << 20
_START = 4096
_KINDS = {
    stat.S_IFDIR: "a folder, not a picture",
    stat.S_IFIFO: "a named pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


def read_content(path: Path) -> bytes | Skipped:
    """Return what is in a file, or why it is left out.

    What would wait for ever, and what is longer than any picture may be, is not read: a film beside
    the pictures costs a look at its first bytes.
    """
    try:
        if leads_inside(path):
            return read_bytes(path)
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Skipped(path, _KINDS.get(stat.S_IFMT(found.st_mode), "not a file"))
        with path.open("rb") as stream:
            if found.st_size > _SMALL and not _may_be_picture(stream.read(_START)):
                return Skipped(path, "not a picture")
            if found.st_size > MAX_BYTES:
                return Skipped(path, too_many_bytes(found.st_size).reason)
            stream.seek(0)
            # No more than that, even if the file grows: so much is reserved at once.
            return stream.read(found.st_size)
    except OSError as error:
        return Skipped(path, why_not_opened(path, error))


def why_not_opened(path: Path, error: OSError) -> str:
    """Return the reason in a few words, without the path, which is told beside it."""
    if leads_inside(path):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "a link that leads nowhere" if path.is_symlink() else "there is no such file"
    return f"cannot be opened ({error.strerror or error})"


def _may_be_picture(start: bytes) -> bool:
    if start.startswith(b"RIFF"):
        return start[8:12] == b"WEBP"
    return start.startswith((b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM")) or is_avif(start)
