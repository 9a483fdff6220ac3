"""What the weights of a Keras layer are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

__all__ = ["variable_names"]


def variable_names(layer: keras.Layer) -> list[str]:
    """Return a name for each weight of a layer: `kernel`, or `query/kernel` in a layer of layers.

    Layers inside a layer give their weights equal names; only their paths differ.
    """
    names = [str(weight.name) for weight in layer.weights]
    if len(set(names)) < len(names):
        return ["/".join(weight.path.split("/")[-2:]) for weight in layer.weights]
    return names
