"""GIF: the first frame (GIF89a specification), decoded here.

Decoders differ on indices beyond the palette, frames that are not the whole screen, control blocks
of odd lengths and files that end early. Twin of `web/src/client/pictures/gif.ts`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.pictures.gif_codes import decode_codes
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import MAX_SIDE, check_size, damaged, ends_early

__all__ = ["decode_gif", "read_gif"]

_EXTENSION, _IMAGE = 0x21, 0x2C
_GRAPHIC_CONTROL = 0xF9
_HAS_PALETTE, _IS_INTERLACED = 0x80, 0x40
# First row and step of each pass.
_PASSES = ((0, 8), (4, 8), (2, 4), (1, 2))


@dataclass(frozen=True)
class _Frame:
    """`screen` and `size` are width and height; `codes` are the sub-blocks, without lengths."""

    screen: tuple[int, int]
    size: tuple[int, int]
    corner: tuple[int, int]
    palette: NDArray[np.uint8]
    is_interlaced: bool
    code_size: int
    codes: bytes


def read_gif(data: bytes) -> PictureFile:
    """Return the file once its first frame is understood; its codes are not decoded."""
    frame = _frame(data)
    return PictureFile("GIF", *frame.screen, data, mode="P")


def decode_gif(data: bytes) -> NDArray[np.uint8]:
    """Return the screen with the first frame: uint8 `[height, width, 3]`, 4 with transparency.

    Raises:
        Problem: the file is damaged or ends too early.
    """
    frame = _frame(data)
    width, height = frame.size
    stored = decode_codes(frame.codes, frame.code_size, width * height).reshape(height, width)
    indices = stored
    if frame.is_interlaced:
        order = np.concatenate([np.arange(start, height, step) for start, step in _PASSES])
        indices = np.empty_like(stored)
        indices[order] = stored
    is_whole = frame.screen == frame.size
    clear = np.flatnonzero(frame.palette[:, 3] == 0)
    if is_whole and not (len(clear) and (indices == clear[0]).any()):
        opaque: NDArray[np.uint8] = frame.palette[:, :3][indices]
        return opaque
    pixels: NDArray[np.uint8] = frame.palette[indices]
    if is_whole:
        return pixels
    left, top = frame.corner
    screen = np.zeros((frame.screen[1], frame.screen[0], 4), np.uint8)
    screen[top : top + height, left : left + width] = pixels
    return screen


def _frame(data: bytes) -> _Frame:
    if len(data) < 13:
        raise ends_early()
    position = 13 + _palette_length(data[10])
    transparent: int | None = None
    while True:
        if position >= len(data):
            raise ends_early()
        if data[position] == _EXTENSION:
            blocks, end = _blocks(data, position + 2)
            if data[position + 1] == _GRAPHIC_CONTROL and blocks and len(blocks[0]) >= 4:
                # The last one counts; a longer one begins alike, a shorter one says nothing.
                transparent = blocks[0][3] if blocks[0][0] & 1 else None
            position = end
        elif data[position] == _IMAGE:
            break
        else:
            raise damaged("it holds no picture")
    if position + 10 > len(data):
        raise ends_early()
    left, top, width, height, declared_width, declared_height = (
        int.from_bytes(data[at : at + 2], "little")
        for at in (*range(position + 1, position + 9, 2), 6, 8)
    )
    flags = data[position + 9]
    if not (data[10] | flags) & _HAS_PALETTE:
        raise damaged("it has no palette")
    check_size(width, height, max_side=MAX_SIDE)
    start = position + 10 + _palette_length(flags)
    if start >= len(data):
        raise ends_early()
    blocks, _ = _blocks(data, start + 1)
    if not 2 <= data[start] <= 8:
        raise damaged("its code size is wrong")
    screen = max(declared_width, left + width), max(declared_height, top + height)
    check_size(*screen, max_side=MAX_SIDE)
    colors = data[position + 10 : start] or data[13 : 13 + _palette_length(data[10])]
    return _Frame(
        screen,
        (width, height),
        (left, top),
        _palette(colors, transparent),
        bool(flags & _IS_INTERLACED),
        data[start],
        b"".join(blocks),
    )


def _palette_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & _HAS_PALETTE else 0


def _palette(colors: bytes, transparent: int | None) -> NDArray[np.uint8]:
    """Return RGBA of 256 indices; those beyond the palette are black."""
    palette = np.zeros((256, 4), np.uint8)
    palette[:, 3] = 255
    palette[: len(colors) // 3, :3] = np.frombuffer(colors, np.uint8).reshape(-1, 3)
    if transparent is not None:
        palette[transparent, 3] = 0
    return palette


def _blocks(data: bytes, position: int) -> tuple[list[bytes], int]:
    """Return the sub-blocks that begin at `position`, and where they end."""
    blocks: list[bytes] = []
    while position < len(data):
        length = data[position]
        if length == 0:
            return blocks, position + 1
        blocks.append(data[position + 1 : position + 1 + length])
        position += 1 + length
    raise ends_early()
