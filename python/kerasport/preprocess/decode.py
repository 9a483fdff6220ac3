"""From a picture, in a file or in memory, to upright pixels of 8 bits."""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kerasport.errors import DataError
from kerasport.pictures import (
    FORMATS,
    MAX_BYTES,
    PictureFile,
    Problem,
    damaged,
    decode_bmp,
    read_picture_file,
    too_many_bytes,
)
from kerasport.preprocess.compose import STRIP_PIXELS

__all__ = ["Picture", "decode", "open_picture"]

Picture: TypeAlias = "Path | bytes | Image.Image | NDArray[np.uint8]"

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What EXIF's orientations ask for, other than 1."""

# Filters of warnings are the whole process's: without it, threads would put back each other's.
_FILTERING = threading.Lock()


def decode(picture: Picture) -> Image.Image:
    """Return the upright 8-bit picture in mode `L`, `RGB` or `RGBA` (unpremultiplied).

    Raises:
        DataError: the file is missing, not a readable format, damaged or too large.
    """
    if isinstance(picture, np.ndarray):
        return _from_pixels(picture)
    if isinstance(picture, Image.Image):
        return _to_eight_bits(ImageOps.exif_transpose(picture))
    name = f"'{picture}'" if isinstance(picture, Path) else "The picture"
    try:
        return _decode_file(read_picture_file(_bytes_of(picture)))
    except FileNotFoundError:
        raise DataError(f"There is no picture at {name}.") from None
    except IsADirectoryError:
        raise DataError(f"{name} is a folder. Expected a picture file.") from None
    except Problem as problem:
        raise DataError(f"{name} cannot be read: {problem}") from None
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        # Pillow's decoders raise all of them for damaged data.
        raise DataError(
            f"{name} cannot be read: it is damaged ({error}). Copy or save it again."
        ) from None


def open_picture(content: bytes, *, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Return a picture file as Pillow opens it: its header is read, its pixels are not.

    Pillow's warning of a large picture is left out, because `decode` refuses it with its name.

    Raises:
        PIL.UnidentifiedImageError: it is of none of the `formats`.
        OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError: it is damaged.
    """
    with _FILTERING, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content), formats=formats)


def _bytes_of(picture: Path | bytes) -> bytes:
    if isinstance(picture, bytes):
        return picture
    with picture.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_many_bytes(picture.stat().st_size)
    return content


def _decode_file(file: PictureFile) -> Image.Image:
    if file.format == "BMP":
        return Image.fromarray(decode_bmp(file.content))
    with open_picture(file.content, formats=(file.format,)) as image:
        if image.size != (file.width, file.height):
            raise ValueError(f"its size is {image.size}, not {file.width} x {file.height}")
        _load(image)
        if file.transparent_level is not None:
            upright = _with_transparent_level(image, file)
        elif image.mode == "CMYK":
            upright = _from_inks(image)
        else:
            upright = _to_eight_bits(image)
    if file.screen is not None:
        whole = Image.new("RGBA", (file.screen.width, file.screen.height))
        whole.paste(upright.convert("RGBA"), (file.screen.left, file.screen.top))
        upright = whole
    turn = _TURNS.get(file.orientation)
    return upright if turn is None else upright.transpose(turn)


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except RuntimeError:
        # Of all decoders, AVIF's alone raises it.
        raise damaged("its compressed data is wrong") from None


def _with_transparent_level(image: Image.Image, file: PictureFile) -> Image.Image:
    """Return RGBA in which the one colour that PNG declares transparent has alpha 0."""
    level = file.transparent_level or ()
    if image.mode.startswith("I"):
        samples = np.asarray(image)
        clear = samples == level[0]
    else:
        if file.bits == 16:
            # Pillow keeps the upper 8 bits of RGB, so that these are what is compared.
            level = tuple(value >> 8 for value in level)
        elif file.bits < 8:
            level = tuple(value * 255 // ((1 << file.bits) - 1) for value in level)
        samples = np.asarray(image.convert("L") if image.mode == "1" else image)
        clear = (samples.reshape(*samples.shape[:2], -1) == np.array(level)).all(axis=-1)
    rgba = np.array(_to_eight_bits(image).convert("RGBA"))
    rgba[clear, 3] = 0
    return Image.fromarray(rgba)


def _from_pixels(pixels: NDArray[np.uint8]) -> Image.Image:
    if pixels.dtype != np.uint8:
        raise DataError(
            f"The pixels have dtype {pixels.dtype}. Expected uint8 in 0..255: scaling belongs "
            "to the model's own Rescaling layer."
        )
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
        raise DataError(
            f"The pixels have shape {pixels.shape}. "
            "Expected [height, width] or [height, width, 1, 3 or 4]."
        )
    return Image.fromarray(np.ascontiguousarray(pixels))


def _to_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16-bit grayscale: browsers keep the high byte, as libpng's strip_16 does.
        high = np.asarray(image, dtype=np.int64) >> 8
        return Image.fromarray(high.clip(0, 255).astype(np.uint8))
    if image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _from_inks(image: Image.Image) -> Image.Image:
    """Return RGB of a CMYK picture as every browser computes it: paper times paper, rounded down.

    Pillow rounds to the nearest.
    """
    inks = np.asarray(image)
    mixed = np.empty((*inks.shape[:2], 3), np.uint8)
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        paper = 255 - inks[top : top + rows].astype(np.uint16)
        mixed[top : top + rows] = paper[:, :, :3] * paper[:, :, 3:] // 255
    return Image.fromarray(mixed)
