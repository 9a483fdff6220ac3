"""Networks that are trained from scratch, and the one place that builds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kerasport.errors import ModelError
from kerasport.literals import OutputKind
from kerasport.models.augmentation import Augmentation, augmentation_layers
from kerasport.models.backend import import_keras
from kerasport.models.loading import KerasModel

__all__ = ["ARCHITECTURES", "build"]

_SMALLEST_SIDE = 8
# Five halvings must leave a pixel.
_SMALLEST_SIDES = {"five_block_cnn": 32}


def build(
    architecture: str,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    kind: OutputKind = "probabilities",
    augmentation: Augmentation | None = None,
    seed: int = 0,
) -> KerasModel:
    """Return a new model that takes pixels of 0..255, float32 `[batch, height, width, channels]`.

    Its first layer scales them itself. Equal arguments give equal weights.

    Args:
        architecture: a name in `ARCHITECTURES`.
        input_shape: height, width, channels.
        num_classes: length of the output, at least 2.
        kind: `labels` ends in a sigmoid for each, whatever the architecture ends in.
        augmentation: active while training only.
        seed: of the weights, the dropout and the augmentation. Sets the global seeds too.

    Raises:
        ModelError: the name is unknown or the input is too small.
    """
    if architecture not in ARCHITECTURES:
        raise ModelError(
            f"Unknown architecture {architecture!r}. "
            f"Expected one of: {', '.join(sorted(ARCHITECTURES))}."
        )
    least = _SMALLEST_SIDES.get(architecture, _SMALLEST_SIDE)
    if min(input_shape[:2]) < least:
        raise ModelError(
            f"The image size {input_shape[0]}x{input_shape[1]} is too small for {architecture!r}. "
            f"Expected at least {least}x{least}."
        )
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(input_shape, name="pixels")
    layer = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for augment in augmentation_layers(augmentation or Augmentation(), seed):
        layer = augment(layer)
    chosen = ARCHITECTURES[architecture]
    activation = "sigmoid" if kind == "labels" else chosen.activation
    outputs = _output(keras, chosen.body(keras, layer, seed), num_classes, activation)
    return keras.Model(inputs, outputs, name=architecture)


def _flat_cnn(keras: Any, layer: Any, seed: int) -> Any:
    """Two pairs of convolutions, then dense layers; for small pictures. Ends in softmax."""
    for block, filters in enumerate((32, 64), start=1):
        layer = _convolution(keras, layer, filters, f"block{block}_conv1")
        layer = _convolution(keras, layer, filters, f"block{block}_conv2")
        layer = keras.layers.MaxPooling2D(name=f"block{block}_pool")(layer)
    layer = keras.layers.Flatten(name="flatten")(layer)
    layer = keras.layers.Dense(128, activation="relu", name="features")(layer)
    layer = keras.layers.Dropout(0.4, seed=seed + 10, name="dropout")(layer)
    return layer


def _pooled_cnn(keras: Any, layer: Any, seed: int) -> Any:
    """One to four halving blocks by the size of the input, then global pooling. Ends in logits."""
    side = min(layer.shape[1:3])
    blocks = max(1, min(4, (side // 4).bit_length() - 1))
    for block in range(blocks):
        filters = max(16, 128 >> (blocks - block))
        layer = _convolution(keras, layer, filters, f"block{block + 1}_conv")
        layer = keras.layers.MaxPooling2D(name=f"block{block + 1}_pool")(layer)
    layer = _convolution(keras, layer, 128, "features_conv")
    layer = keras.layers.GlobalAveragePooling2D(name="features")(layer)
    layer = keras.layers.Dropout(0.2, seed=seed + 10, name="dropout")(layer)
    return layer


def _dense(keras: Any, layer: Any, seed: int) -> Any:
    """Two hidden layers of 50 units on the flat picture. Ends in softmax."""
    layer = keras.layers.Flatten(name="flatten")(layer)
    layer = keras.layers.Dense(50, activation="relu", name="hidden1")(layer)
    layer = keras.layers.Dense(50, activation="relu", name="hidden2")(layer)
    return layer


def _three_block_cnn(keras: Any, layer: Any, seed: int) -> Any:
    """Three halving convolutions of 16, 32 and 64 filters, then Dense 128. Ends in logits."""
    layer = _halving_blocks(keras, layer, (16, 32, 64))
    layer = keras.layers.Flatten(name="flatten")(layer)
    layer = keras.layers.Dense(128, activation="relu", name="features")(layer)
    return layer


def _five_block_cnn(keras: Any, layer: Any, seed: int) -> Any:
    """Five halving convolutions of 16 to 64 filters, then Dense 128. Ends in softmax."""
    layer = _halving_blocks(keras, layer, (16, 32, 64, 64, 64))
    layer = keras.layers.Flatten(name="flatten")(layer)
    layer = keras.layers.Dense(128, activation="relu", name="features")(layer)
    return layer


def _paired_cnn(keras: Any, layer: Any, seed: int) -> Any:
    """Three pairs of convolutions (32, 64, 128), then Dense 1024, with dropout. Softmax."""
    for block, filters in enumerate((32, 64, 128), start=1):
        layer = _convolution(keras, layer, filters, f"block{block}_conv1")
        layer = _convolution(keras, layer, filters, f"block{block}_conv2")
        layer = keras.layers.MaxPooling2D(name=f"block{block}_pool")(layer)
        layer = keras.layers.Dropout(0.25, seed=seed + 10 + block, name=f"block{block}_dropout")(
            layer
        )
    layer = keras.layers.Flatten(name="flatten")(layer)
    layer = keras.layers.Dense(1024, activation="relu", name="features")(layer)
    layer = keras.layers.Dropout(0.5, seed=seed + 10, name="dropout")(layer)
    return layer


def _halving_blocks(keras: Any, layer: Any, filters: tuple[int, ...]) -> Any:
    for block, count in enumerate(filters, start=1):
        layer = _convolution(keras, layer, count, f"block{block}_conv")
        layer = keras.layers.MaxPooling2D(name=f"block{block}_pool")(layer)
    return layer


def _convolution(keras: Any, layer: Any, filters: int, name: str) -> Any:
    # Without batch normalisation a stack of relu layers needs He's initial scale to get going.
    return keras.layers.Conv2D(
        filters,
        3,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(layer)


def _output(keras: Any, layer: Any, num_classes: int, activation: str | None) -> Any:
    # float32 also in mixed precision: a softmax of float16 logits loses digits.
    return keras.layers.Dense(
        num_classes,
        activation=activation,
        dtype="float32",
        name="logits" if activation is None else "probabilities",
    )(layer)


class Architecture(NamedTuple):
    """A network: its layers up to the output, and the activation of that.

    `body` is a function of (keras, layer, seed).
    """

    body: Callable[[Any, Any, int], Any]
    activation: str | None


ARCHITECTURES: dict[str, Architecture] = {
    "dense": Architecture(_dense, "softmax"),
    "five_block_cnn": Architecture(_five_block_cnn, "softmax"),
    "flat_cnn": Architecture(_flat_cnn, "softmax"),
    "paired_cnn": Architecture(_paired_cnn, "softmax"),
    "pooled_cnn": Architecture(_pooled_cnn, None),
    "three_block_cnn": Architecture(_three_block_cnn, None),
}
"""The networks by their names."""
