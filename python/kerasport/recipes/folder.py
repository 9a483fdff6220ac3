"""Any folder of pictures: size and colours chosen by looking at them."""

from __future__ import annotations

from pathlib import Path

from kerasport.errors import DataError
from kerasport.models import Augmentation
from kerasport.recipes.base import Recipe

__all__ = ["FOLDER", "prepare_folder"]


def prepare_folder(data: Path | None, work: Path) -> Path:
    """Return the user's folder as it is; nothing is written to `work`.

    Raises:
        DataError: no folder was named.
    """
    if data is None:
        raise DataError(
            "The recipe 'folder' needs pictures. Name a folder with one folder per class, "
            "like: kerasport train folder --data path/to/pictures"
        )
    return data


FOLDER = Recipe(
    name="folder",
    summary="Your own pictures in class folders; size and colour mode follow from them.",
    prepare=prepare_folder,
    architecture="pooled_cnn",
    augmentation=Augmentation(flip=True, rotation=0.04, zoom=0.15),
    batch_size=32,
    epochs=40,
    patience=8,
    learning_rate=2e-3,
)
