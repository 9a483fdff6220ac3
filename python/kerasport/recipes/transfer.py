"""A backbone trained on ImageNet with a new head: good results from few pictures."""

from __future__ import annotations

from kerasport.models import Augmentation, Transfer
from kerasport.recipes.base import BACKBONE, Recipe, pictures_of_the_user

__all__ = ["TRANSFER"]

TRANSFER = Recipe(
    name="transfer",
    summary="Your own photos on a backbone of keras.applications that knows ImageNet.",
    prepare=pictures_of_the_user("transfer"),
    architecture=BACKBONE,
    transfer=Transfer(backbone="MobileNetV2"),
    image_size=(224, 224),
    color_mode="rgb",
    augmentation=Augmentation(flip=True, rotation=0.04, zoom=0.15),
    batch_size=None,
    epochs=20,
    patience=5,
    tensorboard=True,
)
