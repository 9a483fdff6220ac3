"""What the tests of the cache of decoded pictures share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasport.dataset import DecodedDataset, PixelCache
from kerasport.preprocess import ImageSpec, preprocess

__all__ = ["ROW", "SPEC", "assert_right", "file_of"]

SPEC = ImageSpec(height=5, width=7)
ROW = 5 * 7 * 3


def file_of(kept: PixelCache, name: str) -> Path:
    """Return the one file of this name in the cache."""
    (found,) = kept.root.rglob(name)
    return found


def assert_right(decoded: DecodedDataset, spec: ImageSpec = SPEC) -> None:
    """Every row is what `preprocess` gives for its example, and every label fits."""
    expected = [preprocess(example.path, spec) for example in decoded.dataset.examples]
    assert np.array_equal(decoded.pixels[:], expected)
    assert decoded.labels.tolist() == [example.label for example in decoded.dataset.examples]
