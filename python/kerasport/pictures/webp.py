"""WebP: the chunks that decide pixels (RFC 9649)."""

from __future__ import annotations

from kerasport.pictures.exif import orientation_of
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import MAX_SIDE, check_size, damaged, ends_early

__all__ = ["read_webp"]

_KEPT = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L", b"ANIM"}
# Bits of VP8X: alpha and animation. A profile, EXIF and XMP are left out.
_KEPT_FLAGS = 0x12


def read_webp(data: bytes) -> PictureFile:
    """Return the file without profile and metadata, and of an animation the first frame."""
    if len(data) < 12:
        raise ends_early()
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise ends_early()
    kept: list[bytes] = []
    size: tuple[int, int] | None = None
    exif = b""
    has_frame = False
    position = 12
    while position + 8 <= end:
        kind = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        if position + 8 + length > end:
            raise ends_early()
        body = data[position + 8 : position + 8 + length]
        padding = b"\0" * (length % 2)
        if kind == b"VP8X" and length >= 10 and size is None:
            size = _length(body, at=4), _length(body, at=7)
            body = bytes([body[0] & _KEPT_FLAGS]) + body[1:]
        elif kind in (b"VP8 ", b"VP8L"):
            size = size or _frame_size(kind, body)
            has_frame = True
        elif kind == b"EXIF" and not exif:
            exif = body
        if kind in _KEPT or (kind == b"ANMF" and not has_frame):
            kept.append(data[position : position + 8] + body + padding)
        has_frame = has_frame or kind == b"ANMF"
        position += 8 + length + length % 2
    if size is None or not has_frame:
        raise damaged("it holds no picture")
    check_size(*size, max_side=MAX_SIDE)
    content = b"WEBP" + b"".join(kept)
    riff = b"RIFF" + len(content).to_bytes(4, "little") + content
    return PictureFile("WEBP", *size, riff, orientation_of(exif))


def _frame_size(kind: bytes, body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        raise ends_early()
    if kind == b"VP8 ":
        width, height = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
        return width & 0x3FFF, height & 0x3FFF
    packed = int.from_bytes(body[1:5], "little")
    return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)


def _length(body: bytes, *, at: int) -> int:
    """Return a side of the canvas in pixels, stored less one in 24 bits."""
    return 1 + int.from_bytes(body[at : at + 3], "little")
