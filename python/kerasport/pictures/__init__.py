"""From the bytes of a picture file to what decides its pixels, checked before anything is decoded.

Browsers and Pillow agree on pixels, but not on what surrounds them: colour profiles, gamma,
animations, orientation outside JPEG, files that end too early. So both sides reduce a file to what
decides its pixels, by the same rules and with the same refusals, and give that to their decoders.
`web/src/client/pictures/` is the twin of this package, file by file.
"""

from kerasport.pictures.bmp import decode_bmp
from kerasport.pictures.gif import decode_gif
from kerasport.pictures.gif_codes import MAX_CLEARS
from kerasport.pictures.jpeg_scans import MAX_SCAN_PIXELS, MAX_SCANS
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.png import check_rows
from kerasport.pictures.problem import (
    BLANK_PIXELS,
    FORMATS,
    MAX_BYTES,
    MAX_OWN_SIDE,
    MAX_PIXELS,
    MAX_PIXELS_PER_BYTE,
    MAX_SIDE,
    Problem,
    damaged,
    shows_nothing,
    too_many_bytes,
)
from kerasport.pictures.read import read_picture_file

__all__ = [
    "BLANK_PIXELS",
    "FORMATS",
    "MAX_BYTES",
    "MAX_CLEARS",
    "MAX_OWN_SIDE",
    "MAX_PIXELS",
    "MAX_PIXELS_PER_BYTE",
    "MAX_SCANS",
    "MAX_SCAN_PIXELS",
    "MAX_SIDE",
    "PictureFile",
    "Problem",
    "check_rows",
    "damaged",
    "decode_bmp",
    "decode_gif",
    "read_picture_file",
    "shows_nothing",
    "too_many_bytes",
]
