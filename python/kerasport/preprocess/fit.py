"""From the whole picture to the model's size: what is stretched, cut off or left around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kerasport.preprocess.resample import FILTERS
from kerasport.preprocess.spec import ImageSpec

__all__ = ["Resize", "crop_box", "fit", "pad_layout"]

_Box: TypeAlias = "tuple[float, float, float, float] | None"

Resize: TypeAlias = Callable[
    [Image.Image, tuple[int, int], Image.Resampling, _Box], Image.Image | NDArray[np.uint8]
]
"""Resizes the part inside of a box to a width and height, like `resample.resize`."""


def fit(image: Image.Image, spec: ImageSpec, resize: Resize) -> NDArray[np.uint8]:
    """Return the picture at the size of `spec`, stretched, cropped or padded as it says."""
    size = (spec.width, spec.height)
    resample = FILTERS[spec.resample]
    if spec.fit != "pad":
        box = crop_box(image.size, size) if spec.fit == "crop" else None
        return np.asarray(resize(image, size, resample, box), np.uint8)
    (width, height), (left, top) = pad_layout(image.size, size)
    canvas = np.array(Image.new("RGB", size, spec.background).convert(image.mode))
    resized = resize(image, (width, height), resample, None)
    canvas[top : top + height, left : left + width] = resized
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
