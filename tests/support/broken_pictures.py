"""Files that are refused, each with the message that Python and the browser give word for word."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

PICTURES = Path(__file__).parents[1] / "golden" / "pictures"

SAVE = "Save it as JPEG, PNG, GIF, BMP or WebP."
EARLY = "it is incomplete, the file ends too early. Copy or save it again."
WRONG_DATA = "it is damaged, its compressed data is wrong. Copy or save it again."
SHOWS_NOTHING = (
    "it is a WebP that shows nothing, like a damaged one. Copy or save it again, as PNG if it is "
    "meant to be empty."
)
HOLLOW = "it is damaged, it holds too little data for its size. Copy or save it again."
CONTRADICTION = "it is damaged, its scans contradict each other. Copy or save it again."
TOO_LARGE = "it has 30000 x 30000 pixels, more than 89,478,485 in all. Reduce it first."


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, data: bytes, *, bits: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _changed(content: bytes, position: int, mask: int = 0xFF) -> bytes:
    changed = bytearray(content)
    changed[position] ^= mask
    return bytes(changed)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP of chunks: names of four letters, bodies of even length."""
    body = b"".join(kind + struct.pack("<I", len(body)) + body for kind, body in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _lossless(width: int, height: int, *, version: int = 0) -> bytes:
    header = (width - 1) | (height - 1) << 14 | version << 29
    return riff((b"VP8L", b"\x2f" + struct.pack("<I", header) + bytes(7)))


def _webp_with_alpha(alpha: int = 77, *, announced: bool = True) -> bytes:
    stream = io.BytesIO()
    Image.new("RGBA", (9, 7), (200, 100, 50, alpha)).save(stream, "WEBP", lossless=True, exact=True)
    content = stream.getvalue()
    at = content.index(b"VP8L") + 12
    return content if announced else _changed(content, at, 0x10)


def _clear_webp(*, lossless: bool, frames: int = 1) -> bytes:
    """Return a WebP with colours of which none shows; of several frames the others do."""
    colors = np.random.default_rng(0).integers(0, 256, (frames, 9, 7, 4), np.uint8)
    colors[0, :, :, 3] = 0
    first, *more = (Image.fromarray(each) for each in colors)
    stream = io.BytesIO()
    first.save(
        stream, "WEBP", lossless=lossless, exact=True, save_all=frames > 1, append_images=more
    )
    return stream.getvalue()


def _gif(codes: bytes, *, code_size: int = 2, screen: tuple[int, int] = (400, 500)) -> bytes:
    """Return a GIF of 4 colours with a frame of 400 x 500."""
    blocks = [codes[start : start + 255] for start in range(0, len(codes), 255)]
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", *screen, 0x81, 0, 0)
        + bytes(range(12))
        + struct.pack("<BHHHHBB", 0x2C, 0, 0, 400, 500, 0, code_size)
        + b"".join(bytes([len(block)]) + block for block in blocks)
        + b"\0;"
    )


def many_scans(count: int, *, first_shift: int = 0) -> bytes:
    """Return a gray JPEG of 8 x 8 pixels in 64 to 127 scans.

    Args:
        count: scans; the coefficients come one by one, as many as needed in two steps.
        first_shift: shifts before and after the scan that comes first.
    """
    table = bytes([1] + [0] * 15 + [0])
    tables = b"".join(b"\xff\xc4" + struct.pack(">HB", 20, kind) + table for kind in (0x00, 0x10))

    def scan(coefficient: int, shifts: int) -> bytes:
        head = bytes([1, 1, 0, coefficient, coefficient, shifts])
        return b"\xff\xda" + struct.pack(">H", 8) + head + b"\x7f"

    in_two = range(1, 1 + count - 64)
    scans = [scan(0, first_shift)]
    scans += [scan(coefficient, int(coefficient in in_two)) for coefficient in range(1, 64)]
    scans += [scan(coefficient, 0x10) for coefficient in in_two]
    return (
        b"\xff\xd8\xff\xdb"
        + struct.pack(">HB", 67, 0)
        + bytes([1] * 64)
        + b"\xff\xc2"
        + struct.pack(">HBHHB", 11, 8, 8, 8, 1)
        + bytes([1, 0x11, 0])
        + tables
        + b"".join(scans)
        + b"\xff\xd9"
    )


