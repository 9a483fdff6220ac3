"""JPEG: the segments that decide pixels (ITU-T T.81)."""

from __future__ import annotations

import re

from kerasport.pictures.exif import orientation_of
from kerasport.pictures.jpeg_scans import Component, FrameHeader, Scans
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import MAX_SIDE, Problem, check_size, damaged, ends_early

__all__ = ["read_jpeg"]

_START, _END, _SCAN, _RESTART_INTERVAL = 0xD8, 0xD9, 0xDA, 0xDD
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SUPPORTED_FRAMES = {0xC0, 0xC1, 0xC2}
# Tables, frame, restart interval. Left out are profiles, thumbnails and other data that browsers
# and Pillow treat differently.
_KEPT = {0xC4, 0xDB, _RESTART_INTERVAL} | _SUPPORTED_FRAMES
# They decide how components become colours, by their name and this many bytes, if they are there.
_COLOR_MARKS = {_JFIF: (b"JFIF\0", 14), _ADOBE: (b"Adobe", 12)}
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
# In a scan 0xFF is followed by 0 when it is data, and restart markers belong to it.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_ANY_MARKER = re.compile(rb"\xff[^\x00\xff]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")


def read_jpeg(data: bytes) -> PictureFile:
    """Return the first picture of the file, without what does not decide its pixels."""
    kept = [data[:2]]
    scans: Scans | None = None
    orientation: int | None = None
    interval = 0
    position = 2
    while True:
        # Decoders skip fill bytes, and bytes that belong to nothing.
        position = _next_marker(data, position)
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
            if scans is not None:
                raise damaged("its frame header is wrong")
            scans = Scans(_frame(marker, body))
        elif marker == _EXIF and body.startswith(b"Exif\0\0") and orientation is None:
            orientation = orientation_of(body)
        elif marker == _RESTART_INTERVAL:
            if len(body) != 2:
                raise damaged("its restart interval is wrong")
            interval = int.from_bytes(body, "big")
        if marker == _SCAN:
            if scans is None:
                raise damaged("it has a scan before its frame header")
            start = end
            end, restarts = _end_of_scan(data, start)
            header = scans.add(body, restarts, interval)
            kept += [data[position : position + 4], header, data[start:end]]
        elif marker in _KEPT:
            kept.append(data[position:end])
        elif marker in _COLOR_MARKS:
            name, needed = _COLOR_MARKS[marker]
            if body.startswith(name) and len(body) >= needed:
                mark = body[:needed]
                if marker == _JFIF:
                    # No thumbnail follows.
                    mark = mark[:12] + b"\0\0"
                kept.append(bytes([0xFF, marker]) + (needed + 2).to_bytes(2, "big") + mark)
        position = end
    if scans is None:
        raise damaged("it holds no picture")
    scans.check_complete()
    frame = scans.frame
    content = b"".join([*kept, b"\xff\xd9"])
    mode = _MODES[len(frame.components)]
    return PictureFile(
        "JPEG", frame.width, frame.height, content, orientation or 1, is_opaque=True, mode=mode
    )


def _next_marker(data: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(data, position)
    if found is None:
        raise ends_early()
    return found.end() - 2


def _end_of_scan(data: bytes, start: int) -> tuple[int, bytes]:
    """Return where a scan's data ends, and the second bytes of its restart markers.

    Most have none, and megabytes are gone through once.
    """
    found = _ANY_MARKER.search(data, start)
    if found is None:
        raise ends_early()
    first = found.end() - 2
    end = _next_marker(data, first)
    return end, b"".join(_RESTART.findall(data, first, end))


def _frame(marker: int, body: bytes) -> FrameHeader:
    if marker not in _SUPPORTED_FRAMES:
        raise Problem("it is a JPEG of a kind (arithmetic or lossless) that browsers do not read")
    if len(body) < 6:
        raise damaged("its frame header is wrong")
    if body[0] != 8:
        raise Problem(f"it is a JPEG of {body[0]} bits, which browsers do not read")
    if body[5] not in _MODES:
        raise Problem(f"it is a JPEG of {body[5]} components, which browsers do not read")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    check_size(width, height, max_side=MAX_SIDE)
    components = {
        body[at]: Component(body[at + 1] >> 4, body[at + 1] & 15)
        for at in range(6, len(body) - 2, 3)
    }
    if len(body) != 6 + 3 * body[5] or len(components) != body[5]:
        raise damaged("its frame header is wrong")
    if not all(1 <= part.across <= 4 and 1 <= part.down <= 4 for part in components.values()):
        raise damaged("its frame header is wrong")
    return FrameHeader(width, height, components, is_progressive=marker == 0xC2)
