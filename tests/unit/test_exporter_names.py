"""Names of layers that TensorFlow.js takes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from support.graphs import PICTURES, chain, conv, dense, layer, run

from kerasport.exporter.graph import named_weights, topology
from kerasport.exporter.graph.names import rename_layers, valid_name

# tfjs-layers 4.22, src/common.ts, without the slash.
TAKEN = re.compile(r"^[A-Za-z0-9][-A-Za-z0-9._]*$")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2d", "conv2d"),
        ("Conv-1.b", "Conv-1.b"),
        ("conv 1", "conv_1"),
        ("conv:1", "conv_1"),
        ("_conv", "layer_conv"),
        ("block/conv", "block_conv"),
        ("dense_\u00e9", "dense_e"),
        ("dense_e\u0301", "dense_e"),
        ("\u5c64", "layer"),
        ("\u5c64 2", "layer_2"),
        ("__proto__", "layer_proto__"),
        ("constructor", "layer_constructor"),
        ("", "layer"),
        ("\u00b2", "2"),
    ],
)
def test_a_name_stays_as_near_as_can_be(name: str, expected: str) -> None:
    """Accents go, everything else that is refused becomes an underscore."""
    assert valid_name(name) == expected
    assert TAKEN.match(valid_name(name))


def test_renamed_layers_stay_apart() -> None:
    """A layer that has the name already keeps it; the graph computes the same."""
    graph = chain(
        *(conv(name, filters=3, padding="same") for name in ("conv 1", "conv:1", "conv_1")),
        layer("Flatten", "_"),
    )
    before = run(graph)
    shapes = [array.shape for array in named_weights(graph).values()]

    names = rename_layers(graph)

    assert names == {"conv_1_1": "conv 1", "conv_1_2": "conv:1", "layer": "_"}
    assert list(graph.nodes) == ["in", "conv_1_1", "conv_1_2", "conv_1", "layer"]
    np.testing.assert_array_equal(run(graph, PICTURES), before)
    assert [array.shape for array in named_weights(graph).values()] == shapes
    config = topology(graph)["model_config"]["config"]
    assert [each["config"]["name"] for each in config["layers"]] == list(graph.nodes)
    assert config["output_layers"] == [["layer", 0, 0]]


def test_names_that_are_taken_stay() -> None:
    """Nothing is renamed without need."""
    graph = chain(conv("conv"), dense(6))

    assert rename_layers(graph) == {}
    assert list(graph.nodes) == ["in", "conv", "dense"]


def test_a_copy_of_a_layer_gets_a_name_of_its_own() -> None:
    """A layer that takes one tensor twice is written with a copy, which no layer is called like."""
    graph = chain(conv("conv", filters=3), layer("Add", "sum"), layer("Flatten", "sum_copy_1"))
    graph.nodes["sum"].inputs = ["conv", "conv"]

    layers = topology(graph)["model_config"]["config"]["layers"]

    names = [each["name"] for each in layers]
    assert len(set(names)) == len(names) == 5