def broken_pictures() -> dict[str, tuple[bytes, str]]:
    """Return name -> content and what follows "cannot be read: "."""
    jpeg, png, gif, webp, bmp = (
        (PICTURES / name).read_bytes()
        for name in ("photo-420.jpg", "rgb.png", "picture.gif", "lossy.webp", "picture.bmp")
    )
    progressive = (PICTURES / "photo-444-progressive.jpg").read_bytes()
    frame = jpeg.index(b"\xff\xc0")
    scan = jpeg.index(b"\xff\xda")
    second_scan = progressive.index(b"\xff\xda", progressive.index(b"\xff\xda") + 2)
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
        "few-scans.jpg": (
            progressive[:second_scan] + b"\xff\xd9",
            "it is incomplete, some of its scans are missing. Copy or save it again.",
        ),
        "scan-twice.jpg": (jpeg[:-2] + jpeg[scan:], CONTRADICTION),
        "scan-first.jpg": (
            jpeg[:2] + jpeg[scan:],
            "it is damaged, it has a scan before its frame header. Copy or save it again.",
        ),
        "refined-first.jpg": (many_scans(99, first_shift=0x10), CONTRADICTION),
        "scans.jpg": (
            many_scans(100),
            f"it is a JPEG of more scans than are worth their time. {SAVE}",
        ),
        "no-restarts.jpg": (
            jpeg[:scan] + b"\xff\xdd\0\4\0\3" + jpeg[scan:],
            "it is damaged, its restart markers are wrong. Copy or save it again.",
        ),
        "restarts.jpg": (
            jpeg[:-2] + b"\xff\xd0\xff\xd1\xff\xd9",
            "it is damaged, its restart markers are wrong. Copy or save it again.",
        ),
        "long.png": (
            _png(1, 70_000, b""),
            "it has 1 x 70000 pixels, more than 65,535 on a side. Reduce it first.",
        ),
        "blank.webp": (_lossless(16_000, 2_000), HOLLOW),
        "blank.gif": (_gif(b"\x44\1", screen=(30_000, 900)), HOLLOW),
        "code-size.gif": (
            _gif(b"\x44\1", code_size=1),
            "it is damaged, its code size is wrong. Copy or save it again.",
        ),
        # The first code ends the data, where there should be a pixel.
        "no-codes.gif": (_gif(b"\x05"), WRONG_DATA),
        "undefined-code.gif": (_gif(b"\x06"), WRONG_DATA),
        "clears.gif": (
            _gif(b"\x24\x49\x92" * 12_600),
            f"it is a GIF that begins its table anew more than 100,000 times. {SAVE}",
        ),
        "version.webp": (
            _lossless(9, 9, version=1),
            "it is damaged, its frame header is wrong. Copy or save it again.",
        ),
        "follows.webp": (
            _changed(webp, 20, 1),
            "it is damaged, its frame header is wrong. Copy or save it again.",
        ),
        "sizes.webp": (
            riff((b"VP8X", bytes([0, 0, 0, 0, 9, 0, 0, 9, 0, 0])), (b"VP8 ", webp[20:])),
            "it is damaged, its sizes contradict each other. Copy or save it again.",
        ),
        "hidden.webp": (
            _webp_with_alpha(announced=False),
            "it is damaged, it is transparent and says that it is not. Copy or save it again.",
        ),
        "clear.webp": (_clear_webp(lossless=True), SHOWS_NOTHING),
        "clear-lossy.webp": (_clear_webp(lossless=False), SHOWS_NOTHING),
        "clear-frame.webp": (_clear_webp(lossless=True, frames=2), SHOWS_NOTHING),
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
