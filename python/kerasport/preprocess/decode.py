"""From a picture, in a file or in memory, to upright pixels of 8 bits."""

from __future__ import annotations

import contextlib
import io
import stat
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kerasport.errors import DataError
from kerasport.pictures import (
    MAX_BYTES,
    PictureFile,
    Problem,
    check_rows,
    damaged,
    decode_bmp,
    decode_gif,
    read_picture_file,
    shows_nothing,
    too_many_bytes,
)
from kerasport.preprocess.compose import STRIP_PIXELS
from kerasport.preprocess.turns import in_turn

__all__ = ["Picture", "decode", "decoded"]

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
    with decoded(picture) as image:
        return image


@contextlib.contextmanager
def decoded(picture: Picture) -> Iterator[Image.Image]:
    """Yield what `decode` returns, waiting until there is memory for it where many are decoded.

    Raises:
        DataError: as `decode`.
    """
    if isinstance(picture, np.ndarray):
        yield _from_pixels(picture)
        return
    name = f"'{picture}'" if isinstance(picture, Path) else "The picture"
    with contextlib.ExitStack() as turn:
        try:
            if isinstance(picture, Image.Image):
                image = _from_image(picture)
            else:
                file = read_picture_file(_bytes_of(picture))
                turn.enter_context(in_turn(file.size[0] * file.size[1]))
                image = _decode_file(file)
        except FileNotFoundError:
            raise DataError(f"There is no picture at {name}.") from None
        except IsADirectoryError:
            raise DataError(f"{name} is a folder. Expected a picture file.") from None
        except OSError as error:
            raise DataError(f"{name} cannot be read: {error.strerror or error}.") from None
        except Problem as problem:
            raise DataError(f"{name} cannot be read: {problem}") from None
        except MemoryError:
            why = "there is not enough memory for its pixels. Reduce it first."
            raise DataError(f"{name} cannot be read: {why}") from None
        yield image


def _bytes_of(picture: Path | bytes) -> bytes:
    if isinstance(picture, bytes):
        return picture
    found = picture.stat()
    # A pipe would be waited for, and some devices have no end.
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise OSError("it is no file")
    if found.st_size > MAX_BYTES:
        raise too_many_bytes(found.st_size)
    with picture.open("rb") as stream:
        # One more than there are tells of a file that grows; so much memory is reserved at once.
        content = stream.read(min(found.st_size, MAX_BYTES) + 1)
    if len(content) > MAX_BYTES:
        raise too_many_bytes(len(content))
    return content


def _decode_file(file: PictureFile) -> Image.Image:
    try:
        upright = _as_stored(file)
    except (Problem, MemoryError):
        raise
    except Exception:
        # Decoders raise whatever they like; theirs are words for programmers.
        raise damaged("its compressed data is wrong") from None
    if file.is_opaque and upright.mode == "RGBA":
        if (np.asarray(upright.getchannel("A")) != 255).any():
            raise damaged("it is transparent and says that it is not")
        upright = upright.convert("RGB")
    is_clear = upright.mode == "RGBA" and not np.asarray(upright.getchannel("A")).any()
    if is_clear and file.format == "WEBP":
        raise shows_nothing()
    if file.screen is not None:
        whole = Image.new("RGBA", (file.screen.width, file.screen.height))
        whole.paste(upright.convert("RGBA"), (file.screen.left, file.screen.top))
        upright = whole
    turn = _TURNS.get(file.orientation)
    return upright if turn is None else upright.transpose(turn)


def _as_stored(file: PictureFile) -> Image.Image:
    """Return the decoded picture, not turned."""
    if file.format == "BMP":
        return Image.fromarray(decode_bmp(file.content))
    if file.format == "GIF":
        return Image.fromarray(decode_gif(file.content))
    if file.format == "JPEG" and file.mode in ("L", "RGB"):
        # What opening would find out is known, and takes a sixth of the time of a small photo.
        size = (file.width, file.height)
        return Image.frombytes(file.mode, size, file.content, "jpeg", file.mode, "")
    if file.format == "PNG":
        check_rows(file.content)
    with _open(file) as image:
        if image.size != (file.width, file.height):
            raise ValueError(f"its size is {image.size}, not {file.width} x {file.height}")
        image.load()
        if file.transparent_level is not None:
            return _with_transparent_level(image, file)
        if image.mode == "CMYK":
            return _from_inks(image)
        return _to_eight_bits(image)


def _open(file: PictureFile) -> Image.Image:
    """Return the picture as Pillow opens it, without its warning of a large one."""
    with _FILTERING, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(file.content), formats=(file.format,))


def _from_image(image: Image.Image) -> Image.Image:
    """Return an image of Pillow's own, which may not be loaded yet, with 8 bits and upright."""
    try:
        return _to_eight_bits(ImageOps.exif_transpose(image))
    except MemoryError:
        raise
    except Exception as error:
        # Whatever its decoder raises.
        raise Problem(f"Pillow says: {error}", "Copy or save it again.") from None


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
