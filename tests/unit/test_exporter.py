"""The exporter without TensorFlow: configurations and arrays in, files out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError
from kerasport.exporter.gate import check_graph
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering import end_in_probabilities, lower
from kerasport.exporter.readers.configuration import graph_from_config
from kerasport.exporter.write import MOST_SHARDS, SHARD_BYTES, write_model


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name, **config}}


def history(name: str, node: int = 0) -> dict[str, Any]:
    """A tensor as Keras 3 writes it into a configuration."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, node, 0]},
    }


def call(*names: str) -> dict[str, Any]:
    tensors = [history(name) for name in names]
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}}


def small_graph(last: Node | None = None) -> Graph:
    nodes = [
        Node("in", "InputLayer", {"batch_shape": [None, 2, 2, 1]}),
        Node("scale", "Rescaling", {"scale": 0.5, "offset": 0.0}, ["in"]),
        Node("flat", "Flatten", {}, ["scale"]),
        last
        or Node(
            "out",
            "Dense",
            {"units": 2, "use_bias": True, "activation": "linear"},
            weights={"kernel": np.ones((4, 2), np.float32), "bias": np.zeros(2, np.float32)},
        ),
    ]
    nodes[-1].inputs = ["flat"]
    return Graph("small", {node.name: node for node in nodes}, "in", nodes[-1].name)


def test_a_functional_configuration_becomes_a_graph() -> None:
    """Branches and merges keep their order, whatever order the layers are listed in."""
    config = {
        "name": "m",
        "layers": [
            {**layer("Add", "sum"), "inbound_nodes": [call("a", "b")]},
            {**layer("InputLayer", "in", batch_shape=[None, 2, 2, 1]), "inbound_nodes": []},
            {**layer("Flatten", "b"), "inbound_nodes": [call("in")]},
            {**layer("Flatten", "a"), "inbound_nodes": [call("in")]},
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["sum", 0, 0]],
    }

    graph = graph_from_config("Functional", config, {})

    assert [node.name for node in graph] == ["in", "b", "a", "sum"]
    assert graph.nodes["sum"].inputs == ["a", "b"]
    assert (graph.input, graph.output) == ("in", "sum")


def test_a_sequential_configuration_gets_its_input_from_the_build_shape() -> None:
    """A Sequential model that was built by its first call has no InputLayer of its own."""
    config = {
        "name": "s",
        "layers": [layer("Flatten", "flat")],
        "build_input_shape": [None, 4, 4, 1],
    }

    graph = graph_from_config("Sequential", config, {})

    assert [(n.name, n.class_name) for n in graph] == [("input", "InputLayer"), ("flat", "Flatten")]


def test_nested_models_are_flattened_with_unique_names() -> None:
    """A layer inside a nested model keeps its own weights when its name is taken."""
    inner = layer("Sequential", "inner")
    inner["config"]["layers"] = [
        layer("InputLayer", "x", batch_shape=[None, 4]),
        layer("Dense", "d"),
    ]
    config = {
        "name": "outer",
        "layers": [layer("InputLayer", "in", batch_shape=[None, 4]), layer("Dense", "d"), inner],
    }
    arrays = {("d",): {"kernel": np.zeros(1)}, ("inner", "d"): {"kernel": np.ones(1)}}

    graph = graph_from_config("Sequential", config, arrays)

    assert [node.name for node in graph] == ["in", "d", "d_1"]
    assert graph.nodes["d"].weights["kernel"] == 0
    assert graph.nodes["d_1"].weights["kernel"] == 1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"layers": [], "output_layers": [["a", 0, 0], ["b", 0, 0]]},
            "has 2 outputs. Expected exactly one",
        ),
        (
            {
                "layers": [{**layer("Flatten", "f"), "inbound_nodes": [call("nowhere")]}],
                "output_layers": [["f", 0, 0]],
            },
            "The layers 'f' are not connected to the model's input.",
        ),
        (
            {
                "layers": [
                    {**layer("InputLayer", "a"), "inbound_nodes": []},
                    {**layer("InputLayer", "b"), "inbound_nodes": []},
                    {**layer("Add", "s"), "inbound_nodes": [call("a", "b")]},
                ],
                "output_layers": [["s", 0, 0]],
            },
            "has 2 inputs. Expected exactly one: a picture.",
        ),
    ],
    ids=["outputs", "disconnected", "inputs"],
)
def test_models_of_another_shape_are_refused(config: dict[str, Any], message: str) -> None:
    """Several inputs or outputs, or loose ends, are refused by name."""
    with pytest.raises(ExportError) as error:
        graph_from_config("Functional", {"name": "m", **config}, {})

    assert message in str(error.value)


