"""A look at some of the pictures, to choose what a recipe leaves open."""

from __future__ import annotations

import contextlib
import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasport.dataset.cache import PixelCache
from kerasport.dataset.dataset import Dataset, Example, in_places
from kerasport.dataset.parallel import in_parallel
from kerasport.errors import DataError
from kerasport.literals import ColorMode
from kerasport.preprocess import decode

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


def survey(dataset: Dataset, *, cache: PixelCache | None = None) -> Survey:
    """Return what up to 64 training pictures look like, always the same ones.

    Gray means that red, green and blue are equal in every pixel of every sampled picture. What
    was seen is kept in `cache`, so that no picture is decoded for this twice.

    Raises:
        DataError: none of the sampled pictures can be decoded.
    """
    chosen = sorted(dataset.in_split("train"), key=lambda example: example.content)[:_SAMPLED]
    journal = cache.journal("survey") if cache else None
    seen: dict[str, Any] = journal.read() if journal else {}
    fresh = in_places(example for example in chosen if example.content not in seen)
    for part in in_parallel(_look_at, fresh):
        seen.update(part)
        if journal:
            with contextlib.suppress(OSError):
                journal.append({content: look for content, look in part if look is not None})
    # A damaged one is reported, and counted, when the whole set is decoded.
    looks = [seen[example.content] for example in chosen if seen[example.content] is not None]
    if not looks:
        raise DataError(
            f"None of the pictures sampled in '{dataset.root}' can be decoded. "
            "Expected pictures that other programs open."
        )
    side = int(statistics.median(side for side, _ in looks))
    gray = all(gray for _, gray in looks)
    return Survey(side, "grayscale" if gray else "rgb", len(looks))


def _look_at(example: Example) -> tuple[str, tuple[int, bool] | None]:
    try:
        image = decode(example.read())
    except (DataError, OSError):
        return example.content, None
    gray = image.mode == "L" or _is_gray(np.asarray(image))
    return example.content, (min(image.size), gray)


def _is_gray(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bool:
    color = pixels[..., :3]
    return bool((color == color[..., :1]).all())
