"""One file of an archive: where its bytes lie, and how they are brought back."""

from __future__ import annotations

import bz2
import zlib
from typing import Literal, NamedTuple, TypeAlias

from kerasport.pictures import MAX_BYTES

__all__ = ["Directory", "Kind", "Member", "unpack"]

Kind: TypeAlias = Literal["file", "folder", "link", "other"]

# Pictures hardly shrink; what grows more than this is made to fill the memory.
_FREE_BYTES, _MOST_GROWTH = 16 << 20, 200

STORED, DEFLATED, BZIP2 = 0, 8, 12
_METHODS = {
    1: "Shrink",
    6: "Implode",
    9: "Deflate64",
    14: "LZMA",
    93: "Zstandard",
    95: "XZ",
    98: "PPMd",
}


class Member(NamedTuple):
    """A file, folder or link in an archive.

    `offset` is where the member begins, `packed` and `size` are its bytes as stored and as they
    were. `crc` is None where the archive has no checksum.
    """

    name: str
    kind: Kind
    offset: int
    packed: int
    size: int
    method: int = STORED
    crc: int | None = None

    def require_readable(self) -> None:
        """Raise unless its content may be read: no link, and not too large.

        Raises:
            OSError: with the reason.
        """
        if self.kind == "link":
            raise OSError("a link, which is not followed inside of an archive")
        if self.kind == "other":
            raise OSError("not a file")
        if self.size > MAX_BYTES:
            raise OSError(f"it has {self.size:,} bytes, more than {MAX_BYTES:,}")
        if self.size > max(_FREE_BYTES, _MOST_GROWTH * self.packed):
            raise OSError(
                f"it would unpack to {self.size:,} bytes, more than {_MOST_GROWTH} times what it "
                "has in the archive"
            )


class Directory(NamedTuple):
    """What an archive holds; `guessed` is a name whose encoding had to be guessed, if any."""

    members: list[Member]
    guessed: str | None


def unpack(member: Member, packed: bytes) -> bytes:
    """Return the content of a member, never more than the archive says it has.

    Raises:
        OSError: it is damaged, or packed in a way that is not known here.
    """
    try:
        if member.method == STORED:
            data = packed
        elif member.method == DEFLATED:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.size + 1)
        elif member.method == BZIP2:
            data = bz2.BZ2Decompressor().decompress(packed, member.size + 1)
        else:
            method = _METHODS.get(member.method, f"method {member.method}")
            raise OSError(f"packed with {method}, which is not read: unpack the archive")
    except (zlib.error, ValueError, EOFError) as error:
        raise OSError(f"damaged in the archive ({error})") from None
    if len(data) != member.size or (member.crc is not None and zlib.crc32(data) != member.crc):
        raise OSError("damaged in the archive (its checksum or length differs)")
    return data
