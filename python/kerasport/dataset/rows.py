"""Pixels that stay on disk: an array whose rows lie anywhere in a mapped file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["PixelRows", "Pixels", "part_of"]


class PixelRows:
    """Pictures of a mapped file in an order of their own, uint8 `[n, height, width, channels]`.

    Indexing with a number, a slice or an array of numbers reads just those pictures and gives a
    numpy array. The system decides how much of the file is kept in memory.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, mapped: NDArray[np.uint8], rows: NDArray[np.int64]) -> None:
        self._mapped = mapped
        self._rows = rows

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Pictures, height, width, channels."""
        height, width, channels = self._mapped.shape[1:]
        return len(self._rows), height, width, channels

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: int | slice | NDArray[Any]) -> NDArray[np.uint8]:
        pixels: NDArray[np.uint8] = self._mapped[self._rows[chosen]]
        return pixels

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self._mapped[row] for row in self._rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("These pixels lie in a file; an array of them is always a copy.")
        return self[:].astype(dtype or np.uint8, copy=False)

    def part(self, chosen: slice | NDArray[np.int64]) -> PixelRows:
        """Return some of the pictures without reading any."""
        return PixelRows(self._mapped, self._rows[chosen])


Pixels: TypeAlias = "NDArray[np.uint8] | PixelRows"
"""What training reads batches from: in memory, or on disk."""


def part_of(pixels: Pixels, chosen: slice | NDArray[np.int64]) -> Pixels:
    """Return some of the pictures; those on disk stay there."""
    return pixels.part(chosen) if isinstance(pixels, PixelRows) else pixels[chosen]
