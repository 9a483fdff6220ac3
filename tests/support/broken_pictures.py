"""Files that are refused, each with the message that Python and the browser give word for word."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

PICTURES = Path(__file__).parents[1] / "golden" / "pictures"

SAVE = "Save it as JPEG, PNG, GIF, BMP, WebP or AVIF."
EARLY = "it is incomplete, the file ends too early. Copy or save it again."
WRONG_DATA = "it is damaged, its compressed data is wrong. Copy or save it again."
TOO_LARGE = "it has 30000 x 30000 pixels, more than 89,478,485 in all. Reduce it first."


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, data: bytes, *, bits: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _changed(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 0xFF
    return bytes(changed)


def broken_pictures() -> dict[str, tuple[bytes, str]]:
    """Return name -> content and what follows "cannot be read: "."""
    jpeg, png, gif, webp, bmp = (
        (PICTURES / name).read_bytes()
        for name in ("photo-420.jpg", "rgb.png", "picture.gif", "lossy.webp", "picture.bmp")
    )
    frame = jpeg.index(b"\xff\xc0")
    tall = jpeg[: frame + 5] + struct.pack(">HH", 30000, 30000) + jpeg[frame + 9 :]
    wide = jpeg[: frame + 5] + struct.pack(">HH", 9, 40000) + jpeg[frame + 9 :]
    arithmetic = jpeg[: frame + 1] + b"\xc9" + jpeg[frame + 2 :]
    twelve_bits = jpeg[: frame + 4] + b"\x0c" + jpeg[frame + 5 :]
    return {
        "empty.png": (b"", f"the file is empty. {SAVE}"),
        "text.jpg": (b"hello, world", f"it is no picture. {SAVE}"),
        "page.jpg": (b"<!doctype html><title>404</title>", f"it is no picture. {SAVE}"),
        "drawing.svg": (
            b'<svg xmlns="http://www.w3.org/2000/svg"/>',
            f"it is an SVG, which not every browser reads. {SAVE}",
        ),
        "scan.tiff": (b"II*\0" + bytes(40), f"it is a TIFF, which not every browser reads. {SAVE}"),
        "phone.heic": (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            f"it is a HEIC or another file of its family, which not every browser reads. {SAVE}",
        ),
        "signature.png": (png[:8], EARLY),
        "cut.jpg": (jpeg[:900], EARLY),
        "cut-header.jpg": (jpeg[:30], EARLY),
        "cut.png": (png[:800], EARLY),
        "cut.gif": (gif[:-60], EARLY),
        "cut.webp": (webp[:-60], EARLY),
        "cut.bmp": (bmp[:-60], EARLY),
        "no-end.png": (png[:-12], EARLY),
        "arithmetic.jpg": (
            arithmetic,
            f"it is a JPEG of a kind (arithmetic or lossless) that browsers do not read. {SAVE}",
        ),
        "twelve-bits.jpg": (
            twelve_bits,
            f"it is a JPEG of 12 bits, which browsers do not read. {SAVE}",
        ),
        "bomb.png": (_png(30000, 30000, zlib.compress(bytes(100)), bits=1), TOO_LARGE),
        "bomb.jpg": (tall, TOO_LARGE),
        "bomb.gif": (
            b"GIF89a" + struct.pack("<HH", 30000, 30000) + gif[10:],
            TOO_LARGE,
        ),
        "bomb.bmp": (bmp[:18] + struct.pack("<ii", 30000, 30000) + bmp[26:], TOO_LARGE),
        "wide.jpg": (
            wide,
            "it has 40000 x 9 pixels, more than 32,767 on a side, which browsers decode only as "
            "PNG or BMP. Reduce it first.",
        ),
        "hollow.png": (
            _png(9000, 9000, zlib.compress(bytes(100))),
            "it is damaged, it holds too little data for its size. Copy or save it again.",
        ),
        # Pillow alone would fill up the first and take the second.
        "few-rows.png": (_png(9, 9, zlib.compress(bytes(50))), WRONG_DATA),
        "wrong-sum.png": (_png(9, 9, _changed(zlib.compress(bytes(90)), -1)), WRONG_DATA),
        "many-rows.png": (_png(9, 9, zlib.compress(bytes(100))), WRONG_DATA),
        "codes.png": (_png(9, 9, b"\x78\x9c" + bytes([0xFF] * 90)), WRONG_DATA),
        "checksum.png": (
            _changed(png, 600),
            "it is damaged, a checksum is wrong. Copy or save it again.",
        ),
        "no-pixels.png": (
            _png(0, 5, b""),
            "it is damaged, it says that it has 0 x 5 pixels. Copy or save it again.",
        ),
        "depth.png": (
            _png(5, 5, b"", bits=3),
            "it is damaged, its header is wrong. Copy or save it again.",
        ),
        "no-frame.gif": (
            b"GIF89a" + struct.pack("<HHBBB", 5, 5, 0, 0, 0) + b";",
            "it is damaged, it holds no picture. Copy or save it again.",
        ),
        "header.bmp": (
            bmp[:14] + struct.pack("<I", 17) + bmp[18:],
            "it is damaged, its header is of an unknown kind. Copy or save it again.",
        ),
    }
