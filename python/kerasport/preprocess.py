"""From a picture file to the model's uint8 input: the Python half of one specification.

`web/src/client/preprocess/` is the other half. Both are tested on the same vectors
(`tests/golden/`) and must give the same bytes, not similar ones. The steps, in order:

1. reduce the file to what decides its pixels, and refuse it or decode it to 8 bits per channel:
   first frame, colour profile and gamma ignored, 16-bit samples to their upper 8 bits
   (`kerasport.pictures`);
2. apply the EXIF orientation;
3. composite over the background: `(source * alpha + background * (255 - alpha) + 127) // 255`;
4. grayscale, if asked for: `(19595 R + 38470 G + 7471 B + 32768) >> 16` (ITU-R BT.601 luma in
   16-bit fixed point, the formula of Pillow's `convert("L")`);
5. fit: `stretch`, `crop` (centre crop to the target's aspect ratio, with fractional edges) or
   `pad` (whole picture, centred on the background);
6. resize with Pillow's antialiased fixed-point filters, across first and then down.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kerasport.errors import DataError
from kerasport.pictures import (
    FORMATS,
    MAX_BYTES,
    MAX_PIXELS,
    PictureFile,
    Problem,
    decode_bmp,
    read_picture_file,
    too_many_bytes,
)

__all__ = [
    "MAX_PIXELS",
    "PREPROCESSING_VERSION",
    "READABLE_FORMATS",
    "ColorMode",
    "Fit",
    "ImageSpec",
    "Picture",
    "Resample",
    "decode",
    "preprocess",
    "read_pixels",
]

ColorMode: TypeAlias = Literal["rgb", "grayscale"]
Fit: TypeAlias = Literal["stretch", "crop", "pad"]
Resample: TypeAlias = Literal["nearest", "bilinear", "bicubic", "lanczos"]
Picture: TypeAlias = "Path | bytes | Image.Image | NDArray[np.uint8]"

READABLE_FORMATS = FORMATS
"""Formats that Pillow and every current browser decode."""

PREPROCESSING_VERSION = 2
"""Goes up by one whenever a picture may come out as other bytes than before.

Pixels that were kept from earlier (`kerasport.dataset.cache`) are then computed again.
"""

# decode() refuses such pictures itself, with the file's name in the message.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

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

_STRIP_PIXELS = 1 << 20

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class ImageSpec:
    """What the model's input looks like and how a picture is brought into that shape.

    `height` and `width` are in pixels, `background` is RGB in 0..255.
    """

    height: int
    width: int
    color_mode: ColorMode = "rgb"
    fit: Fit = "stretch"
    resample: Resample = "bilinear"
    background: tuple[int, int, int] = (255, 255, 255)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise DataError(
                f"The image size {self.height}x{self.width} is not usable. "
                "Expected height and width of at least 1 pixel."
            )
        for name, value, allowed in (
            ("color_mode", self.color_mode, ("rgb", "grayscale")),
            ("fit", self.fit, ("stretch", "crop", "pad")),
            ("resample", self.resample, tuple(_FILTERS)),
        ):
            if value not in allowed:
                raise DataError(f"Unknown {name} {value!r}. Expected one of: {', '.join(allowed)}.")
        if len(self.background) != 3 or not all(0 <= level <= 255 for level in self.background):
            raise DataError(
                f"The background {self.background!r} is not a colour. "
                "Expected three whole numbers of 0 to 255 (red, green, blue)."
            )

    @property
    def channels(self) -> int:
        """Number of channels of the model's input: 3 for `rgb`, 1 for `grayscale`."""
        return 3 if self.color_mode == "rgb" else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    def to_dict(self) -> dict[str, object]:
        """Return the fields as the client library's `ImageSpec` names them."""
        return {
            "height": self.height,
            "width": self.width,
            "colorMode": self.color_mode,
            "fit": self.fit,
            "resample": self.resample,
            "background": list(self.background),
        }


def preprocess(picture: Picture, spec: ImageSpec) -> NDArray[np.uint8]:
    """Return the model's input for one picture: uint8 `[height, width, channels]`.

    Args:
        picture: a path, the bytes of a file, a Pillow image, or uint8 pixels of shape
            `[height, width]`, `[height, width, 1 | 3 | 4]` (gray, RGB or RGBA).
        spec: the shape and the steps.

    Raises:
        DataError: the picture cannot be read, or is larger than `MAX_PIXELS`.

    >>> preprocess(np.zeros((20, 30, 3), np.uint8), ImageSpec(height=8, width=8)).shape
    (8, 8, 3)
    """
    image = _composite(decode(picture), spec.background)
    if spec.color_mode == "grayscale":
        image = _to_grayscale(image)
    elif image.mode == "L":
        image = image.convert("RGB")
    pixels = np.asarray(_fit(image, spec), dtype=np.uint8)
    return pixels.reshape(spec.shape)


