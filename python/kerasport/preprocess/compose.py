"""What lies under a picture, and what is left of its colours."""

from __future__ import annotations

import numpy as np
from PIL import Image

__all__ = ["STRIP_PIXELS", "composite", "to_grayscale"]

STRIP_PIXELS = 1 << 20
"""Pixels that are computed at once: the 16-bit intermediates of a whole picture take gigabytes."""


def composite(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    """Return the picture over the background: an `RGBA` one as `RGB`, any other as it is."""
    if image.mode != "RGBA":
        return image
    source = np.asarray(image)
    mixed = np.empty((*source.shape[:2], 3), np.uint8)
    behind = np.array(background, np.uint16)
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        pixels = source[top : top + rows].astype(np.uint16)
        color, alpha = pixels[:, :, :3], pixels[:, :, 3:]
        # 255 * 255 + 127 fits into uint16.
        mixed[top : top + rows] = (color * alpha + behind * (255 - alpha) + 127) // 255
    return Image.fromarray(mixed)


def to_grayscale(image: Image.Image) -> Image.Image:
    """Return the picture in mode `L`."""
    return image if image.mode == "L" else image.convert("L")
