"""PNG: the chunks that decide pixels (W3C PNG, third edition)."""

from __future__ import annotations

import struct
import zlib

from kerasport.pictures.exif import orientation_of
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import check_size, damaged, ends_early

__all__ = ["SIGNATURE", "check_rows", "read_png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB, _PALETTE = 0, 2, 3
_DEPTHS = {_GRAY: (1, 2, 4, 8, 16), _RGB: (8, 16), _PALETTE: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_SAMPLES = {_GRAY: 1, _RGB: 3, _PALETTE: 1, 4: 2, 6: 4}
_MODES = {_RGB: "RGB", _PALETTE: "P", 4: "LA", 6: "RGBA"}
# What deflate can reach at most; a file that would need more is refused before it is inflated.
_MAX_DEFLATION = 1032
_PIECE_BYTES = 1 << 20
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_LAST_PASS = (0, 1, 1, 2)


def read_png(data: bytes) -> PictureFile:
    """Return the picture that is not part of an animation, with every checksum verified.

    Gamma, colour profiles and animations are left out: browsers and Pillow treat them
    differently. Whether the compressed rows are whole is for `check_rows` to say.
    """
    chunks = _chunks(data)
    kind, header = chunks[0] if chunks else (b"", b"")
    if kind != b"IHDR" or len(header) != 13:
        raise damaged("its header is wrong")
    width, height, bits, color, compression, filtering, interlace = struct.unpack(">IIB4B", header)
    if bits not in _DEPTHS.get(color, ()) or compression or filtering or interlace > 1:
        raise damaged("its header is wrong")
    check_size(width, height)
    palette = _first(chunks, b"PLTE")
    if color == _PALETTE and (not palette or len(palette) % 3 or len(palette) > 768):
        raise damaged("its palette is missing or wrong")
    pixels = b"".join(body for kind, body in chunks if kind == b"IDAT")
    needed = _raw_length(width, height, bits * _SAMPLES[color], interlaced=interlace == 1)
    if needed > _MAX_DEFLATION * len(pixels):
        raise damaged("it holds too little data for its size")
    kept = [(b"IHDR", header)]
    transparency = _first(chunks, b"tRNS")
    level: tuple[int, ...] | None = None
    if color == _PALETTE:
        kept.append((b"PLTE", palette))
        # More entries than the palette has are ignored, and so are none.
        if transparency := transparency[: len(palette) // 3]:
            kept.append((b"tRNS", transparency))
    elif color in (_GRAY, _RGB) and len(transparency) == 2 * _SAMPLES[color]:
        values = struct.unpack(f">{_SAMPLES[color]}H", transparency)
        level = tuple(value & ((1 << bits) - 1) for value in values)
    kept += [(b"IDAT", pixels), (b"IEND", b"")]
    content = SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in kept
    )
    orientation = orientation_of(_first(chunks, b"eXIf"))
    mode = {1: "1", 16: "I;16"}.get(bits, "L") if color == _GRAY else _MODES[color]
    return PictureFile("PNG", width, height, content, orientation, level, bits, mode=mode)


def check_rows(content: bytes) -> None:
    """Raise unless the compressed data of a `read_png` is as long as its rows, and whole.

    Pillow fills up what is missing and says nothing.

    Raises:
        Problem: it is not.
    """
    chunks = _chunks(content)
    width, height, bits, color, _, _, interlace = struct.unpack(">IIB4B", chunks[0][1])
    needed = _raw_length(width, height, bits * _SAMPLES[color], interlaced=interlace == 1)
    _check_stream(_first(chunks, b"IDAT"), needed)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return type and body of each chunk up to IEND."""
    chunks: list[tuple[bytes, bytes]] = []
    position = len(SIGNATURE)
    while True:
        if position + 12 > len(data):
            raise ends_early()
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            raise ends_early()
        kind, body = data[position + 4 : position + 8], data[position + 8 : end]
        if zlib.crc32(data[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise damaged("a checksum is wrong")
        if kind == b"IEND":
            return chunks
        chunks.append((kind, body))
        position = end + 4


def _check_stream(deflated: bytes, needed: int) -> None:
    """Inflate once without keeping anything."""
    inflater = zlib.decompressobj()
    waiting, length = deflated, 0
    try:
        while length <= needed and not inflater.eof:
            piece = inflater.decompress(waiting, _PIECE_BYTES)
            waiting = inflater.unconsumed_tail
            length += len(piece)
            if not piece and not waiting:
                break
    except zlib.error:
        raise damaged("its compressed data is wrong") from None
    if length != needed or not inflater.eof or inflater.unused_data:
        raise damaged("its compressed data is wrong")


def _first(chunks: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((body for kind, body in chunks if kind == wanted), b"")


def _raw_length(width: int, height: int, bits: int, *, interlaced: bool) -> int:
    """Return the length of the inflated rows, each with its filter byte."""
    total = 0
    for left, top, across, down in (*_PASSES, _LAST_PASS) if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total
