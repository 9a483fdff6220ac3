"""Backbones: their input, what is frozen when, features computed once, and fine-tuning."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.listening import Listening
from support.pictures import write_class_folders

from kerasport import models
from kerasport.dataset import decode_dataset, read_data
from kerasport.errors import ModelError
from kerasport.exporter import export
from kerasport.models import Transfer, backbones, build_transfer
from kerasport.recipes import get_recipe
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, resume, train

pytestmark = pytest.mark.keras

# The backbone with the fewest layers: tracing it is what takes the time.
RANDOM = Transfer(backbone="MobileNet", weights="none", width=0.25)
TINY = TrainingOptions(
    backbone="MobileNet",
    width=0.25,
    image_size=(32, 32),
    epochs=2,
    learning_rate=1e-2,
    tensorboard=False,
    batch_size=16,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that differ in brightness."""
    return write_class_folders(tmp_path_factory.mktemp("data"), {"dark": 24, "light": 24})


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory, keras: Any) -> str:
    """A file of random weights whose signal does not die out on its way through the layers."""
    backbone = keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None
    )
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(np.full(layer.moving_variance.shape, 0.05, np.float32))
    file = tmp_path_factory.mktemp("weights") / "lively.weights.h5"
    backbone.save_weights(file)
    return str(file)


@pytest.fixture(scope="module")
def model() -> Any:
    """A frozen random backbone with a head for three classes; tests must not change it."""
    return build_transfer(RANDOM, input_shape=(32, 32, 3), num_classes=3)


def weights(run: Run) -> list[np.ndarray]:
    """Return the arrays of the saved model."""
    return [np.asarray(array) for array in models.load_model(run.model_path).get_weights()]


@pytest.mark.parametrize("module", sorted(backbones._SCALINGS))
def test_the_scaling_is_that_of_the_backbone_family(module: str, keras: Any) -> None:
    """Rescaling gives what the family's own preprocess_input gives, in RGB where that is BGR."""
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype(np.float32)
    # Not every family is a public module under its own name in every version of Keras.
    family = importlib.import_module(f"keras.src.applications.{module}")
    expected = np.asarray(family.preprocess_input(pixels.copy()))
    scaling = backbones._SCALINGS[module]

    scaled = pixels if scaling is None else np.asarray(keras.layers.Rescaling(**scaling)(pixels))

    if scaling is backbones._CENTERD:
        scaled = scaled[..., ::-1]
    # float32 in another order of operations, on values up to 255.
    assert scaled == pytest.approx(expected, abs=1e-4)


def test_every_backbone_of_keras_is_known(keras: Any) -> None:
    """A family without a scaling here would be a backbone that cannot be named."""
    names = {name for name, value in vars(keras.applications).items() if name[0].isupper()}

    assert names
    for name in names:
        assert backbones._find(name)[0] is getattr(keras.applications, name)


def test_a_convolution_for_bgr_is_turned_to_rgb(keras: Any) -> None:
    """The turned kernel gives for RGB what the original gave for BGR."""
    network = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(4, 3)])
    pixels = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
    expected = np.asarray(network(pixels[..., ::-1]))

    backbones._turn_first_convolution(network)

    # The same products, summed in another order.
    assert np.asarray(network(pixels)) == pytest.approx(expected, abs=1e-5)


def test_weights_come_from_a_file(tmp_path: Path, keras: Any) -> None:
    """The backbone of the model has the weights of the named file."""
    file = tmp_path / "backbone.weights.h5"
    source = keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None
    )
    source.save_weights(file)

    model = build_transfer(
        replace(RANDOM, weights=str(file)), input_shape=(32, 32, 3), num_classes=3
    )

    found = models.backbone_of(model).get_weights()
    assert all(map(np.array_equal, found, source.get_weights()))


