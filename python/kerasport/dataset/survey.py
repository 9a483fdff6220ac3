"""A look at some of the pictures, to choose what a recipe leaves open."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np

from kerasport.dataset.description import Dataset
from kerasport.errors import DataError
from kerasport.preprocess import ColorMode, decode

__all__ = ["Survey", "survey"]

_SAMPLED = 64
_SMALLEST, _LARGEST = 16, 128


@dataclass(frozen=True)
class Survey:
    """What the sampled pictures have in common; `shorter_side` is the median in pixels."""

    shorter_side: int
    color_mode: ColorMode
    sampled: int

    @property
    def image_size(self) -> int:
        """A square input size: the shorter side within 16..128, a multiple of 4."""
        return min(_LARGEST, max(_SMALLEST, self.shorter_side)) // 4 * 4


def survey(dataset: Dataset) -> Survey:
    """Return what up to 64 training pictures look like, always the same ones.

    Gray means that red, green and blue are equal in every pixel of every sampled picture.

    Raises:
        DataError: none of the sampled pictures can be decoded.
    """
    chosen = sorted(dataset.in_split("train"), key=lambda example: example.content)[:_SAMPLED]
    sides, gray = [], True
    for example in chosen:
        try:
            image = decode(example.path)
        except DataError:
            # It is reported, and counted, when the whole set is decoded.
            continue
        sides.append(min(image.size))
        gray = gray and (image.mode == "L" or _is_gray(np.asarray(image)))
    if not sides:
        raise DataError(
            f"None of the pictures sampled in '{dataset.root}' can be decoded. "
            "Expected pictures that other programs open."
        )
    return Survey(int(statistics.median(sides)), "grayscale" if gray else "rgb", len(sides))


def _is_gray(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bool:
    colour = pixels[..., :3]
    return bool((colour == colour[..., :1]).all())
