"""Any few classes of photos, on a plain network of five convolutions, 200x200 pixels."""

from __future__ import annotations

from kerasport.recipes.base import Recipe, pictures_of_the_user

__all__ = ["FLOWERS"]

FLOWERS = Recipe(
    name="flowers",
    summary="Photos in a few classes, 200x200 pixels: five convolutions.",
    prepare=pictures_of_the_user("flowers", otherwise="tfds:tf_flowers"),
    architecture="five_block_cnn",
    image_size=(200, 200),
    color_mode="rgb",
    batch_size=None,
    epochs=15,
    patience=5,
    schedule="constant",
    optimizer="rmsprop",
)
