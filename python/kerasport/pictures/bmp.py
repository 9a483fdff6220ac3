"""BMP, decoded here: browsers and Pillow agree on hardly any of its variants.

Twin of `web/src/client/pictures/bmp.ts`. 1, 4, 8, 16, 24 and 32 bits, any bit masks, run-length
coding, top-down or bottom-up; a level of n bits becomes the nearest of 255 steps.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import Problem, check_size, damaged, ends_early

__all__ = ["decode_bmp", "read_bmp"]

_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_PLAIN, _RLE8, _RLE4, _MASKS, _ALPHA_MASKS = 0, 1, 2, 3, 6
# Compression of each number of bits that there is.
_KINDS = {
    1: (_PLAIN,),
    4: (_PLAIN, _RLE4),
    8: (_PLAIN, _RLE8),
    16: (_PLAIN, _MASKS, _ALPHA_MASKS),
    24: (_PLAIN,),
    32: (_PLAIN, _MASKS, _ALPHA_MASKS),
}
_PLAIN_MASKS = {16: (0x7C00, 0x3E0, 0x1F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}


@dataclass(frozen=True)
class _Layout:
    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]
    palette: NDArray[np.uint8]
    start: int


def read_bmp(data: bytes) -> PictureFile:
    """Return the file once its header is understood and its rows are all there."""
    layout = _layout(data)
    if layout.bits <= 8:
        mode = "L" if (layout.palette == layout.palette[:, :1]).all() else "P"
    else:
        mode = "RGBA" if layout.masks[3] else "RGB"
    return PictureFile("BMP", layout.width, layout.height, data, mode=mode)


def decode_bmp(data: bytes) -> NDArray[np.uint8]:
    """Return the pixels: uint8 `[height, width, 3]`, or 4 where the file has transparency."""
    layout = _layout(data)
    if layout.compression in (_RLE8, _RLE4):
        indices = _run_lengths(data, layout)
        pixels = layout.palette[indices]
    else:
        pixels = _rows(data, layout)
    return np.ascontiguousarray(pixels if layout.top_down else pixels[::-1])


def _layout(data: bytes) -> _Layout:
    if len(data) < 26:
        raise ends_early()
    start, header = struct.unpack_from("<II", data, 10)
    if header not in _HEADER_SIZES:
        raise damaged("its header is of an unknown kind")
    if len(data) < 14 + header:
        raise ends_early()
    colors = compression = 0
    if header == 12:
        width, height, _, bits = struct.unpack_from("<4H", data, 18)
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
        (colors,) = struct.unpack_from("<I", data, 46)
    top_down, height = height < 0, abs(height)
    if compression not in _KINDS.get(bits, ()) or (header == 64 and compression >= _MASKS):
        raise Problem(
            f"it is a BMP of a kind ({bits} bits, compression {compression}) unknown here"
        )
    check_size(width, height)
    after = 14 + header
    masks = _PLAIN_MASKS.get(bits, (0, 0, 0, 0))
    if compression in (_MASKS, _ALPHA_MASKS):
        masks, after = _masks(data, header, compression)
    palette = np.zeros((256, 3), np.uint8)
    if bits <= 8:
        entry = 3 if header == 12 else 4
        # Indices beyond the palette are black.
        count = min(colors or 1 << bits, 1 << bits, max(0, start - after) // entry)
        table = np.frombuffer(data, np.uint8, offset=after)[: count * entry]
        table = table[: len(table) // entry * entry].reshape(-1, entry)
        palette[: len(table)] = table[:, 2::-1]
    if compression in (_RLE8, _RLE4):
        # Two bytes describe at most 255 pixels, and four skip at most 255 rows of them.
        enough = start < len(data)
    else:
        enough = start + (width * bits + 31) // 32 * 4 * height <= len(data)
    if not enough or start < after:
        raise ends_early()
    return _Layout(width, height, top_down, bits, compression, masks, palette, start)


def _masks(data: bytes, header: int, compression: int) -> tuple[tuple[int, int, int, int], int]:
    """Return red, green, blue, alpha, and where the masks end."""
    inside = header >= 52
    has_alpha = header >= 56 or compression == _ALPHA_MASKS
    if len(data) < 70:
        raise ends_early()
    red, green, blue, alpha = struct.unpack_from("<4I", data, 54)
    masks = red, green, blue, alpha if has_alpha else 0
    for mask in masks:
        lowest = mask & -mask
        if mask and (mask // lowest) & (mask // lowest + 1):
            raise damaged("a colour mask has gaps")
    return masks, 14 + header if inside else 66 + 4 * has_alpha


def _rows(data: bytes, layout: _Layout) -> NDArray[np.uint8]:
    width, height, bits = layout.width, layout.height, layout.bits
    stride = (width * bits + 31) // 32 * 4
    rows = np.frombuffer(data, np.uint8, stride * height, layout.start).reshape(height, stride)
    if bits <= 8:
        per_byte = 8 // bits
        shifts = np.arange(per_byte - 1, -1, -1, dtype=np.uint8) * bits
        used = rows[:, : -(-width // per_byte), None]
        indices = (used >> shifts) & np.uint8((1 << bits) - 1)
        colors: NDArray[np.uint8] = layout.palette[indices.reshape(height, -1)[:, :width]]
        return colors
    if bits == 24:
        return rows[:, : 3 * width].reshape(height, width, 3)[:, :, ::-1]
    values = rows[:, : width * bits // 8].copy().view("<u2" if bits == 16 else "<u4")
    levels = [_scaled(values, mask) for mask in layout.masks]
    # A file whose alpha is 0 everywhere does not mean to be invisible.
    return np.stack(levels if levels[3].any() else levels[:3], axis=-1)


def _scaled(values: NDArray[np.generic], mask: int) -> NDArray[np.uint8]:
    if not mask:
        return np.zeros(values.shape, np.uint8)
    lowest = mask & -mask
    largest = mask // lowest
    levels = (values.astype(np.uint64) & np.uint64(mask)) // np.uint64(lowest)
    return ((levels * np.uint64(510) + np.uint64(largest)) // np.uint64(2 * largest)).astype(
        np.uint8
    )


def _run_lengths(data: bytes, layout: _Layout) -> NDArray[np.uint8]:
    """Return the palette indices; pixels that the file skips have index 0."""
    width, height = layout.width, layout.height
    indices = np.zeros((height, width), np.uint8)
    x = y = 0
    position = layout.start
    while y < height:
        if position + 2 > len(data):
            raise ends_early()
        count, value = data[position], data[position + 1]
        position += 2
        if count:
            run = np.full(count, value, np.uint8)
            if layout.compression == _RLE4:
                run[::2], run[1::2] = value >> 4, value & 15
        elif value == 0:
            x, y = 0, y + 1
            continue
        elif value == 1:
            break
        elif value == 2:
            if position + 2 > len(data):
                raise ends_early()
            x, y = x + data[position], y + data[position + 1]
            position += 2
            if x > width or y >= height:
                raise damaged("a run leaves the picture")
            continue
        else:
            length = value if layout.compression == _RLE8 else (value + 1) // 2
            literal = np.frombuffer(data[position : position + length], np.uint8)
            if len(literal) < length:
                raise ends_early()
            if layout.compression == _RLE4:
                literal = np.stack([literal >> 4, literal & 15], axis=-1).ravel()
            run = literal[:value]
            # Literal runs are padded to 16 bits.
            position += length + length % 2
        if x + len(run) > width:
            raise damaged("a run leaves the picture")
        indices[y, x : x + len(run)] = run
        x += len(run)
    return indices