def test_backbones_that_cannot_be_had_say_why(
    tmp_path: Path, keras: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names, files, sizes, channels and widths that do not go together are told apart."""

    def build(shape: tuple[int, int, int] = (32, 32, 3), **choices: Any) -> None:
        build_transfer(replace(RANDOM, **choices), input_shape=shape, num_classes=2)

    with pytest.raises(
        ModelError, match=r"^Unknown backbone 'MobileNetV9'\. Expected one of: Conv"
    ):
        build(backbone="MobileNetV9")
    with pytest.raises(ModelError, match=r"'ResNet50' has no width to choose"):
        build(backbone="ResNet50")
    with pytest.raises(ModelError, match=re.escape(f"no weights file at '{tmp_path / 'none.h5'}'")):
        build(weights=str(tmp_path / "none.h5"))
    with pytest.raises(ModelError, match=r"takes colour pictures, but the input has 1 channel\."):
        build((32, 32, 1))
    with pytest.raises(ModelError, match=r"cannot be built for pictures of 16x16"):
        build((16, 16, 3))

    # As Keras reports it when there is no network.
    def fetch(*arguments: object, **options: object) -> None:
        raise Exception("URL fetch failure on https://example.org: None -- no address")

    monkeypatch.setattr("keras.src.applications.mobilenet.file_utils.get_file", fetch)
    with pytest.raises(ModelError, match=r"cannot be downloaded: .* name it with --weights PATH"):
        build(weights="imagenet")


def test_only_the_last_layers_are_thawed_and_never_batch_normalization(model: Any) -> None:
    """`unfrozen_layers` counts from the end; statistics and scales of ImageNet stay."""
    backbone = models.backbone_of(model)
    assert backbone.trainable_weights == []

    models.unfreeze(model, 6)
    thawed = [layer.name for layer in backbone.layers if layer.trainable_weights]
    models.unfreeze(model, 0)

    # The last six are two convolutions, each with normalization and activation.
    assert thawed == ["conv_dw_13", "conv_pw_13"]
    assert backbone.trainable_weights == []


def test_features_and_head_are_the_model_cut_in_two(model: Any) -> None:
    """Head of features gives the logits that the whole model gives."""
    pixels = np.random.default_rng(0).uniform(0, 255, (5, 32, 32, 3)).astype(np.float32)
    extractor = models.feature_extractor(model, augmentation=models.Augmentation(), seed=0)

    parts = models.head_of(model).predict_on_batch(extractor.predict_on_batch(pixels))

    # One graph or two: float32 sums may be ordered differently.
    assert parts == pytest.approx(np.asarray(model(pixels, training=False)), abs=1e-5)


def test_a_frozen_backbone_stays_as_it_was_and_the_head_learns(
    data: Path, lively: str, tmp_path: Path
) -> None:
    """Features are computed once; no weight of the backbone moves; the model can be exported."""
    progress = Listening()

    options = replace(TINY, weights=lively)

    run = train(
        get_recipe("transfer"), out=tmp_path / "run", data=data, options=options, progress=progress
    )

    told = "The backbone is frozen, so its features are computed once: of the pictures themselves"
    assert any(line.startswith(told) for line in progress.said)
    whole = replace(RANDOM, weights=lively)
    fresh = build_transfer(whole, input_shape=(32, 32, 3), num_classes=2, seed=1)
    trained = models.load_model(run.model_path)
    kept = models.backbone_of(trained).get_weights()
    assert all(map(np.array_equal, kept, models.backbone_of(fresh).get_weights()))
    assert not np.array_equal(trained.get_weights()[-2], fresh.get_weights()[-2])
    history = json.loads(run.history_path.read_text())
    assert history["phases"] == [{"name": "Training the head", "epochs": 2}]
    # What was recorded on features holds for the whole model on pictures.
    reading = options.read_options(options.apply(get_recipe("transfer")))
    decoded = decode_dataset(read_data(data, options=reading), run.image_spec)
    pixels, truth = decoded.split("validation")
    accuracy = (models.probabilities(trained, pixels).argmax(axis=1) == truth).mean()
    assert accuracy == history["validationAccuracy"][history["bestEpoch"] - 1]
    assert run.description.training is not None
    assert run.description.training.architecture == "MobileNet"
    bundle = export(run, tmp_path / "bundle")
    assert bundle.metadata.rescaling.scale == pytest.approx(1 / 127.5)


def test_a_changed_view_has_other_features_each_time(lively: str) -> None:
    """Pictures that an extractor changes at random have other features than as they are."""
    transfer = replace(RANDOM, weights=lively)
    model = build_transfer(transfer, input_shape=(32, 32, 3), num_classes=2, seed=1)
    changes = models.Augmentation(flip=True, rotation=0.2)
    plain = models.feature_extractor(model, augmentation=models.Augmentation(), seed=0)
    changed = models.feature_extractor(model, augmentation=changes, seed=7)
    pixels = np.random.default_rng(2).uniform(0, 255, (4, 32, 32, 3)).astype(np.float32)

    views = [changed.predict_on_batch(pixels) for _ in range(2)]

    assert np.array_equal(*(plain.predict_on_batch(pixels) for _ in range(2)))
    assert not np.allclose(views[0], plain.predict_on_batch(pixels))
    assert not np.allclose(*views)


def test_fine_tuning_moves_the_last_layers_and_can_be_resumed(
    data: Path, lively: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second phase trains what is thawed, and ends the same after an interruption in it."""
    from kerasport.training.fitting import phases

    options = replace(
        TINY,
        weights=lively,
        augmented_views=1,
        fine_tune_epochs=2,
        fine_tune_layers=6,
        fine_tune_rate=1e-3,
    )
    whole = train(get_recipe("transfer"), out=tmp_path / "whole", data=data, options=options)
    original, kept = phases.save_checkpoint, []

    def save(checkpoint: Any, folder: Path) -> None:
        original(checkpoint, folder)
        kept.append(checkpoint)
        if (checkpoint.phase, checkpoint.epoch) == (1, 1):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(phases, "save_checkpoint", save)
        with pytest.raises(KeyboardInterrupt):
            train(get_recipe("transfer"), out=tmp_path / "run", data=data, options=options)
    resumed = resume(tmp_path / "run")

    assert [(item.phase, item.epoch) for item in kept] == [(0, 1), (0, 2), (1, 1)]
    assert all(map(np.array_equal, weights(resumed), weights(whole)))
    history = json.loads(whole.history_path.read_text())
    assert history["phases"] == [
        {"name": "Training the head", "epochs": 2},
        {"name": "Fine-tuning", "epochs": 2},
    ]
    assert history["learningRate"][2] <= 1e-3
    assert history["bestEpoch"] == 1 + int(np.argmin(history["validationLoss"]))
    fresh = build_transfer(
        replace(RANDOM, weights=lively),
        input_shape=(32, 32, 3),
        num_classes=2,
        augmentation=get_recipe("transfer").augmentation,
        seed=1,
    )
    pairs = zip(fresh.variables, kept[-1].variables, strict=True)
    moved = {
        before.path.split("/")[-2]
        for before, after in pairs
        if "seed_generator" not in before.path and not np.array_equal(before, after)
    }
    assert moved == {"conv_dw_13", "conv_pw_13", "logits"}
