"""Inputs that hold pictures in other ways: no channels, one row, any size, channels first.

Every expected value is what the Keras model returns for pixels arranged by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.cli import main
from kerasport.errors import ExportError, UsageError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

NAMES = ["a", "b", "c"]
HEIGHT, WIDTH = 9, 7

Layers = Callable[[Any], list[Any]]


def dense(k: Any) -> list[Any]:
    return [k.layers.Dense(3, activation="softmax")]


def flat(k: Any) -> list[Any]:
    return [k.layers.Flatten(), *dense(k)]


def convolution(k: Any) -> list[Any]:
    return [k.layers.Conv2D(4, 3, activation="relu"), k.layers.GlobalAveragePooling2D(), *dense(k)]


def channels_first(k: Any) -> list[Any]:
    return [
        k.layers.Permute((2, 3, 1)),
        k.layers.Conv2D(4, 3, activation="relu"),
        k.layers.Permute((3, 1, 2)),
        k.layers.MaxPooling2D(2, data_format="channels_first"),
        k.layers.Flatten(),
        *dense(k),
    ]


def row(pixels: Any) -> Any:
    return pixels.reshape(len(pixels), -1)


CASES: dict[str, tuple[tuple[int | None, ...], Layers, int, Any, dict[str, Any]]] = {
    "no-channels": ((HEIGHT, WIDTH), flat, 1, lambda x: x[..., 0], {}),
    "no-channels-any-size": (
        (None, None),
        lambda k: [k.layers.Reshape((HEIGHT, WIDTH, 1)), *convolution(k)],
        1,
        lambda x: x[..., 0],
        {"image_size": (HEIGHT, WIDTH)},
    ),
    "row": ((HEIGHT * WIDTH,), dense, 1, row, {"image_size": f"{HEIGHT}x{WIDTH}"}),
    "row-in-colour": ((HEIGHT * WIDTH * 3,), dense, 3, row, {"image_size": (HEIGHT, WIDTH)}),
    "any-size": ((None, None, 3), convolution, 3, lambda x: x, {"image_size": (HEIGHT, WIDTH)}),
    "any-width": (
        (HEIGHT, None, 3),
        convolution,
        3,
        lambda x: x,
        {"image_size": f"{HEIGHT}x{WIDTH}"},
    ),
    "channels-first": (
        (3, HEIGHT, WIDTH),
        channels_first,
        3,
        lambda x: x.transpose(0, 3, 1, 2),
        {},
    ),
    "channels-first-gray": (
        (1, HEIGHT, WIDTH),
        channels_first,
        1,
        lambda x: x.transpose(0, 3, 1, 2),
        {},
    ),
    "channels-first-any-size": (
        (3, None, None),
        lambda k: [k.layers.Permute((2, 3, 1)), *convolution(k)],
        3,
        lambda x: x.transpose(0, 3, 1, 2),
        {"image_size": (HEIGHT, WIDTH)},
    ),
}


def build(k: Any, shape: Any, layers: Layers, *, scales: bool = True) -> Any:
    k.utils.set_random_seed(9)
    scaling = [k.layers.Rescaling(1 / 255)] if scales else []
    return k.Sequential([k.Input(shape), *scaling, *layers(k)])


@pytest.mark.parametrize("scales", [True, False], ids=["scales", "scaled"])
@pytest.mark.parametrize("name", CASES)
def test_pictures_reach_the_input_as_it_wants_them(
    name: str, scales: bool, keras: Any, tmp_path: Path
) -> None:
    """The bundle takes [height, width, channels] and arranges the pixels itself."""
    shape, layers, channels, arranged, options = CASES[name]
    model = build(keras, shape, layers, scales=scales)
    pixels = np.random.default_rng(1).integers(0, 256, (3, HEIGHT, WIDTH, channels), np.uint8)
    given = arranged(pixels).astype(np.float32)
    expected = np.asarray(model(given if scales else given / np.float32(255)))

    options = options if scales else {**options, "rescaling": "1/255"}
    bundle = export(model, tmp_path / "out", class_names=NAMES, **options)

    assert bundle.metadata.input_shape == (HEIGHT, WIDTH, channels)
    np.testing.assert_allclose(Runtime(bundle).predict(pixels), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("shape", "layers", "options", "message"),
    [
        ((784,), dense, {}, r"may be 28x28 in gray\. Say of which size.*--image-size 28x28"),
        ((3072,), dense, {}, r"may be 32x32 in colour\. Say"),
        (
            (50,),
            dense,
            {},
            r"\(None, 50\): pixels in one row, of which the size is not known\. Say",
        ),
        ((784,), dense, {"image_size": 27}, r"A picture of 27x27 has 729 values in gray and 2,187"),
        ((None, None, 3), convolution, {}, r"pictures of any size.*--image-size 224x224"),
        (
            (9, 9, 3),
            convolution,
            {"image_size": "8"},
            r"not of the size 8x8\. Leave --image-size out",
        ),
        ((9, 9, 4), convolution, {}, r"\(None, 9, 9, 4\): 4 channels\. Expected 3 \(RGB\) or 1"),
        (
            (9, 9, 7),
            convolution,
            {},
            r"\(None, 9, 9, 7\)\. Expected \[None, height, width, 1 or 3\]",
        ),
    ],
)
def test_what_is_not_known_of_an_input_is_asked(
    shape: Any, layers: Layers, options: Any, message: str, keras: Any, tmp_path: Path
) -> None:
    """The shape is named, and the option that helps."""
    model = build(keras, shape, layers)

    with pytest.raises(ExportError, match=message):
        export(model, tmp_path / "out", class_names=NAMES, **options)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ["wide", "8x", (1, 2, 3), 0, 2.5])
def test_a_wrong_image_size_is_refused(size: Any, keras: Any, tmp_path: Path) -> None:
    """The forms that are understood are shown."""
    model = build(keras, (None, None, 3), convolution)

    with pytest.raises(UsageError, match=r"is no image size\. Expected height and width"):
        export(model, tmp_path / "out", class_names=NAMES, image_size=size)


def test_the_command_line_takes_a_size(keras: Any, tmp_path: Path) -> None:
    """--image-size is for models of any size."""
    build(keras, (None, None, 3), convolution).save(tmp_path / "model.keras")
    (tmp_path / "labels.txt").write_text("\n".join(NAMES))
    out = tmp_path / "out"

    with pytest.raises(SystemExit) as stop:
        main(["export", str(tmp_path / "model.keras"), "--image-size", "9x7", "--out", str(out)])

    assert stop.value.code == 0
    assert '"inputShape": [\n    9,\n    7,\n    3\n  ]' in (out / "metadata.json").read_text()
