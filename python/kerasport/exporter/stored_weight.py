"""One weight as it lies on disk: float32, float16, or affine uint16 and uint8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import dequantize
from kerasport.literals import WeightType

__all__ = ["Kind", "StoredWeight", "quantize_array"]

Kind = WeightType
"""Type of the values of one weight on disk."""


@dataclass(frozen=True)
class StoredWeight:
    """One weight as it lies on disk.

    Attributes:
        data: little-endian values of the type that is stored.
        quantization: TensorFlow.js' entry for the manifest; None for float32.
    """

    data: NDArray[np.generic]
    quantization: dict[str, Any] | None = None

    def values(self) -> NDArray[np.float32]:
        """Return the float32 values that TensorFlow.js computes with, bit by bit."""
        return dequantize(self.data, self.quantization)


def quantize_array(array: NDArray[np.generic], kind: Kind) -> StoredWeight:
    """Return a weight in the type `kind`.

    The affine types follow the official converter: `value = stored * scale + min`, the range is
    that of the values, shifted so that 0 is stored exactly (tensorflowjs/quantization.py).
    """
    if kind == "float32":
        return StoredWeight(np.asarray(array, "<f4"))
    if kind == "float16":
        return StoredWeight(np.asarray(array, "<f2"), {"dtype": kind, "original_dtype": "float32"})
    values = np.asarray(array, np.float64)
    steps = np.iinfo(kind).max
    low, high = float(values.min()), float(values.max())
    scale = 1.0
    stored = np.zeros_like(values)
    if low != high:
        scale = (high - low) / steps
        if low <= 0 <= high:
            low = float(-np.round(-low / scale) * scale)
            high = steps * scale + low
        stored = np.round((values.clip(low, high) - low) / scale)
    return StoredWeight(
        stored.astype("<u2" if kind == "uint16" else np.uint8),
        {"dtype": kind, "original_dtype": "float32", "min": low, "scale": scale},
    )
