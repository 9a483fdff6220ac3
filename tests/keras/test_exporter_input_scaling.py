"""The scaling of a model's input, found by following the data through the layers before it.

Every expected value is what the Keras model itself returns for pixels of 0 to 255.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

SHAPE = (16, 12, 3)
PIXELS = np.random.default_rng(7).integers(0, 256, (3, *SHAPE)).astype(np.uint8)
NAMES = ["a", "b", "c"]
TOLERANCE = 5e-6

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
BY_CHANNEL = (
    [1 / 255 / d for d in DEVIATION],
    [-m / d for m, d in zip(MEAN, DEVIATION, strict=True)],
)

Front = Callable[[Any, Any], Any]
"""Takes the keras module and the input; returns what the first convolution gets."""


def preprocess(name: str) -> Front:
    return lambda k, x: getattr(k.applications, name).preprocess_input(x)


def by_slices(k: Any, x: Any) -> Any:
    """Each channel scaled on its own."""
    parts = [x[..., c : c + 1] * (0.01 * (c + 1)) + float(c) for c in range(3)]
    return k.layers.Concatenate()(parts)


def augmented(k: Any, x: Any) -> Any:
    layers = [k.layers.RandomFlip(), k.layers.RandomRotation(0.1), k.layers.RandomZoom(0.1)]
    for layer in layers:
        x = layer(x)
    return k.layers.Rescaling(1 / 255)(x)


def adapted(k: Any, x: Any) -> Any:
    variance = [60.0**2, 50.0**2, 40.0**2]
    return k.layers.Normalization(mean=[120.0, 110.0, 100.0], variance=variance)(x)


SCALING: dict[str, tuple[Front, Any, Any]] = {
    "directly": (lambda k, x: k.layers.Rescaling(1 / 255)(x), 1 / 255, 0),
    "resized": (
        lambda k, x: k.layers.Rescaling(1 / 255)(k.layers.Resizing(9, 10)(x)),
        1 / 255,
        0,
    ),
    "resized-bicubic": (
        lambda k, x: k.layers.Rescaling(1 / 127.5, -1)(
            k.layers.Resizing(20, 14, interpolation="bicubic")(x)
        ),
        1 / 127.5,
        -1,
    ),
    "center-crop": (
        lambda k, x: k.layers.Rescaling(1 / 255)(k.layers.CenterCrop(8, 8)(x)),
        1 / 255,
        0,
    ),
    "padded": (
        lambda k, x: k.layers.Rescaling(1 / 127.5, -1)(k.layers.ZeroPadding2D(2)(x)),
        1 / 127.5,
        -1,
    ),
    "cropped-and-pooled": (
        lambda k, x: k.layers.Rescaling(1 / 255)(
            k.layers.AveragePooling2D(2)(k.layers.Cropping2D(1)(x))
        ),
        1 / 255,
        0,
    ),
    "flipped": (lambda k, x: k.ops.flip(x, axis=2) / 255.0, 1 / 255, 0),
    "augmented": (augmented, 1 / 255, 0),
    "permuted": (
        lambda k, x: k.layers.Rescaling(1 / 255)(k.layers.Permute((2, 1, 3))(x)),
        1 / 255,
        0,
    ),
    "reshaped": (
        lambda k, x: k.layers.Rescaling(1 / 255)(k.layers.Reshape((8, 24, 3))(x)),
        1 / 255,
        0,
    ),
    "clipped": (
        lambda k, x: k.layers.Rescaling(1 / 255)(k.ops.clip(x, 0, 255)),
        1 / 255,
        0,
    ),
    "two-steps": (
        lambda k, x: k.layers.Rescaling(2.0, -1)(k.layers.Rescaling(1 / 255)(x)),
        2 / 255,
        -1,
    ),
    "three-steps": (
        lambda k, x: k.layers.Normalization(mean=MEAN, variance=np.square(DEVIATION))(
            k.layers.Resizing(9, 10)(k.layers.Rescaling(1 / 255)(x))
        ),
        *BY_CHANNEL,
    ),
    "normalization": (
        adapted,
        [1 / 60, 1 / 50, 1 / 40],
        [-120 / 60, -110 / 50, -100 / 40],
    ),
    "repeated": (
        lambda k, x: k.layers.Concatenate()([k.layers.Rescaling(1 / 255)(x)] * 2),
        1 / 255,
        0,
    ),
    "two-branches": (
        lambda k, x: k.layers.Concatenate()(
            [k.layers.Rescaling(1 / 255)(x), k.layers.Rescaling(1 / 255)(k.ops.flip(x, 1))]
        ),
        1 / 255,
        0,
    ),
    "by-slices": (by_slices, [0.01, 0.02, 0.03], [0, 1, 2]),
    "gray": (lambda k, x: k.ops.image.rgb_to_grayscale(x) / 255.0, None, 0),
    "resnet50": (preprocess("resnet50"), 1, [-123.68, -116.779, -103.939]),
    "vgg16": (preprocess("vgg16"), 1, [-123.68, -116.779, -103.939]),
    "mobilenet_v2": (preprocess("mobilenet_v2"), 1 / 127.5, -1),
    "densenet": (preprocess("densenet"), *BY_CHANNEL),
    "caffe-resized": (
        lambda k, x: k.applications.resnet50.preprocess_input(k.layers.Resizing(9, 10)(x)),
        1,
        [-123.68, -116.779, -103.939],
    ),
}


def build(k: Any, front: Front) -> Any:
    k.utils.set_random_seed(2)
    inputs = k.Input(SHAPE)
    x = k.layers.Conv2D(6, 3, activation="relu")(front(k, inputs))
    x = k.layers.GlobalAveragePooling2D()(x)
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(x))


def check(bundle: Any, expected: Any) -> None:
    got = Runtime(bundle).predict(PIXELS)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", SCALING)
def test_a_scaling_is_found_behind_other_layers(name: str, keras: Any, tmp_path: Path) -> None:
    """The model leaves as it is, and the metadata say what it makes of each input channel."""
    front, scale, offset = SCALING[name]
    model = build(keras, front)

    bundle = export(model, tmp_path / "out", class_names=NAMES)

    check(bundle, model(PIXELS.astype(np.float32), training=False))
    found = bundle.metadata.rescaling
    if scale is not None:
        np.testing.assert_allclose(found.scale, scale, rtol=1e-5)
    np.testing.assert_allclose(found.offset, offset, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["resized", "augmented", "resnet50", "two-steps", "padded"])
def test_a_second_scaling_is_never_added(name: str, keras: Any, tmp_path: Path) -> None:
    """--rescaling on top is refused with the option that is right, and that option works."""
    model = build(keras, SCALING[name][0])

    with pytest.raises(ExportError, match=r"already scales its input: .*or say --rescaling 1\."):
        export(model, tmp_path / "out", class_names=NAMES, rescaling="1/255")
    bundle = export(model, tmp_path / "out", class_names=NAMES, rescaling="1")

    check(bundle, model(PIXELS.astype(np.float32), training=False))


def test_a_normalization_of_values_up_to_1_is_asked_about(keras: Any, tmp_path: Path) -> None:
    """Mean and deviation of 0 to 1 inside a model say that something scales before it."""

    def front(k: Any, x: Any) -> Any:
        return k.layers.Normalization(mean=MEAN, variance=np.square(DEVIATION))(x)

    model = build(keras, front)

    with pytest.raises(ExportError, match=r"made for 0 to 1.*--rescaling 1/255 for 0 to 1 in"):
        export(model, tmp_path / "out", class_names=NAMES)
    scaled = export(model, tmp_path / "scaled", class_names=NAMES, rescaling="1/255")
    as_it_is = export(model, tmp_path / "as-it-is", class_names=NAMES, rescaling="1")

    check(scaled, model(PIXELS.astype(np.float32) / 255))
    check(as_it_is, model(PIXELS.astype(np.float32), training=False))
    np.testing.assert_allclose(scaled.metadata.rescaling.scale, BY_CHANNEL[0], rtol=1e-5)
    np.testing.assert_allclose(scaled.metadata.rescaling.offset, BY_CHANNEL[1], rtol=1e-5)


@pytest.mark.parametrize("front", [lambda k, x: x, lambda k, x: k.layers.Resizing(9, 10)(x)])
def test_a_missing_scaling_is_asked_for_and_put_in(
    front: Front, keras: Any, tmp_path: Path
) -> None:
    """Without any scaling the options are named; what is given stands before the first layer."""
    model = build(keras, front)

    with pytest.raises(ExportError, match=r"has no Rescaling layer.*--rescaling 1 says"):
        export(model, tmp_path / "out", class_names=NAMES)
    bundle = export(model, tmp_path / "out", class_names=NAMES, rescaling=1 / 255)

    check(bundle, model(PIXELS.astype(np.float32) / np.float32(255)))
    assert bundle.metadata.rescaling.scale == 1 / 255


def test_a_trained_normalization_is_no_scaling(keras: Any, tmp_path: Path) -> None:
    """A batch normalisation at the input was trained on scaled or unscaled pixels: it is asked."""
    model = build(keras, lambda k, x: k.layers.BatchNormalization()(x))

    with pytest.raises(ExportError, match="has no Rescaling layer"):
        export(model, tmp_path / "out", class_names=NAMES)


def test_a_layer_that_scales_by_1_says_so(keras: Any, tmp_path: Path) -> None:
    """Rescaling(1) is how a model says that it takes 0 to 255."""
    model = build(keras, lambda k, x: k.layers.Rescaling(1.0)(x))

    bundle = export(model, tmp_path / "out", class_names=NAMES)

    check(bundle, model(PIXELS.astype(np.float32), training=False))
    assert bundle.metadata.rescaling.scale == 1
