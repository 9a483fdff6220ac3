"""Pictures that are the same, or nearly: which of them belong together.

Copies, byte for byte or pixel for pixel, are found as `check` finds them. Near-duplicates are one
picture that was compressed or resized anew: their brightness differs nowhere by more than a few
levels once both are reduced to 16 x 16 cells. Crops, mirrored pictures and neighbors in a series
are not among them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset import DecodedDataset, Pixels
from kerasport.dataset.duplicates import key_of
from kerasport.errors import missing_extra

__all__ = ["alike", "brightness_cells"]

_CELLS = 16
_BLOCK = 512
# JPEG moves the mean of a cell by 1 or 2 of 255 levels at any quality that people use, another
# resampling filter by as much; two shots of one thing differ by tens somewhere.
_LEVELS = 4.0
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


def alike(decoded: DecodedDataset, hashes: Mapping[str, str]) -> NDArray[np.int64]:
    """Return the number of the group that each picture belongs to, int64 `[n]`.

    Groups are numbered in the order of their first pictures; most are of one picture alone.

    Args:
        decoded: the pictures.
        hashes: content -> hash of the pixels, from `hash_pictures` or `hash_rows`.

    Raises:
        KerasportError: SciPy is missing.
    """
    examples = decoded.dataset.examples
    first: dict[str, int] = {}
    parent = np.arange(len(examples))
    for at, example in enumerate(examples):
        parent[at] = first.setdefault(key_of(example, hashes), at)
    alone = np.flatnonzero(parent == np.arange(len(parent)))
    for left, right in _near(brightness_cells(decoded.pixels, alone)):
        _join(parent, int(alone[left]), int(alone[right]))
    roots = np.array([_root(parent, at) for at in range(len(parent))], np.int64)
    _, numbers = np.unique(roots, return_inverse=True)
    # The root of a group is its first picture, so that sorted roots are in that order.
    groups: NDArray[np.int64] = numbers.reshape(-1).astype(np.int64)
    return groups


def brightness_cells(pixels: Pixels, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean brightness, 0..255, of 16 x 16 cells of pictures, float32 `[n, 256]`.

    Args:
        pixels: uint8 `[n, height, width, channels]`; sides below 16 give fewer cells.
        chosen: places of the pictures among them.
    """
    height, width, channels = pixels.shape[1:]
    rows, columns = _edges(height), _edges(width)
    cells = np.empty((len(chosen), len(rows) * len(columns)), np.float32)
    sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    for start in range(0, len(chosen), _BLOCK):
        block = np.asarray(pixels[chosen[start : start + _BLOCK]], np.float32)
        gray = block @ _WEIGHTS if channels == 3 else block[..., 0]
        sums = np.add.reduceat(np.add.reduceat(gray, rows, axis=1), columns, axis=2)
        cells[start : start + len(block)] = (sums / sizes).reshape(len(block), -1)
    return cells


def _edges(side: int) -> NDArray[np.int64]:
    count = min(_CELLS, side)
    return np.arange(count, dtype=np.int64) * side // count


def _near(cells: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the pairs of rows that differ nowhere by more than some levels, int `[pairs, 2]`."""
    try:
        from scipy.spatial import cKDTree
    except ModuleNotFoundError:
        raise missing_extra("train", "Looking for pictures that are alike") from None
    if len(cells) == 0:
        return np.empty((0, 2), np.int64)
    # Equal rows, as of blank pictures, would give a pair for each two of them.
    different, first, inverse = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    found = cKDTree(different).query_pairs(_LEVELS, p=np.inf, output_type="ndarray")
    equal = np.stack([first[inverse.reshape(-1)], np.arange(len(cells))], axis=1)
    pairs: NDArray[np.int64] = np.concatenate([equal, first[found].reshape(-1, 2)]).astype(np.int64)
    return pairs


def _root(parent: NDArray[np.int64], at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = int(parent[at])
    return at


def _join(parent: NDArray[np.int64], left: int, right: int) -> None:
    left, right = _root(parent, left), _root(parent, right)
    parent[max(left, right)] = min(left, right)
