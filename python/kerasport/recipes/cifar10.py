"""CIFAR-10: ten kinds of things in 60,000 colour pictures of 32x32 pixels."""

from __future__ import annotations

from kerasport.models import Augmentation
from kerasport.recipes.base import Recipe, pictures_of_the_user

__all__ = ["CIFAR10"]

CIFAR10 = Recipe(
    name="cifar10",
    summary="CIFAR-10, 32x32 pixels: three pairs of convolutions with dropout.",
    prepare=pictures_of_the_user("cifar10", otherwise="keras:cifar10"),
    architecture="paired_cnn",
    image_size=(32, 32),
    color_mode="rgb",
    # Mirrored things are still the same thing; without it the network learns them by heart.
    augmentation=Augmentation(flip=True),
    # Pictures are what this network lacks most; 2,500 are enough to choose an epoch by.
    validation_share=0.05,
    batch_size=64,
    epochs=30,
    patience=30,
    tensorboard=True,
)
