"""Structured pictures that make a wrong layer visible, for models that come without samples."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kerasport.preprocess import ImageSpec

__all__ = ["pattern_files", "patterns"]


def patterns(spec: ImageSpec) -> dict[str, NDArray[np.uint8]]:
    """Return name -> uint8 `[height, width, channels]` of pictures in the model's input size.

    They are neither square-symmetric nor equal in their channels, so that swapped axes or
    channels, a shifted window or a lost scale change the answer.
    """
    height, width, channels = spec.shape
    y, x = np.mgrid[0:height, 0:width]
    ramp = x * 255 // max(1, width - 1)
    slope = y * 255 // max(1, height - 1)
    checks = (x // 3 + y // 2) % 2 * 255
    noise = np.random.default_rng(20).integers(0, 256, spec.shape)
    stack = np.stack([ramp, slope, 255 - (ramp + slope) // 2], axis=-1)
    corner = np.zeros(spec.shape, np.uint8)
    corner[: height // 3 + 1, : width // 2 + 1] = [255, 160, 40][:channels]
    shapes = {
        "gradient": stack[..., :channels],
        "checks": np.repeat(checks[..., None], channels, axis=-1),
        "noise": noise,
        "corner": corner,
        "black": np.zeros(spec.shape),
        "white": np.full(spec.shape, 255),
    }
    return {name: pixels.astype(np.uint8) for name, pixels in shapes.items()}


def pattern_files(spec: ImageSpec) -> dict[str, bytes]:
    """Return the patterns as PNG files by name."""
    files = {}
    for name, pixels in patterns(spec).items():
        stream = io.BytesIO()
        image = Image.fromarray(pixels[:, :, 0] if spec.channels == 1 else pixels)
        image.save(stream, "PNG")
        files[f"{name}.png"] = stream.getvalue()
    return files
