"""What a configuration means in TensorFlow.js, and how it spells it."""

from __future__ import annotations

from typing import Any

import pytest

from kerasport.errors import ExportError
from kerasport.exporter.readers.tensorflowjs_meaning import (
    as_tensorflowjs_computes,
    in_keras_spelling,
)


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def test_camel_case_is_read_like_snake_case() -> None:
    """Keys of layers and settings are spelled as in Keras, nested models included; names stay."""
    model = sequential(
        {"className": "InputLayer", "config": {"batchInputShape": [None, 8, 8, 3], "name": "myIn"}},
        sequential(
            {
                "class_name": "Conv2D",
                "config": {
                    "name": "myConv",
                    "kernelSize": 3,
                    "dataFormat": "channelsFirst",
                    "kernelInitializer": {"class_name": "VarianceScaling", "config": {"distIs": 1}},
                },
            }
        ),
    )

    first, inner = in_keras_spelling(model)["config"]["layers"]

    assert first == {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, 8, 8, 3], "name": "myIn"},
    }
    config = inner["config"]["layers"][0]["config"]
    assert (config["name"], config["kernel_size"]) == ("myConv", 3)
    assert config["data_format"] == "channels_first"


def test_of_two_spellings_the_last_counts() -> None:
    """TensorFlow.js makes one key of both, and the later value replaces the earlier."""
    config = {"batch_input_shape": [None, 1], "batchInputShape": [None, 2], "name": "d"}

    read = in_keras_spelling({"class_name": "Dense", "config": config})

    assert read["config"]["batch_input_shape"] == [None, 2]


@pytest.mark.parametrize(
    ("class_name", "setting", "value"),
    [
        ("DepthwiseConv2D", "dilation_rate", [2, 2]),
        ("Conv2DTranspose", "output_padding", [1, 1]),
        ("GlobalAveragePooling2D", "keepdims", True),
        ("ReLU", "negative_slope", 0.1),
    ],
)
def test_settings_that_tensorflowjs_never_uses_are_left_out(
    class_name: str, setting: str, value: Any
) -> None:
    """What Keras would do with them, the model never did."""
    layer = {"class_name": class_name, "config": {"name": "a", setting: value, "padding": "same"}}

    (read,) = as_tensorflowjs_computes(sequential(layer))["config"]["layers"]

    assert read["config"] == {"name": "a", "padding": "same"}


@pytest.mark.parametrize("class_name", ["CenterCrop", "RandomWidth", "Resizing"])
def test_layers_that_compute_otherwise_are_refused(class_name: str) -> None:
    """Each with the reason, also inside a nested model."""
    layer = {"class_name": class_name, "config": {"name": "other"}}

    with pytest.raises(ExportError, match=rf"'other' \({class_name}\): TensorFlow.js, which made"):
        as_tensorflowjs_computes(sequential(sequential(layer)))
