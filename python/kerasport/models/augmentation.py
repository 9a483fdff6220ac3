"""Random changes of the training pictures: layers of the model that no export keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kerasport.models.backend import chosen_backend, import_keras

__all__ = ["Augmentation", "augmentation_layers", "changing_layer"]


@dataclass(frozen=True)
class Augmentation:
    """Random changes of the training pictures; none of them is left in an exported model.

    `rotation` is the largest angle as a fraction of a full turn, `zoom` and `shift` are the
    largest change as a fraction of the picture; 0 switches each off. `flip` mirrors left and
    right.
    """

    flip: bool = False
    rotation: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0

    @property
    def is_on(self) -> bool:
        """Whether anything is changed at all."""
        return self != Augmentation()


def augmentation_layers(augmentation: Augmentation, seed: int) -> list[Any]:
    """Return the layers, in the order in which they are applied; none where all is off."""
    keras = import_keras()
    layers = []
    if augmentation.flip:
        layers.append(keras.layers.RandomFlip("horizontal", seed=seed, name="random_flip"))
    if augmentation.rotation:
        layers.append(
            keras.layers.RandomRotation(
                augmentation.rotation, fill_mode="nearest", seed=seed + 1, name="random_rotation"
            )
        )
    if augmentation.zoom:
        layers.append(
            keras.layers.RandomZoom(
                augmentation.zoom, fill_mode="nearest", seed=seed + 2, name="random_zoom"
            )
        )
    if augmentation.shift:
        layers.append(
            keras.layers.RandomTranslation(
                augmentation.shift,
                augmentation.shift,
                fill_mode="nearest",
                seed=seed + 3,
                name="random_translation",
            )
        )
    for layer in layers:
        # Keras says that some cannot be compiled, which is so for TensorFlow's operations only.
        layer.supports_jit = layer.supports_jit or chosen_backend() == "jax"
    return layers


def changing_layer(augmentation: Augmentation, seed: int) -> Any:
    """Return one layer that makes all of these changes in predictions too.

    A model tells its layers whether it is trained, whatever they were called with while it was
    built; a layer that calls others has the word.
    """
    keras = import_keras()

    class Changing(keras.layers.Layer):  # type: ignore[misc, name-defined]  # Keras has no types
        def __init__(self, layers: list[Any]) -> None:
            super().__init__()
            self.changes = layers
            self.supports_jit = all(layer.supports_jit for layer in layers)

        def call(self, pictures: Any) -> Any:
            for layer in self.changes:
                pictures = layer(pictures, training=True)
            return pictures

    return Changing(augmentation_layers(augmentation, seed))
