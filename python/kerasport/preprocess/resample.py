"""Resizing in Pillow's fixed-point arithmetic, always in the same order."""

from __future__ import annotations

from PIL import Image

from kerasport.literals import Resample

__all__ = ["FILTERS", "resize"]

FILTERS: dict[Resample, Image.Resampling] = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Pillow's filters by our names."""


def resize(
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
