"""JPEG: the segments that decide pixels (ITU-T T.81)."""

from __future__ import annotations

import re

from kerasport.pictures.exif import orientation_of
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import MAX_SIDE, Problem, check_size, damaged, ends_early

__all__ = ["read_jpeg"]

_START, _END, _SCAN, _EXIF = 0xD8, 0xD9, 0xDA, 0xE1
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SUPPORTED_FRAMES = {0xC0, 0xC1, 0xC2}
# Tables, frame, scan, restart interval; JFIF and Adobe decide how components become colours.
# Left out are profiles, thumbnails and other data that browsers and Pillow treat differently.
_KEPT = {0xC4, 0xDB, 0xDD, 0xE0, 0xEE, _SCAN} | _SUPPORTED_FRAMES
# In a scan 0xFF is followed by 0 when it is data, and restart markers belong to it.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def read_jpeg(data: bytes) -> PictureFile:
    """Return the first picture of the file, without what does not decide its pixels."""
    kept = [data[:2]]
    size: tuple[int, int] | None = None
    orientation: int | None = None
    has_scan = False
    position = 2
    while True:
        # Decoders skip fill bytes, and bytes that belong to nothing.
        found = _NEXT_MARKER.search(data, position)
        if found is None:
            raise ends_early()
        position = found.end() - 2
        marker = data[position + 1]
        if marker == _END:
            break
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        end = position + 2 + length
        if end > len(data) or position + 4 > len(data):
            raise ends_early()
        if length < 2 or marker < 0xC0 or marker == _START:
            raise damaged("it has a marker where none may be")
        body = data[position + 4 : end]
        if marker in _FRAMES:
            size = _frame_size(marker, body, size)
        elif marker == _EXIF and body.startswith(b"Exif\0\0") and orientation is None:
            orientation = orientation_of(body)
        if marker == _SCAN:
            has_scan = True
            found = _NEXT_MARKER.search(data, end)
            if found is None:
                raise ends_early()
            end = found.end() - 2
        if marker in _KEPT:
            kept.append(data[position:end])
        position = end
    if size is None or not has_scan:
        raise damaged("it holds no picture")
    content = b"".join([*kept, b"\xff\xd9"])
    return PictureFile("JPEG", *size, content, orientation or 1)


def _frame_size(marker: int, body: bytes, known: tuple[int, int] | None) -> tuple[int, int]:
    if marker not in _SUPPORTED_FRAMES:
        raise Problem("it is a JPEG of a kind (arithmetic or lossless) that browsers do not read")
    if known is not None or len(body) < 6:
        raise damaged("its frame header is wrong")
    if body[0] != 8:
        raise Problem(f"it is a JPEG of {body[0]} bits, which browsers do not read")
    if body[5] not in (1, 3, 4):
        raise Problem(f"it is a JPEG of {body[5]} components, which browsers do not read")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    check_size(width, height, max_side=MAX_SIDE)
    return width, height
