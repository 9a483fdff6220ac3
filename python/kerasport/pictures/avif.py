"""AVIF: size and completeness; the file itself goes to the decoder unchanged."""

from __future__ import annotations

from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import MAX_SIDE, Problem, check_size, damaged, ends_early

__all__ = ["is_avif", "read_avif"]


def is_avif(data: bytes) -> bool:
    """Tell whether the file type box names AVIF."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = data[8:12] + data[16:length]
    names = {brands[index : index + 4] for index in range(0, len(brands), 4)}
    return data[4:8] == b"ftyp" and bool(names & {b"avif", b"avis"})


def read_avif(data: bytes) -> PictureFile:
    """Return the file as it is, once every box is whole and its size is allowed."""
    meta = b""
    position = 0
    while position < len(data):
        if position + 8 > len(data):
            raise ends_early()
        length = int.from_bytes(data[position : position + 4], "big")
        if length == 1 and position + 16 <= len(data):
            length = int.from_bytes(data[position + 8 : position + 16], "big")
        elif length == 0:
            length = len(data) - position
        if length < 8:
            raise damaged("its boxes are wrong")
        if position + length > len(data):
            raise ends_early()
        if data[position + 4 : position + 8] == b"meta" and not meta:
            meta = data[position : position + length]
        position += length
    sizes = []
    found = meta.find(b"ispe")
    while found >= 0:
        values = meta[found + 8 : found + 16]
        if len(values) == 8:
            sizes.append((int.from_bytes(values[:4], "big"), int.from_bytes(values[4:], "big")))
        found = meta.find(b"ispe", found + 4)
    if not sizes:
        raise damaged("it holds no picture")
    if b"imir" in meta:
        raise Problem("it is an AVIF that is stored mirrored, which browsers show differently")
    # A picture that is put together from tiles has a size for the tiles too.
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    check_size(width, height, max_side=MAX_SIDE)
    return PictureFile("AVIF", width, height, data)
