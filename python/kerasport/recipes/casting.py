"""Quality inspection of castings: defective or sound, grayscale, 300x300 pixels.

For the set "casting product image data for quality inspection" (R. Dabhi, Kaggle), with the
network and the figures of its best-known tutorials. The set has train/ and test/ folders.
"""

from __future__ import annotations

from kerasport.recipes.base import Recipe, pictures_of_the_user

__all__ = ["CASTING"]

CASTING = Recipe(
    name="casting",
    summary="Quality inspection of castings, 300x300 pixels, grayscale.",
    prepare=pictures_of_the_user("casting"),
    architecture="three_block_cnn",
    image_size=(300, 300),
    color_mode="grayscale",
    validation_share=0.2,
    epochs=20,
    patience=3,
    schedule="constant",
)
