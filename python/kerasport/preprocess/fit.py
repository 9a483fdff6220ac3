"""From the whole picture to the model's size: what is stretched, cut off or left around it."""

from __future__ import annotations

from PIL import Image

from kerasport.preprocess.resample import FILTERS, resize
from kerasport.preprocess.spec import ImageSpec

__all__ = ["crop_box", "fit", "pad_layout"]


def fit(image: Image.Image, spec: ImageSpec) -> Image.Image:
    """Return the picture at the size of `spec`, stretched, cropped or padded as it says."""
    size = (spec.width, spec.height)
    resample = FILTERS[spec.resample]
    if spec.fit == "stretch":
        return resize(image, size, resample)
    if spec.fit == "crop":
        return resize(image, size, resample, crop_box(image.size, size))
    inner, corner = pad_layout(image.size, size)
    canvas = Image.new("RGB", size, spec.background).convert(image.mode)
    canvas.paste(resize(image, inner, resample), corner)
    return canvas


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
