"""AVIF: what every decoder reads alike, in a file that is written anew; the rest is refused."""

from __future__ import annotations

import struct

from kerasport.pictures.av1 import read_av1
from kerasport.pictures.av1_headers import SequenceHeader, has_layers
from kerasport.pictures.heif import HeifItem, read_heif
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import MAX_SIDE, Problem, check_size, damaged

__all__ = ["is_avif", "read_avif"]

_SAVE_AGAIN = "Save it as PNG or JPEG."

# What a reader must know of a picture and what is known here; the others are of no account.
_KNOWN = (b"av1C", b"ispe", b"pixi", b"colr", b"irot", b"imir", b"pasp", b"clli", b"mdcv", b"cclv")
_LAYERS = (b"a1op", b"a1lx", b"lsel")

_IDENTITY = 0
_BT_601 = 6
_MATRICES = {0: _IDENTITY, 1: 1, 2: _BT_601, 5: _BT_601, 6: _BT_601, 9: 9}
"""Number of the matrix coefficients -> the one that stands for it; unspecified is BT.601."""

_ORIENTATIONS = {
    (0, None): 1,
    (1, None): 8,
    (2, None): 3,
    (3, None): 6,
    (0, 0): 4,
    (1, 0): 5,
    (2, 0): 2,
    (3, 0): 7,
    (0, 1): 2,
    (1, 1): 7,
    (2, 1): 4,
    (3, 1): 5,
}
"""Quarter turns to the left, and the mirror after them (0: upside down) -> EXIF's orientation."""


def is_avif(data: bytes) -> bool:
    """Tell whether the file type box names AVIF."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = data[8:12] + data[16:length]
    names = {brands[index : index + 4] for index in range(0, len(brands), 4)}
    return data[4:8] == b"ftyp" and bool(names & {b"avif", b"avis"})


def read_avif(data: bytes) -> PictureFile:
    """Return the picture alone, once all that decides its pixels is of a kind that all read."""
    item, content = read_heif(data)
    _check_item(item)
    size = item.property_of(b"ispe")
    if size is None or len(size) < 12:
        raise damaged("it holds no picture")
    width, height = struct.unpack_from(">II", size, 4)
    check_size(width, height, max_side=MAX_SIDE)
    frame, payload = read_av1(content)
    if (frame.width, frame.height) != (width, height):
        raise damaged("its sizes contradict each other")
    matrix, is_full = _colors(item, frame)
    _check_frame(frame, matrix, is_full=is_full)
    frame.matrix = _BT_601 if frame.sampling == "4:0:0" else _MATRICES[matrix]
    frame.is_full_range = is_full
    return PictureFile("AVIF", width, height, _written(frame, payload), _orientation(item))


def _refused(what: str) -> Problem:
    return Problem(f"it is an AVIF {what}", _SAVE_AGAIN)


def _check_item(item: HeifItem) -> None:
    if item.kind == b"grid":
        raise _refused("that is put together from tiles, which not every browser reads")
    if item.kind != b"av01":
        raise _refused("whose picture is of a kind that is unknown here")
    if item.has_alpha:
        raise _refused("with transparency, which browsers show differently")
    for kind, _, is_essential in item.properties:
        if kind == b"clap":
            raise _refused("that is cropped by its header, which not every browser reads")
        if kind in _LAYERS:
            raise has_layers()
        if is_essential and kind not in _KNOWN:
            raise _refused("with a property that is unknown here and must be known")


def _colors(item: HeifItem, frame: SequenceHeader) -> tuple[int, bool]:
    """Return the matrix coefficients' number and whether the full range of 0..255 is used."""
    for kind, body, _ in item.properties:
        if kind == b"colr" and body.startswith(b"nclx"):
            if len(body) < 11:
                raise damaged("its boxes are wrong")
            return int.from_bytes(body[8:10], "big"), body[10] >= 128
    return frame.matrix, frame.is_full_range


def _check_frame(frame: SequenceHeader, matrix: int, *, is_full: bool) -> None:
    if frame.bits != 8:
        raise _refused(
            f"of {frame.bits} bits per channel, which browsers reduce to 8 in different ways"
        )
    if frame.sampling in ("4:2:0", "4:2:2"):
        raise Problem(
            f"it is an AVIF with colour at a lower resolution ({frame.sampling}), which browsers "
            "enlarge in different ways",
            "Save it as PNG or JPEG, or as AVIF with 4:4:4.",
        )
    if frame.has_film_grain:
        raise _refused("with film grain, which is drawn anew by each decoder")
    if frame.sampling == "4:0:0":
        if not is_full:
            raise _refused("in gray of limited range, which browsers show differently")
    elif matrix not in _MATRICES or (matrix == _IDENTITY and not is_full):
        raise _refused(
            f"whose colours are coded in a way ({matrix}) that browsers show differently"
        )


def _orientation(item: HeifItem) -> int:
    turns = (item.property_of(b"irot") or b"\0")[0] & 3
    mirror = item.property_of(b"imir")
    return _ORIENTATIONS[turns, mirror[0] & 1 if mirror else None]


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _written(frame: SequenceHeader, payload: bytes) -> bytes:
    """Return the least file with this frame, every mark of colour at its most ordinary."""
    is_gray = frame.sampling == "4:0:0"
    levels = bytes([1, 8]) if is_gray else bytes([3, 8, 8, 8])
    setting = frame.tier << 7 | (0x1C if is_gray else 0)
    colors = struct.pack(">HHHB", 1, 13, frame.matrix, 128 if frame.is_full_range else 0)
    properties = _box(
        b"ipco",
        _box(b"ispe", bytes(4), struct.pack(">II", frame.width, frame.height)),
        _box(b"pixi", bytes(4), levels),
        _box(b"av1C", bytes([0x81, frame.profile << 5 | frame.level, setting, 0])),
        _box(b"colr", b"nclx", colors),
    )
    chosen = _box(b"ipma", bytes(4), struct.pack(">IHB", 1, 1, 4), bytes([1, 2, 0x83, 4]))
    before = _box(b"ftyp", b"avif", bytes(4), b"avif", b"mif1", b"miaf")
    parts = [
        _box(b"hdlr", bytes(8), b"pict", bytes(13)),
        _box(b"pitm", bytes(4), struct.pack(">H", 1)),
        _box(b"iinf", bytes(4), struct.pack(">H", 1), _box(b"infe", b"\2\0\0\0\0\1\0\0av01\0")),
        _box(b"iprp", properties, chosen),
    ]
    # The place of the payload does not change the length of the box that tells it.
    place = len(before) + 12 + sum(map(len, parts)) + 30 + 8
    location = struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, place, len(payload))
    parts.append(_box(b"iloc", bytes(4), location))
    return before + _box(b"meta", bytes(4), *parts) + _box(b"mdat", payload)