def test_all_refusals_are_listed_at_once() -> None:
    """A user sees every layer that has to change, not only the first."""
    graph = small_graph()
    graph.nodes["scale"].config["scale"] = 0.5
    graph.nodes["scale"].class_name = "RandomCrop"
    graph.nodes["flat"].class_name = "Mystery"

    with pytest.raises(ExportError) as error:
        lower(graph)

    assert str(error.value).splitlines() == [
        "2 layer(s) cannot be expressed in TensorFlow.js, so nothing was written:",
        "  - layer 'scale' (RandomCrop): outside training Keras leaves the picture as it is, but "
        "counts on the cropped size. Remedy: use CenterCrop, or crop the data.",
        "  - layer 'flat' (Mystery): no rewriter knows this layer. Remedy: replace it, or register "
        "a rewriter for it (docs/export.md).",
    ]


def test_lowering_leaves_the_read_graph_alone() -> None:
    """A second pass over the same graph starts from the same configuration."""
    graph = small_graph()
    before = {node.name: dict(node.config) for node in graph}

    lower(graph)

    assert {node.name: node.config for node in graph} == before


@pytest.mark.parametrize(
    ("activation", "expected", "added"),
    [("linear", "softmax", True), ("softmax", "softmax", False), ("sigmoid", "sigmoid", False)],
)
def test_the_output_is_probabilities(activation: str, expected: str, added: bool) -> None:
    """Logits get a softmax; an activation that gives probabilities is kept."""
    graph = small_graph()
    graph.nodes["out"].config["activation"] = activation
    lowered = lower(graph)

    assert end_in_probabilities(lowered) == expected
    assert (lowered.nodes[lowered.output].class_name == "Softmax") is added


def test_an_output_that_is_no_probability_is_refused() -> None:
    """A model that ends in relu has no probabilities to give."""
    graph = small_graph()
    graph.nodes["out"].config["activation"] = "relu"

    with pytest.raises(ExportError, match="ends in the activation 'relu'"):
        end_in_probabilities(lower(graph))


def test_weights_that_are_not_finite_are_refused() -> None:
    """A model that diverged in training is stopped at the gate."""
    graph = small_graph()
    graph.nodes["out"].weights["bias"][1] = np.nan

    with pytest.raises(ExportError, match="its weight 'bias' has values that are not finite"):
        check_graph(lower(graph), num_classes=2)


def test_there_are_never_more_shards_than_browsers_have_connections(tmp_path: Path) -> None:
    """However large the weights are, four files hold them, each but the last of equal size."""
    graph = lower(small_graph())
    graph.nodes["out"].weights["kernel"] = np.ones((SHARD_BYTES + 7, 2), np.float32)

    _, *shards = write_model(graph, tmp_path, generated_by="test")

    sizes = [path.stat().st_size for path in shards]
    assert len(sizes) == MOST_SHARDS
    assert len(set(sizes[:-1])) == 1
    assert 0 <= sizes[0] - sizes[-1] < MOST_SHARDS
    assert sum(sizes) == (SHARD_BYTES + 7) * 2 * 4 + 2 * 4


def test_weights_are_cut_into_shards(tmp_path: Path) -> None:
    """Large weights are cut at 4 MiB, and their concatenation is the arrays in order."""
    kernel = np.random.default_rng(0).normal(size=(SHARD_BYTES // 8 + 5, 2)).astype(np.float32)
    graph = lower(small_graph())
    graph.nodes["out"].weights["kernel"] = kernel

    paths = write_model(graph, tmp_path, generated_by="test")

    assert [path.name for path in paths] == [
        "model.json",
        "group1-shard1of2.bin",
        "group1-shard2of2.bin",
    ]
    data = b"".join(path.read_bytes() for path in paths[1:])
    assert data == kernel.tobytes() + np.zeros(2, np.float32).tobytes()
    manifest = json.loads(paths[0].read_text())["weightsManifest"][0]
    assert manifest["paths"] == [path.name for path in paths[1:]]
    assert [entry["name"] for entry in manifest["weights"]] == ["out/kernel", "out/bias"]
