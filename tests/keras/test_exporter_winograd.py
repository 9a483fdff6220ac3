"""What an export says of convolutions by Winograd's way, and what readers make of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.model_files import PIXELS

from kerasport.bundle import Bundle
from kerasport.cli import main
from kerasport.exporter import export, pipeline
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.graph.topology import named_weights
from kerasport.exporter.winograd import choose_tiles
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

CLASSES = ["a", "b", "c"]


@pytest.fixture
def model(keras: Any) -> Any:
    """Two convolutions that are faster in tiles, of 4 and of 2; one name has to be changed."""
    keras.utils.set_random_seed(5)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(PIXELS.shape[1:]),
            layers.Rescaling(1 / 255),
            layers.Conv2D(24, 1, activation="relu"),
            layers.Conv2D(24, 3, padding="same", activation="relu", name="wide one"),
            layers.Conv2D(128, 3, strides=2, padding="same", activation="relu", name="halving"),
            layers.Conv2D(128, 3, padding="same", name="last"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def test_the_bundle_names_what_may_be_computed_in_tiles(model: Any, tmp_path: Path) -> None:
    """By the names of the file, with what it rounds, and equal exports say the same."""
    exported = export(model, tmp_path / "out", class_names=CLASSES)

    bundle = Bundle.open(tmp_path / "out")
    written = json.loads((tmp_path / "out" / "metadata.json").read_text("utf-8"))
    found = bundle.metadata.winograd
    assert found is not None
    assert found == exported.metadata.winograd
    assert written["winograd"] == {"tiles": found.tiles, "rounding": found.rounding}
    names = [layer.name for layer in bundle.layers() if layer.config.get("kernel_size") == [3, 3]]
    assert set(found.tiles) == {names[0], names[2]}
    assert set(found.tiles.values()) <= {2, 4}
    rounding = bundle.metadata.float_rounding
    assert rounding is not None
    assert found.rounding <= 2 * max(rounding.keras, rounding.bundle)


def test_python_takes_no_notice_of_it(model: Any, tmp_path: Path) -> None:
    """A bundle runs in plain sums, bit for bit; in its tiles it is off by no more than it may."""
    bundle = export(model, tmp_path / "out", class_names=CLASSES)
    topology, weights = bundle.model()["modelTopology"], bundle.weights()
    assert bundle.metadata.winograd is not None
    tiles = bundle.metadata.winograd.tiles

    plain, in_tiles, exact = (
        Runtime.of(topology, weights, PIXELS.shape[1:], dtype, winograd).predict(PIXELS)
        for dtype, winograd in ((np.float32, {}), (np.float32, tiles), (np.float64, {}))
    )

    np.testing.assert_array_equal(Runtime(bundle).predict(PIXELS), plain)
    assert (in_tiles != plain).any()
    np.testing.assert_allclose(in_tiles, exact, rtol=0, atol=1e-6)


def test_quantized_weights_decide_for_themselves(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is measured holds the weights that are stored, not those they were made from."""
    graphs: list[Graph] = []

    def noting(graph: Graph, *arguments: Any, **options: Any) -> Any:
        graphs.append(graph)
        return choose_tiles(graph, *arguments, **options)

    monkeypatch.setattr(pipeline, "choose_tiles", noting)

    bundle = export(model, tmp_path / "out", class_names=CLASSES, quantize="uint8")

    assert bundle.metadata.winograd is not None
    measured = named_weights(graphs[0], np.float32)
    for name, array in bundle.weights().items():
        np.testing.assert_array_equal(measured[name], array)


def test_a_model_without_such_layers_has_none(keras: Any, tmp_path: Path) -> None:
    """The field is null where there is nothing to gain."""
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input(PIXELS.shape[1:]), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)]
    )

    bundle = export(model, tmp_path / "out", class_names=CLASSES, rescaling="1/255")

    assert bundle.metadata.winograd is None


def test_export_and_inspect_say_it_in_one_line(
    model: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many convolutions in which tiles, what that rounds, and what Keras does."""
    model.save(tmp_path / "model.keras")
    (tmp_path / "labels.txt").write_text("\n".join(CLASSES))
    lines = []
    for command in (
        ["export", str(tmp_path / "model.keras"), "--out", str(tmp_path / "out")],
        ["inspect", str(tmp_path / "out")],
    ):
        with pytest.raises(SystemExit) as end:
            main(command)
        assert not end.value.code
        output = capsys.readouterr().out
        lines.append([line for line in output.splitlines() if line.startswith("Winograd")])

    (line,) = lines[0]
    assert line.startswith(
        "Winograd: of 2 convolutions 1 in tiles of 4, 1 of 2; off from float64 by"
    )
    assert ", the original in float32 by " in line
    assert lines[1] == [line]
