"""From the bytes of a picture file to what decides its pixels, checked before anything is decoded.

Browsers and Pillow agree on pixels, but not on what surrounds them: colour profiles, gamma,
animations, orientation outside JPEG, files that end too early. So both sides reduce a file to what
decides its pixels, by the same rules and with the same refusals, and give that to their decoders.
`web/src/client/pictures/` is the twin of this package, file by file.
"""

from kerasport.pictures.bmp import decode_bmp
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.problem import (
    FORMATS,
    MAX_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    Problem,
    damaged,
    too_many_bytes,
)
from kerasport.pictures.read import read_picture_file

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "PictureFile",
    "Problem",
    "damaged",
    "decode_bmp",
    "read_picture_file",
    "too_many_bytes",
]
