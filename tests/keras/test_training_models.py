"""Architectures, and loading and running models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import ModelError
from kerasport.models import (
    ARCHITECTURES,
    Augmentation,
    build,
    ends_in_probabilities,
    load_model,
    probabilities,
)

pytestmark = pytest.mark.keras

ALL = Augmentation(flip=True, rotation=0.1, zoom=0.1, shift=0.1)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@pytest.mark.parametrize("shape", [(8, 8, 1), (20, 12, 3), (50, 64, 3)])
def test_every_architecture_takes_every_size(
    architecture: str, shape: tuple[int, int, int]
) -> None:
    """Sizes from 8 pixels on, odd ratios included, give one row of probabilities per picture.

    The network that halves five times begins at 32 pixels.
    """
    if architecture == "five_block_cnn":
        shape = (shape[0] * 4, shape[1] * 4, shape[2])
    model = build(architecture, input_shape=shape, num_classes=5)
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)

    answers = probabilities(model, pixels, batch_size=2)

    assert (answers.shape, answers.dtype) == ((3, 5), np.float32)
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_the_model_scales_its_own_input(architecture: str) -> None:
    """The first layer after the input is Rescaling(1/255); augmentation follows it."""
    model = build(architecture, input_shape=(32, 32, 1), num_classes=3, augmentation=ALL)

    assert [layer.name for layer in model.layers[:6]] == [
        "pixels",
        "rescaling",
        "random_flip",
        "random_rotation",
        "random_zoom",
        "random_translation",
    ]
    assert model.layers[1].scale == 1 / 255


def test_layer_names_are_stable() -> None:
    """Names say what a layer is for and do not count up from model to model."""
    for _ in range(2):
        model = build("pooled_cnn", input_shape=(28, 28, 1), num_classes=3)
        assert [layer.name for layer in model.layers] == [
            "pixels",
            "rescaling",
            "block1_conv",
            "block1_pool",
            "block2_conv",
            "block2_pool",
            "features_conv",
            "features",
            "dropout",
            "logits",
        ]


def test_some_architectures_end_in_logits_and_some_in_probabilities(keras: Any) -> None:
    """Both ends exist, and `probabilities` gives the same kind of answer for both."""
    ends = {
        name: ends_in_probabilities(build(name, input_shape=(32, 32, 1), num_classes=3))
        for name in ARCHITECTURES
    }

    assert ends == {
        "dense": True,
        "five_block_cnn": True,
        "flat_cnn": True,
        "paired_cnn": True,
        "pooled_cnn": False,
        "three_block_cnn": False,
    }
    separate = keras.Sequential([keras.Input((3,)), keras.layers.Softmax()])
    assert ends_in_probabilities(separate)


def test_logits_get_a_softmax() -> None:
    """Probabilities of a model that ends in logits are the softmax of its output."""
    model = build("pooled_cnn", input_shape=(8, 8, 3), num_classes=4, seed=3)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)

    answers = probabilities(model, pixels)

    logits = np.asarray(model(pixels.astype(np.float32)))
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert answers == pytest.approx(exponents / exponents.sum(axis=1, keepdims=True), abs=1e-6)


def test_no_pictures_give_no_rows() -> None:
    """An empty array is answered with an empty one of the right width."""
    model = build("flat_cnn", input_shape=(8, 8, 1), num_classes=4)

    assert probabilities(model, np.zeros((0, 8, 8, 1), np.uint8)).shape == (0, 4)


def test_equal_seeds_give_equal_weights() -> None:
    """Building twice with one seed gives the same bits; another seed gives others."""
    one, two, other = (
        build("pooled_cnn", input_shape=(8, 8, 1), num_classes=3, seed=seed).get_weights()
        for seed in (1, 1, 2)
    )

    assert all(map(np.array_equal, one, two))
    assert not all(map(np.array_equal, one, other))


def test_bad_models_are_refused_when_built() -> None:
    """Unknown names and inputs that shrink to nothing are told before anything is made."""
    with pytest.raises(ModelError, match=r"^Unknown architecture 'vgg'\. Expected one of: dense, "):
        build("vgg", input_shape=(8, 8, 1), num_classes=3)
    message = "The image size 8x7 is too small for 'flat_cnn'. Expected at least 8x8."
    with pytest.raises(ModelError, match="^" + re.escape(message) + "$"):
        build("flat_cnn", input_shape=(8, 7, 1), num_classes=3)


def test_bad_files_are_refused_when_loaded(tmp_path: Path) -> None:
    """A missing and a damaged file are errors of ours, with the path."""
    with pytest.raises(ModelError, match=r"There is no model at .*none\.keras'"):
        load_model(tmp_path / "none.keras")
    damaged = tmp_path / "damaged.keras"
    damaged.write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"damaged\.keras' cannot be loaded as a Keras model"):
        load_model(damaged)
