"""GIF: the first frame (GIF89a specification)."""

from __future__ import annotations

from kerasport.pictures.picture_file import PictureFile, Screen
from kerasport.pictures.problem import MAX_SIDE, check_size, damaged, ends_early

__all__ = ["read_gif"]

_EXTENSION, _IMAGE = 0x21, 0x2C
_GRAPHIC_CONTROL = 0xF9


def read_gif(data: bytes) -> PictureFile:
    """Return the file with its first frame alone, which is all that is decoded."""
    if len(data) < 13:
        raise ends_early()
    position = 13 + _palette_length(data[10])
    start = data[:position]
    control = b""
    while True:
        if position >= len(data):
            raise ends_early()
        if data[position] == _EXTENSION:
            end = _end_of_blocks(data, position + 2)
            if data[position + 1] == _GRAPHIC_CONTROL:
                control = data[position:end]
            position = end
        elif data[position] == _IMAGE:
            break
        else:
            raise damaged("it holds no picture")
    frame = data[position : position + 10]
    if len(frame) < 10:
        raise ends_early()
    left, top, width, height = (
        int.from_bytes(frame[index : index + 2], "little") for index in (1, 3, 5, 7)
    )
    if not (data[10] | frame[9]) & 0x80:
        raise damaged("it has no palette")
    check_size(width, height, max_side=MAX_SIDE)
    codes = position + 10 + _palette_length(frame[9])
    end = _end_of_blocks(data, codes + 1)
    if not 1 <= data[codes] <= 8:
        raise damaged("its code size is wrong")
    declared = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    size = max(declared[0], left + width), max(declared[1], top + height)
    check_size(*size, max_side=MAX_SIDE)
    # Decoders disagree on a frame that is not the whole screen, so they get it as one.
    content = start[:6] + frame[5:9] + start[10:] + control
    content += b",\0\0\0\0" + data[position + 5 : end] + b";"
    screen = None if size == (width, height) else Screen(*size, left, top)
    return PictureFile("GIF", width, height, content, screen=screen)


def _palette_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, position: int) -> int:
    """Return where the sub-blocks that begin at `position` end."""
    while position < len(data):
        length = data[position]
        position += 1 + length
        if length == 0:
            return position
    raise ends_early()