def read_pixels(
    picture: Picture, background: tuple[int, int, int] = (255, 255, 255)
) -> NDArray[np.uint8]:
    """Return the whole upright picture on a background: uint8 `[height, width, 3]`.

    Raises:
        DataError: the picture cannot be read, or is larger than `MAX_PIXELS`.
    """
    return np.asarray(_composite(decode(picture), background).convert("RGB"), dtype=np.uint8)


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
    with Image.open(io.BytesIO(file.content), formats=[file.format]) as image:
        if image.size != (file.width, file.height) and file.format != "AVIF":
            raise ValueError(f"its size is {image.size}, not {file.width} x {file.height}")
        image.load()
        if file.format == "AVIF":
            # The format's own rotation, which Pillow gives as EXIF.
            return _to_eight_bits(ImageOps.exif_transpose(image))
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
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        paper = 255 - inks[top : top + rows].astype(np.uint16)
        mixed[top : top + rows] = paper[:, :, :3] * paper[:, :, 3:] // 255
    return Image.fromarray(mixed)


def _composite(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    if image.mode != "RGBA":
        return image
    source = np.asarray(image)
    mixed = np.empty((*source.shape[:2], 3), np.uint8)
    behind = np.array(background, np.uint16)
    # In strips: the 16-bit intermediates of a whole large picture would take gigabytes.
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        pixels = source[top : top + rows].astype(np.uint16)
        color, alpha = pixels[:, :, :3], pixels[:, :, 3:]
        # 255 * 255 + 127 fits into uint16.
        mixed[top : top + rows] = (color * alpha + behind * (255 - alpha) + 127) // 255
    return Image.fromarray(mixed)


def _to_grayscale(image: Image.Image) -> Image.Image:
    return image if image.mode == "L" else image.convert("L")


def _fit(image: Image.Image, spec: ImageSpec) -> Image.Image:
    size = (spec.width, spec.height)
    resample = _FILTERS[spec.resample]
    if spec.fit == "stretch":
        return _resize(image, size, resample)
    if spec.fit == "crop":
        return _resize(image, size, resample, crop_box(image.size, size))
    inner, corner = pad_layout(image.size, size)
    canvas = Image.new("RGB", size, spec.background).convert(image.mode)
    canvas.paste(_resize(image, inner, resample), corner)
    return canvas


def _resize(
    image: Image.Image,
    size: tuple[int, int],
    resample: Image.Resampling,
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """Resize the part `box` (left, top, right, bottom) to `size`: across first, then down.

    Each pass rounds to 8 bits, so their order decides the last bit. Pillow chooses it by the
    shape of the picture, and version 13 chooses differently from version 12; one pass a call
    leaves it no choice.
    """
    left, top, right, bottom = box or (0, 0, *image.size)
    if resample == Image.Resampling.NEAREST:
        return image.resize(size, resample, box=(left, top, right, bottom))
    width, _ = size
    across = image.resize((width, image.height), resample, box=(left, 0, right, image.height))
    return across.resize(size, resample, box=(0, top, width, bottom))


def crop_box(source: tuple[int, int], target: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the centre crop with the target's aspect ratio.

    Sizes are width, height in pixels; the edges may be fractions of a pixel.
    """
    (source_width, source_height), (width, height) = source, target
    if source_width * height > source_height * width:
        cropped = source_height * width / height
        left = (source_width - cropped) / 2
        return left, 0.0, left + cropped, float(source_height)
    cropped = source_width * height / width
    top = (source_height - cropped) / 2
    return 0.0, top, float(source_width), top + cropped


def pad_layout(
    source: tuple[int, int], target: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the size of the whole picture inside the target, and its left top corner.

    The shorter side is rounded half up and is at least 1 pixel; an odd rest goes to the
    right and to the bottom.
    """
    (source_width, source_height), (width, height) = source, target
    if source_width * height >= source_height * width:
        inner_height = max(1, (2 * source_height * width + source_width) // (2 * source_width))
        inner = width, min(height, inner_height)
    else:
        inner_width = max(1, (2 * source_width * height + source_height) // (2 * source_height))
        inner = min(width, inner_width), height
    return inner, ((width - inner[0]) // 2, (height - inner[1]) // 2)
