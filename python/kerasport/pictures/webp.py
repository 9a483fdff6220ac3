"""WebP: the chunks that decide pixels (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator

from kerasport.pictures.exif import orientation_of
from kerasport.pictures.picture_file import PictureFile, Screen
from kerasport.pictures.problem import MAX_SIDE, check_size, damaged, ends_early
from kerasport.pictures.vp8 import frame_size as lossy_size
from kerasport.pictures.vp8 import with_room

__all__ = ["read_webp"]

_ALPHA_FLAG = 0x10
_LOSSLESS_MARK = 0x2F
# Of the fifth byte of a lossless picture: whether it has alpha, and its version.
_HAS_ALPHA, _VERSION = 0x10, 0xE0
_FRAME_HEADER = 16

_Chunk = tuple[bytes, bytes]


def read_webp(data: bytes) -> PictureFile:
    """Return the picture alone, or the first frame of an animation, as a file of its own.

    Decoders differ on what an animation's frame does not cover, on alpha that a lossless picture
    has but does not announce, and on chunks that are repeated or contradict each other.
    """
    if len(data) < 12:
        raise ends_early()
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise ends_early()
    chunks = list(_chunks(data, 12, end))
    exif = next((body for kind, body in chunks if kind == b"EXIF"), b"")
    canvas: tuple[int, int] | None = None
    if chunks and chunks[0][0] == b"VP8X":
        if len(chunks[0][1]) < 10:
            raise damaged("its header is wrong")
        canvas = _side(chunks[0][1], at=4), _side(chunks[0][1], at=7)
    first = next((kind for kind, _ in chunks if kind in (b"VP8 ", b"VP8L", b"ANMF")), None)
    if first is None:
        raise damaged("it holds no picture")
    frame = b""
    if first == b"ANMF":
        frame = next(body for kind, body in chunks if kind == b"ANMF")
        if len(frame) < _FRAME_HEADER:
            raise damaged("its header is wrong")
        chunks = list(_chunks(frame, _FRAME_HEADER, len(frame)))
    (width, height), content, has_alpha, is_opaque = _picture(chunks)
    check_size(width, height, max_side=MAX_SIDE)
    screen = _screen(canvas, (width, height), frame)
    return PictureFile(
        "WEBP",
        width,
        height,
        b"RIFF" + (4 + len(content)).to_bytes(4, "little") + b"WEBP" + content,
        orientation_of(exif),
        screen=screen,
        is_opaque=is_opaque,
        mode="RGBA" if has_alpha or screen else "RGB",
    )


def _chunks(data: bytes, position: int, end: int) -> Iterator[_Chunk]:
    while position + 8 <= end:
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        if position + 8 + length > end:
            raise ends_early()
        yield data[position : position + 4], data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2


def _picture(chunks: list[_Chunk]) -> tuple[tuple[int, int], bytes, bool, bool]:
    """Return the size, the chunks of the picture alone, whether it has alpha or is opaque."""
    alpha = b""
    for kind, body in chunks:
        if kind == b"ALPH" and not alpha:
            alpha = body
        elif kind == b"VP8 ":
            size = lossy_size(body)
            picture = _chunk(kind, with_room(body))
            if alpha:
                picture = _extended(size) + _chunk(b"ALPH", alpha) + picture
            return size, picture, bool(alpha), not alpha
        elif kind == b"VP8L":
            size = _lossless_size(body)
            has_alpha = bool(body[4] & _HAS_ALPHA)
            # Where it does not announce alpha, decoders drop what there is, or keep it: asking for
            # it shows whether there is any.
            body = body[:4] + bytes([body[4] | _HAS_ALPHA]) + body[5:]
            return size, _chunk(kind, body), has_alpha, not has_alpha
    raise damaged("it holds no picture")


def _lossless_size(body: bytes) -> tuple[int, int]:
    # Nothing but what is transparent everywhere is shorter, which WebKit shows like damage.
    if len(body) < 10:
        raise ends_early()
    if body[0] != _LOSSLESS_MARK or body[4] & _VERSION:
        raise damaged("its frame header is wrong")
    packed = int.from_bytes(body[1:5], "little")
    return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)


def _screen(canvas: tuple[int, int] | None, size: tuple[int, int], frame: bytes) -> Screen | None:
    """Return where an animation's frame lies, None where it or a picture is all there is."""
    if not frame:
        if canvas not in (None, size):
            raise damaged("its sizes contradict each other")
        return None
    left, top = 2 * (_side(frame, at=0) - 1), 2 * (_side(frame, at=3) - 1)
    if canvas is None or (_side(frame, at=6), _side(frame, at=9)) != size:
        raise damaged("its sizes contradict each other")
    if left + size[0] > canvas[0] or top + size[1] > canvas[1]:
        raise damaged("its sizes contradict each other")
    check_size(*canvas, max_side=MAX_SIDE)
    return None if canvas == size else Screen(*canvas, left, top)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _extended(size: tuple[int, int]) -> bytes:
    sides = b"".join((side - 1 & 0xFFFFFF).to_bytes(3, "little") for side in size)
    return _chunk(b"VP8X", bytes([_ALPHA_FLAG, 0, 0, 0]) + sides)


def _side(body: bytes, *, at: int) -> int:
    """Return a side in pixels, stored less one in 24 bits."""
    return 1 + int.from_bytes(body[at : at + 3], "little")
