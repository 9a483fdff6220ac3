"""Any picture file: its format is recognised by its first bytes, its name does not matter."""

from __future__ import annotations

from kerasport.pictures.avif import is_avif, read_avif
from kerasport.pictures.bmp import read_bmp
from kerasport.pictures.gif import read_gif
from kerasport.pictures.jpeg import read_jpeg
from kerasport.pictures.picture_file import PictureFile
from kerasport.pictures.png import SIGNATURE, read_png
from kerasport.pictures.problem import MAX_BYTES, Problem, check_density, too_many_bytes
from kerasport.pictures.webp import read_webp

__all__ = ["read_picture_file"]

# Recognised only to be refused by name.
_OTHER_FORMATS = (
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"\0\0\1\0", "an ICO"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"8BPS", "a PSD"),
    (b"%PDF", "a PDF"),
)


def read_picture_file(data: bytes) -> PictureFile:
    """Return the picture in a file; what it is decides its content, not its name.

    Raises:
        Problem: it is no picture that Python and every browser read alike, it is incomplete or
            too large.
    """
    file = _read(data)
    width, height = file.size
    check_density(width * height, len(data))
    return file


def _read(data: bytes) -> PictureFile:
    if not data:
        raise Problem("the file is empty")
    if len(data) > MAX_BYTES:
        raise too_many_bytes(len(data))
    if data.startswith(b"\xff\xd8"):
        return read_jpeg(data)
    if data.startswith(SIGNATURE):
        return read_png(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return read_gif(data)
    if data.startswith(b"BM"):
        return read_bmp(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return read_webp(data)
    if is_avif(data):
        return read_avif(data)
    other = next((name for magic, name in _OTHER_FORMATS if data.startswith(magic)), None)
    if other is None and data[4:8] == b"ftyp":
        other = "a HEIC or another file of its family"
    if other is None and data[:256].lstrip(b"\xef\xbb\xbf\t\n\r ").startswith((b"<svg", b"<?xml")):
        other = "an SVG"
    raise Problem(f"it is {other}, which not every browser reads" if other else "it is no picture")
