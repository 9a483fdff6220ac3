"""The directory of a ZIP archive, read within limits and without unpacking anything."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from kerasport.dataset.archives.member import Directory, Kind, Member

__all__ = ["LOCAL_HEADER", "LOCAL_SIGNATURE", "read_zip_directory"]

LOCAL_HEADER = struct.Struct("<4s22x2H")
"""Signature, and the lengths of the name and the extra field that follow."""

LOCAL_SIGNATURE = b"PK\x03\x04"

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")

_MAX_DIRECTORY_BYTES = 256 << 20
_MAX_MEMBERS = 2_000_000

_ENCRYPTED = 0x41
_DOS, _UNIX = 0, 3
_ZIP_64, _UNICODE_PATH = 0x0001, 0x7075
_WHOLE_32 = 0xFFFFFFFF


def read_zip_directory(file: BinaryIO) -> Directory:
    """Return the members of a ZIP archive, with names in UTF-8 or, where they are not, in CP 437.

    Raises:
        ValueError: it is no whole ZIP archive, is encrypted, or holds too many members.
        OSError: it cannot be read.
    """
    start, size, base = _directory_place(file)
    if size > _MAX_DIRECTORY_BYTES:
        raise ValueError(f"the list of what it holds has {size:,} bytes, too many")
    file.seek(start)
    data = file.read(size)
    members: list[Member] = []
    guessed = None
    for member, certain in _entries(data, base):
        if len(members) == _MAX_MEMBERS:
            raise ValueError(f"it holds more than {_MAX_MEMBERS:,} files")
        members.append(member)
        if not certain and guessed is None:
            guessed = member.name
    return Directory(members, guessed)


def _directory_place(file: BinaryIO) -> tuple[int, int, int]:
    """Return where the directory starts, its bytes, and what stands before the archive itself."""
    length = file.seek(0, 2)
    # The end is followed by a comment of at most 65,535 bytes.
    before = max(0, length - _END.size - 65_535)
    file.seek(before)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise ValueError("it has no end, so it was cut off or is no ZIP archive")
    _, disk, _, _, _, size, offset, _ = _END.unpack_from(tail, at)
    end = before + at
    if disk not in (0, 0xFFFF):
        raise ValueError("it is one part of several")
    locator_at = end - _LOCATOR_64.size
    if locator_at >= 0:
        file.seek(locator_at)
        signature, _, where, _ = _LOCATOR_64.unpack(file.read(_LOCATOR_64.size))
        if signature == b"PK\x06\x07":
            size, offset, end = _place_64(file, where, locator_at)
    base = end - size - offset
    if base < 0:
        raise ValueError("the list of what it holds is damaged")
    return base + offset, size, base


def _place_64(file: BinaryIO, where: int, locator_at: int) -> tuple[int, int, int]:
    # Where something stands before the archive, the record is right before its locator.
    for at in (where, locator_at - _END_64.size):
        if 0 <= at <= locator_at - _END_64.size:
            file.seek(at)
            record = _END_64.unpack(file.read(_END_64.size))
            if record[0] == b"PK\x06\x06":
                return record[8], record[9], at
    raise ValueError("the list of what it holds is damaged")


def _entries(data: bytes, base: int) -> Iterator[tuple[Member, bool]]:
    at = 0
    while at < len(data):
        if at + _ENTRY.size > len(data) or data[at : at + 4] != b"PK\x01\x02":
            raise ValueError("the list of what it holds is damaged")
        (_, made_by, _, flags, method, _, _, crc, packed, size, *lengths, _, _, mode, offset) = (
            _ENTRY.unpack_from(data, at)
        )
        name_end = at + _ENTRY.size + lengths[0]
        extra_end = name_end + lengths[1]
        raw = data[at + _ENTRY.size : name_end]
        extra = dict(_extra_fields(data[name_end:extra_end]))
        at = extra_end + lengths[2]
        if at > len(data):
            raise ValueError("the list of what it holds is damaged")
        size, packed, offset = _whole_sizes(size, packed, offset, extra.get(_ZIP_64, b""))
        name, certain = _name(raw, extra.get(_UNICODE_PATH, b""))
        system = made_by >> 8
        if system == _DOS:
            name = name.replace("\\", "/")
        if flags & _ENCRYPTED:
            raise ValueError(f"its file {name!r:.100} is encrypted")
        kind = _kind(name, mode >> 16 if system == _UNIX else 0)
        yield Member(name, kind, base + offset, packed, size, method, crc), certain


def _kind(name: str, mode: int) -> Kind:
    if stat.S_ISLNK(mode):
        return "link"
    if name.endswith("/") or stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) or not stat.S_IFMT(mode) else "other"


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        number, length = struct.unpack_from("<2H", extra, at)
        yield number, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _whole_sizes(size: int, packed: int, offset: int, extra: bytes) -> tuple[int, int, int]:
    """Return the numbers that do not fit into 32 bits from where they stand instead."""
    found = []
    for value in (size, packed, offset):
        if value == _WHOLE_32 and len(extra) >= 8:
            (value,) = struct.unpack_from("<Q", extra)
            extra = extra[8:]
        found.append(value)
    return found[0], found[1], found[2]


def _name(raw: bytes, unicode_path: bytes) -> tuple[str, bool]:
    """Return the name, and whether its encoding is certain."""
    if len(unicode_path) > 5 and unicode_path[0] == 1:
        (crc,) = struct.unpack_from("<L", unicode_path, 1)
        if crc == zlib.crc32(raw):
            raw = unicode_path[5:]
    try:
        # Whether it is marked as UTF-8 or not: macOS leaves the mark out.
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("cp437"), False
