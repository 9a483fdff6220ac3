"""Small seeded picture folders for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["write_class_folders", "write_noise", "write_picture"]


def write_picture(path: Path, *, seed: int = 0, size: tuple[int, int] = (12, 10)) -> Path:
    """Write a noisy colour PNG of `size` (width, height); equal seeds give equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_class_folders(root: Path, counts: dict[str, int], *, seed: int = 0) -> Path:
    """Write `counts[name]` different pictures into each `root/name` and return `root`.

    The brightness of a picture tells its class, so that a small model learns it at once.
    """
    generator = np.random.default_rng(seed)
    for position, (name, count) in enumerate(counts.items()):
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        low = 200 * position // max(1, len(counts) - 1)
        for number in range(count):
            pixels = generator.integers(low, low + 56, (10, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    return root


def write_noise(folder: Path, count: int, *, side: int = 7, seed: int = 1, broken: int) -> Path:
    """Write numbered PNGs of `side` by `side` noise, of which one, `broken`, is no picture."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    digits = len(str(count - 1))
    for number in range(count):
        noise = generator.integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number:0{digits}d}.png")
    (folder / f"{broken:0{digits}d}.png").write_bytes(b"no picture")
    return folder
