"""What makes two pictures the same, and what a picture says about itself."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.dataset import Header, Skipped
from kerasport.pictures import Problem, read_picture_file

__all__ = ["content_of", "hash_pixels", "identify"]

# Equal headers are one object: pictures are many, and their sizes few.
_header = functools.lru_cache(4096)(Header)

# In a list of files, what is no picture needs few words.
_SHORT_REASONS = {"the file is empty": "empty", "it is no picture": "not a picture"}


def content_of(data: bytes | NDArray[np.uint8]) -> str:
    """Return the SHA-256 of encoded bytes as they are, of pixels with their shape before them."""
    return hash_pixels(data) if isinstance(data, np.ndarray) else hashlib.sha256(data).hexdigest()


def hash_pixels(pixels: NDArray[np.uint8]) -> str:
    """Return a SHA-256 that equal pixels of equal shape share; a last axis of 1 does not count."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    digest = hashlib.sha256("x".join(map(str, pixels.shape)).encode("ascii") + b":")
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def identify(path: Path, data: bytes | NDArray[np.uint8]) -> tuple[str, Header] | Skipped:
    """Return the content hash and the header of a picture, recognised by its first bytes.

    What is read here is what is read everywhere: `kerasport.pictures` decides, nobody else.
    """
    if isinstance(data, np.ndarray):
        mode = "L" if data.ndim == 2 else {1: "L", 3: "RGB", 4: "RGBA"}[data.shape[2]]
        return content_of(data), _header("array", data.shape[1], data.shape[0], mode)
    try:
        file = read_picture_file(data)
    except Problem as problem:
        return Skipped(path, _SHORT_REASONS.get(problem.reason, problem.reason))
    return content_of(data), _header(file.format, *file.size, file.mode)
