"""The orientation in EXIF data. One reader for every format, because decoders disagree."""

from __future__ import annotations

import struct

__all__ = ["orientation_of"]

_ORIENTATION = 0x0112
_SHORT = 3


def orientation_of(exif: bytes) -> int:
    """Return the orientation, 1 to 8, that EXIF data asks for; 1 where it is absent or damaged.

    Args:
        exif: a TIFF structure, with or without `Exif\\0\\0` before it.
    """
    tiff = exif[6:] if exif.startswith(b"Exif\0\0") else exif
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for index in range(count):
            tag, kind, number, value = struct.unpack_from(
                f"{order}HHIH", tiff, start + 2 + 12 * index
            )
            if tag == _ORIENTATION:
                return value if kind == _SHORT and number == 1 and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
