"""Architectures, and the one place that knows how to load and run a Keras model.

TensorFlow and Keras are imported inside functions only.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError, missing_extra

if TYPE_CHECKING:
    from kerasport.dataset import Pixels

__all__ = [
    "ARCHITECTURES",
    "Augmentation",
    "build",
    "ends_in_probabilities",
    "import_keras",
    "load_model",
    "probabilities",
]

KerasModel: TypeAlias = Any

_SMALLEST_SIDE = 8


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


def import_keras() -> Any:
    """Return the `keras` module, with TensorFlow's start-up chatter switched off.

    Raises:
        KerasportError: Keras or TensorFlow is not installed.
    """
    # 3 hides errors of the native log too: a machine without a GPU is one to TensorFlow. What
    # matters to the caller arrives as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _native_stderr_held_back():
            import keras
    except ModuleNotFoundError as error:
        if error.name not in ("keras", "tensorflow"):
            raise
        raise missing_extra("train", "Training or running a Keras model") from None
    return keras


@contextlib.contextmanager
def _native_stderr_held_back() -> Iterator[None]:
    """Keep what native code writes to stderr; show it only if the block fails.

    TensorFlow's wheels report CUDA factories that are registered twice as errors, on every
    machine, while they are loaded: before TF_CPP_MIN_LOG_LEVEL is looked at.
    """
    if "keras" in sys.modules:
        yield
        return
    try:
        original = os.dup(2)
    except OSError:
        # No stderr at all, as under pythonw.
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(original, held.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)


def build(
    architecture: str,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    augmentation: Augmentation | None = None,
    seed: int = 0,
) -> KerasModel:
    """Return a new model that takes pixels of 0..255, float32 `[batch, height, width, channels]`.

    Its first layer scales them itself. Equal arguments give equal weights.

    Args:
        architecture: a name in `ARCHITECTURES`.
        input_shape: height, width, channels.
        num_classes: length of the output, at least 2.
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
    if min(input_shape[:2]) < _SMALLEST_SIDE:
        raise ModelError(
            f"The image size {input_shape[0]}x{input_shape[1]} is too small for {architecture!r}. "
            f"Expected at least {_SMALLEST_SIDE}x{_SMALLEST_SIDE}."
        )
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(input_shape, name="pixels")
    layer = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for augment in _augmentation_layers(keras, augmentation or Augmentation(), seed):
        layer = augment(layer)
    outputs = ARCHITECTURES[architecture](keras, layer, num_classes, seed)
    return keras.Model(inputs, outputs, name=architecture)


def load_model(path: Path) -> KerasModel:
    """Return the Keras model in a `.keras` file, ready to run; it is not compiled.

    Raises:
        ModelError: the file is missing, damaged, or needs code that is not there.
    """
    if not path.is_file():
        raise ModelError(f"There is no model at '{path}'. Expected a .keras file.")
    keras = import_keras()
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:
        # Keras raises whatever its layers, zipfile, json or h5py raise.
        raise ModelError(
            f"'{path}' cannot be loaded as a Keras model: {error}. "
            "Expected a .keras file that was saved by Keras 3."
        ) from error


def ends_in_probabilities(model: KerasModel) -> bool:
    """Tell whether the last layer gives probabilities, so that the output needs no softmax."""
    last = model
    while hasattr(last, "outputs"):
        # The layer that made the output; the last one of the list may be another.
        last = last.outputs[0]._keras_history.operation
    activation = getattr(last, "activation", None)
    name = getattr(activation, "__name__", type(last).__name__)
    return str(name).lower() in ("softmax", "sigmoid")


def probabilities(
    model: KerasModel, pixels: Pixels, *, batch_size: int = 32
) -> NDArray[np.float32]:
    """Return the model's probabilities, float32 `[n, classes]`, with a softmax added to logits.

    A single output is the probability, or the logit, of the second of two classes.

    Args:
        model: takes float32 pixels of 0..255.
        pixels: uint8 `[n, height, width, channels]`, n may be 0.
        batch_size: pictures per step; the last batch may be smaller.
    """
    keras = import_keras()
    is_probability = ends_in_probabilities(model)
    parts = [np.empty((0, max(2, int(model.output_shape[-1]))), np.float32)]
    for start in range(0, len(pixels), batch_size):
        batch = pixels[start : start + batch_size].astype(np.float32)
        answer = model(batch, training=False)
        if answer.shape[-1] == 1:
            second = answer if is_probability else keras.ops.sigmoid(answer)
            answer = keras.ops.concatenate([1 - second, second], axis=-1)
        elif not is_probability:
            answer = keras.ops.softmax(answer)
        parts.append(keras.ops.convert_to_numpy(answer).astype(np.float32))
    return np.concatenate(parts)


def _augmentation_layers(keras: Any, augmentation: Augmentation, seed: int) -> list[Any]:
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
    return layers


def _flat_cnn(keras: Any, layer: Any, num_classes: int, seed: int) -> Any:
    """Two pairs of convolutions, then dense layers; for small pictures. Ends in softmax."""
    for block, filters in enumerate((32, 64), start=1):
        layer = _convolution(keras, layer, filters, f"block{block}_conv1")
        layer = _convolution(keras, layer, filters, f"block{block}_conv2")
        layer = keras.layers.MaxPooling2D(name=f"block{block}_pool")(layer)
    layer = keras.layers.Flatten(name="flatten")(layer)
    layer = keras.layers.Dense(128, activation="relu", name="features")(layer)
    layer = keras.layers.Dropout(0.4, seed=seed + 10, name="dropout")(layer)
    return keras.layers.Dense(num_classes, activation="softmax", name="probabilities")(layer)


def _pooled_cnn(keras: Any, layer: Any, num_classes: int, seed: int) -> Any:
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
    return keras.layers.Dense(num_classes, name="logits")(layer)


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


ARCHITECTURES: dict[str, Callable[[Any, Any, int, int], Any]] = {
    "flat_cnn": _flat_cnn,
    "pooled_cnn": _pooled_cnn,
}
"""Name -> function of (keras, layer, number of classes, seed) that returns the output."""
