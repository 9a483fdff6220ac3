"""Any few classes of photos, on a plain network of five convolutions, 200x200 pixels."""

from __future__ import annotations

from kerasport.models import Augmentation
from kerasport.recipes.base import Recipe, pictures_of_the_user

__all__ = ["FLOWERS"]

FLOWERS = Recipe(
    name="flowers",
    summary="Photos in a few classes, 200x200 pixels: five convolutions.",
    prepare=pictures_of_the_user("flowers", otherwise="tfds:tf_flowers"),
    architecture="five_block_cnn",
    image_size=(200, 200),
    color_mode="rgb",
    # Without changes the network learns some thousand photos by heart within ten epochs.
    augmentation=Augmentation(flip=True, rotation=0.05, zoom=0.1),
    batch_size=None,
    epochs=30,
    patience=8,
    optimizer="rmsprop",
)
