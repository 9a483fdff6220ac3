"""Which exported layer takes the features that a run measured, told by their values."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.listening import Listening

from kerasport import models
from kerasport.bundle import NoveltyScale
from kerasport.bundle.metadata import Novelty
from kerasport.exporter.graph import Graph, Node
from kerasport.exporter.novelty import exported_scale

PIXELS = np.random.default_rng(4).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)

SCALE = NoveltyScale(
    Novelty(
        layer="last",
        features=3,
        axes=1,
        centers=1,
        pictures=30,
        quantiles=[0.0, 1.0, 2.0],
        threshold=0.95,
    ),
    np.zeros(3, np.float32),
    np.array([[1, 0, 0]], np.float32),
    np.ones(1, np.float32),
    np.float32(2),
    np.zeros((1, 1), np.float32),
)


def graph() -> Graph:
    """Mean colors, a dense layer that turns them round, and the one that answers."""
    source = Node("pixels", "InputLayer", {"batch_input_shape": [None, 4, 4, 3]})
    made = Graph("small", {source.name: source}, source.name, source.name)
    made.append(Node("mean", "GlobalAveragePooling2D", {"keepdims": False}))
    settings = {"activation": "linear", "use_bias": False}
    for name, units in (("turn", 3), ("answer", 2)):
        kernel = np.eye(3)[::-1, :units].copy()
        made.append(Node(name, "Dense", {**settings, "units": units}, weights={"kernel": kernel}))
    made.append(Node("softmax", "Softmax", {"axis": -1}))
    return made


def exported(monkeypatch: pytest.MonkeyPatch, features: NDArray[Any] | str, progress: Any) -> Any:
    """Return what becomes of the scale where Keras has these features."""
    watched = (
        features
        if isinstance(features, str)
        else SimpleNamespace(answers=lambda pixels: (None, features[: len(pixels)]))
    )
    monkeypatch.setattr(models, "load_model", lambda path: None)
    monkeypatch.setattr(models, "watch_features", lambda model: watched)
    run: Any = SimpleNamespace(novelty_scale=SCALE, model_path=Path("model.keras"))
    return exported_scale(run, graph(), PIXELS, progress=progress)


@pytest.mark.parametrize(("layer", "order"), [("turn", 1), ("answer", -1)])
def test_the_layer_is_told_by_what_it_takes(
    layer: str, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two dense layers that take as many values, it is the one with the values of Keras."""
    means = PIXELS.mean(axis=(1, 2))[:, ::order].astype(np.float32)

    scale = exported(monkeypatch, means, heard := Listening())

    assert scale.novelty == SCALE.novelty.model_copy(update={"layer": layer})
    assert scale.to_bytes() == SCALE.to_bytes()
    assert heard.warned == []


@pytest.mark.parametrize(
    "features", [PIXELS.mean(axis=(1, 2))[:, [1, 0, 2]].astype(np.float32), "it is another"]
)
def test_where_no_layer_takes_them_the_bundle_has_none(
    features: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer that was joined with another one changes them; that is said, and no more."""
    assert exported(monkeypatch, features, heard := Listening()) is None

    assert len(heard.warned) == 1
    assert "classifies all the same" in heard.warned[0]


def test_what_is_no_run_or_measures_nothing_has_none() -> None:
    """Nothing is asked of Keras then."""
    nothing: Any = SimpleNamespace(novelty_scale=None)

    assert exported_scale(None, graph(), PIXELS, progress=Listening()) is None
    assert exported_scale(nothing, graph(), PIXELS, progress=Listening()) is None
