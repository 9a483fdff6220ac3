"""Handwritten digits that come with scikit-learn: real data, no network, a minute to train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from kerasport.errors import DataError, missing_extra
from kerasport.files import replaced_folder
from kerasport.models import Augmentation
from kerasport.recipes.base import Recipe

__all__ = ["DIGITS", "prepare_digits"]

_PICTURES = 1797
# Each value counts the dots of ink in a cell of 4 x 4.
_LARGEST_VALUE = 16


def prepare_digits(data: Path | None, work: Path) -> Path:
    """Write scikit-learn's 1,797 digits (8x8 pixels) as PNG files, once, and return their folder.

    Args:
        data: must be None, the recipe brings its own pictures.
        work: folder in which `digits/<0..9>/<index>.png` is written, or found again.

    Raises:
        DataError: `data` is given, or the folder is there but not complete.
    """
    if data is not None:
        raise DataError(
            f"The recipe 'digits' brings its own pictures; it does not read '{data}'. "
            f"Train on your own pictures with: kerasport train folder --data {data}"
        )
    target = work / "digits"
    if target.exists():
        found = sum(1 for _ in target.glob("[0-9]/*.png"))
        if found != _PICTURES:
            raise DataError(
                f"'{target}' has {found} of the {_PICTURES:,} pictures of the recipe 'digits'. "
                "Delete the folder to have it written again."
            )
        return target
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise missing_extra("train", "The recipe 'digits'") from None
    digits = load_digits()
    with replaced_folder(target) as fresh:
        for index, (values, label) in enumerate(zip(digits.images, digits.target, strict=True)):
            folder = fresh / str(label)
            folder.mkdir(exist_ok=True)
            pixels = np.rint(values * (255 / _LARGEST_VALUE)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{index:04d}.png")
    return target


DIGITS = Recipe(
    name="digits",
    summary="Handwritten digits from scikit-learn, 16x16 pixels, grayscale. Needs no data.",
    prepare=prepare_digits,
    architecture="flat_cnn",
    # Twice the size of the pictures, so that resizing is part of what is trained and proved.
    image_size=(16, 16),
    color_mode="grayscale",
    augmentation=Augmentation(rotation=0.03, zoom=0.1, shift=0.08),
    batch_size=32,
    epochs=40,
    patience=12,
    learning_rate=2e-3,
)
