"""Classifiers of KerasHub: Keras against the written files, and what becomes of a preprocessor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import hub

from kerasport.bundle import Bundle
from kerasport.errors import ExportError, ModelError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = [
    pytest.mark.keras,
    # Keras doubts how KerasHub builds its layers.
    pytest.mark.filterwarnings("ignore::UserWarning:keras.src.layers.layer"),
]

keras_hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed: make hub")


def _softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", hub.names())
def test_every_family_predicts_like_keras(name: str, tmp_path: Path) -> None:
    """The bundle takes pixels and gives what the model gives behind its own preprocessor."""
    model = hub.build(name, keras_hub)
    size = model.preprocessor.image_converter.image_size
    pixels = np.random.default_rng(5).integers(0, 256, (3, *size, 3), dtype=np.uint8)
    expected = _softmax(np.asarray(model(model.preprocessor(pixels), training=False)))

    bundle = export(model, tmp_path / "model", class_names=hub.CLASS_NAMES)
    received = Runtime(Bundle.open(tmp_path / "model")).predict(pixels, batch_size=2)

    assert np.ptp(expected, axis=0).max() > 1e-3, "equal answers would hide a difference"
    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)
    metadata = bundle.metadata
    assert tuple(metadata.input_shape) == (*size, 3)
    assert metadata.rescaling.scale == pytest.approx([1 / 58.0, 1 / 57.0, 1 / 57.5])
    assert metadata.rescaling.offset == pytest.approx([-2.1, -2.0, -1.8])
    assert (metadata.preprocessing.fit, metadata.preprocessing.resample) == ("crop", "bicubic")


def test_every_image_classifier_is_tried() -> None:
    """No family of KerasHub that has a classifier of pictures is left out."""
    base = keras_hub.models.ImageClassifier
    classes = [getattr(keras_hub.models, name) for name in dir(keras_hub.models)]
    families = {
        kind.__name__.removesuffix("ImageClassifier")
        for kind in classes
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base
    }

    assert families == {name.partition(" ")[0] for name in hub.names()}


def _small(**converter: Any) -> Any:
    model = hub.build("VGG small", keras_hub)
    model.preprocessor = keras_hub.models.VGGImageClassifierPreprocessor(
        keras_hub.layers.VGGImageConverter(**converter)
    )
    return model


@pytest.mark.parametrize(
    ("ratio", "fit", "background"),
    [
        ({}, "crop", (255, 255, 255)),
        ({"crop_to_aspect_ratio": False}, "stretch", (255, 255, 255)),
        ({"crop_to_aspect_ratio": False, "pad_to_aspect_ratio": True}, "pad", (0, 0, 0)),
    ],
)
def test_the_aspect_ratio_decides_the_fit(
    ratio: dict[str, bool], fit: str, background: tuple[int, int, int], tmp_path: Path
) -> None:
    """Cropping, padding with black and stretching are taken over, and so is a single scale."""
    model = _small(image_size=(32, 48), scale=1 / 127.5, offset=-1, **ratio)

    metadata = export(model, tmp_path / "model", class_names=hub.CLASS_NAMES).metadata

    assert tuple(metadata.input_shape) == (32, 48, 3)
    assert (metadata.rescaling.scale, metadata.rescaling.offset) == (1 / 127.5, -1)
    assert metadata.preprocessing.fit == fit
    assert metadata.preprocessing.background == background
    assert metadata.preprocessing.resample == "bilinear"


def test_a_preprocessor_that_does_not_scale_leaves_pixels_as_they_are(tmp_path: Path) -> None:
    """Neither is a scaling asked for where the model's own preprocessor has none."""
    model = _small(image_size=(32, 32))

    metadata = export(model, tmp_path / "model", class_names=hub.CLASS_NAMES).metadata

    assert (metadata.rescaling.scale, metadata.rescaling.offset) == (1, 0)


def test_what_is_given_wins_over_the_preprocessor(tmp_path: Path) -> None:
    """The options of export stand above what the model says."""
    model = _small(image_size=(32, 32), scale=1 / 255)

    metadata = export(
        model,
        tmp_path / "model",
        class_names=hub.CLASS_NAMES,
        rescaling="1/127.5,-1",
        preprocessing={"fit": "stretch"},
    ).metadata

    assert metadata.rescaling.offset == -1
    assert metadata.preprocessing.fit == "stretch"


REFUSED = {
    "lanczos5": (
        {"image_size": (32, 32), "interpolation": "lanczos5"},
        "resizes by 'lanczos5'. Expected one of: nearest, bilinear, bicubic, lanczos3",
    ),
    "no-size": ({"scale": 0.1}, "takes pictures of any size"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_preprocessor_that_cannot_be_written_down_is_refused(name: str, tmp_path: Path) -> None:
    """The message says what is expected of it."""
    converter, message = REFUSED[name]

    with pytest.raises(ExportError, match=message):
        export(_small(**converter), tmp_path / "model", class_names=hub.CLASS_NAMES)


def test_a_preprocessor_of_another_size_is_refused(tmp_path: Path) -> None:
    """A fixed input and a preprocessor that makes another size cannot both be right."""
    model = hub.build("ViT", keras_hub)
    model.preprocessor.image_converter.image_size = (32, 32)

    with pytest.raises(ExportError, match=r"pictures of 64x64, and its preprocessor .* 32x32"):
        export(model, tmp_path / "model", class_names=hub.CLASS_NAMES)


def test_a_file_of_a_hub_model_is_refused(tmp_path: Path) -> None:
    """The layers of KerasHub are code, which a file does not hold."""
    path = tmp_path / "model.keras"
    hub.build("VGG small", keras_hub).save(path)

    with pytest.raises(ModelError, match="load it with keras_hub and pass the object"):
        export(path, tmp_path / "model", class_names=hub.CLASS_NAMES)
