"""Small pictures with several labels: colored marks on noise."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["MARKS", "draw_marks"]

MARKS = ("blue", "green", "red")


def draw_marks(root: Path, count: int, *, seed: int = 0) -> Path:
    """Write pictures of 12x12 with up to three marks, and return the table of their labels.

    Each color is one of the three channels, in the half of the pictures; an eighth has none.
    """
    generator = np.random.default_rng(seed)
    root.mkdir(parents=True, exist_ok=True)
    table = root / "labels.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("path", "label"))
        for number in range(count):
            pixels = generator.integers(0, 60, (12, 12, 3), dtype=np.uint8)
            shown = [name for name in MARKS if generator.random() < 0.5]
            for name in shown:
                pixels[..., ("red", "green", "blue").index(name)] += 150
            Image.fromarray(pixels).save(root / f"{number:03d}.png")
            writer.writerow((f"{number:03d}.png", "|".join(shown)))
    return table
