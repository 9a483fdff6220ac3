"""Any folder of pictures: network, size and colours chosen by looking at them."""

from __future__ import annotations

from kerasport.models import Augmentation
from kerasport.recipes.base import AUTO, Recipe, pictures_of_the_user

__all__ = ["FOLDER"]

FOLDER = Recipe(
    name="folder",
    summary="Your own pictures; network, size and colour mode follow from them.",
    prepare=pictures_of_the_user("folder"),
    architecture=AUTO,
    augmentation=Augmentation(flip=True, rotation=0.04, zoom=0.15),
    batch_size=None,
    epochs=40,
    patience=8,
)
