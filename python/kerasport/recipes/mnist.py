"""MNIST: handwritten digits, 28x28 pixels, on a network without convolutions."""

from __future__ import annotations

from kerasport.recipes.base import Recipe, pictures_of_the_user

__all__ = ["MNIST"]

MNIST = Recipe(
    name="mnist",
    summary="MNIST digits, 28x28 pixels: two hidden layers of 50.",
    prepare=pictures_of_the_user("mnist", otherwise="keras:mnist"),
    architecture="dense",
    image_size=(28, 28),
    color_mode="grayscale",
    validation_share=0.1,
    batch_size=100,
    epochs=30,
    patience=3,
    schedule="constant",
)
