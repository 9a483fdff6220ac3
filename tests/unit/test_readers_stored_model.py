"""Models that are stored as one configuration and arrays by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError
from kerasport.exporter.readers.stored_model import assign, read_stored


def layer(class_name: str, name: str, inbound: Any = None, **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": inbound or [],
    }


NESTED = {
    "layers": [
        layer("Dense", "dense"),
        layer("Dense", "block/dense"),
        {
            "class_name": "Sequential",
            "config": {"name": "inner", "layers": [layer("Dense", "dense")]},
        },
    ]
}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("dense/kernel", ("dense",)),
        ("model/dense/kernel", ("dense",)),
        ("block/dense/kernel", ("block/dense",)),
        ("inner/dense/kernel", ("inner", "dense")),
        ("model/inner/dense/kernel", ("inner", "dense")),
        ("block/dense/query/kernel", ("block/dense",)),
    ],
)
def test_weights_find_their_layer_by_name(name: str, path: tuple[str, ...]) -> None:
    """Prefixes of models are ignored unless they tell two layers of one name apart."""
    assigned = assign(NESTED, {name: np.ones(1)})

    assert list(assigned) == [path]
    assert list(assigned[path]) == ["kernel"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["other/kernel"], "The weights 'other/kernel' belong to no layer of the model."),
        (
            ["dense/kernel", "m/dense/kernel"],
            "Two weights are called 'kernel' in the layer 'dense'",
        ),
    ],
)
def test_weights_that_fit_nowhere_are_refused(names: list[str], message: str) -> None:
    """A weight without a layer, or two for one place, would leave a layer with random values."""
    with pytest.raises(ExportError, match=message):
        assign(NESTED, {name: np.ones(1) for name in names})


def test_lambda_layers_are_refused_by_name() -> None:
    """Python code inside a configuration is refused, nested or not."""
    inner = {"class_name": "Sequential", "config": {"layers": [layer("Lambda", "scale")]}}

    with pytest.raises(ExportError, match=r"layer 'scale' \(Lambda\): it holds Python code"):
        read_stored({"class_name": "Sequential", "config": {"layers": [inner]}}, {}, keras_2=True)
