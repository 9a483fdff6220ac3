"""Models that bring no scaling of their input, or one already, and the number of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.model_files import (
    PIXELS,
    TOLERANCE,
    randomise,
)

from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.exporter.lowering.input_scaling import parse_rescaling
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras


def test_a_model_that_scales_itself_takes_no_second_scaling(keras: Any, tmp_path: Path) -> None:
    """--rescaling on top of the model's own is an error that shows what the model does."""
    with pytest.raises(ExportError, match=r"already scales its input: x \* 0\.0078.* \+ -1"):
        export(
            zoo.build("conv", keras),
            tmp_path / "out",
            class_names=zoo.CLASS_NAMES,
            rescaling="1/255",
        )
    assert not (tmp_path / "out").exists()


def test_a_scaling_per_channel_is_put_in(keras: Any, tmp_path: Path) -> None:
    """Mean and deviation of each channel become one Rescaling layer, which the metadata names."""
    model = randomise(
        keras.Sequential(
            [
                keras.Input(zoo.INPUT_SHAPE),
                keras.layers.Conv2D(4, 3, activation="tanh"),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(4, activation="softmax"),
            ]
        )
    )
    text = "1/58.395,1/57.12,1/57.375;-0.485/0.229,-0.456/0.224,-0.406/0.225"

    bundle = export(model, tmp_path / "out", class_names=zoo.CLASS_NAMES, rescaling=text)

    assert bundle.metadata.rescaling == parse_rescaling(text)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    inputs = ((PIXELS / 255 - mean) / deviation).astype(np.float32)
    np.testing.assert_allclose(
        Runtime(bundle).predict(PIXELS), np.asarray(model(inputs)), rtol=0, atol=TOLERANCE
    )


def test_the_missing_scaling_is_named_for_known_architectures(keras: Any, tmp_path: Path) -> None:
    """A MobileNetV2 without scaling is refused with the value that it usually takes."""
    model = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, weights=None, classes=4
    )

    with pytest.raises(ExportError) as error:
        export(model, tmp_path / "out", class_names=zoo.CLASS_NAMES)

    assert "looks like MobileNetV2, which takes --rescaling 1/127.5,-1." in str(error.value)


def test_a_wrong_number_of_labels_names_both(keras: Any, tmp_path: Path) -> None:
    """Three names for four outputs are refused with both counts."""
    with pytest.raises(ExportError, match="has 4 outputs, but there are 3 class names"):
        export(zoo.build("conv", keras), tmp_path / "out", class_names=["a", "b", "c"])
