"""Configurations of Keras 2 and of TensorFlow.js, rewritten as Keras 3 would write them."""

from __future__ import annotations

from typing import Any

import pytest

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.layers.activations import name_of
from kerasport.exporter.readers.configuration import graph_from_config
from kerasport.exporter.readers.legacy import modern_config
from kerasport.exporter.readers.legacy_graph import modernize_graph


def layer(class_name: str, name: str, inbound: Any = None, **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": inbound or [],
    }


def legacy_graph(layers: list[Any], output: list[Any]) -> Graph:
    config = {"name": "m", "layers": layers, "output_layers": output}
    return graph_from_config("Functional", modern_config("Functional", config), {})


PICTURE = layer("InputLayer", "in", batch_input_shape=[None, 4, 4, 3])


def test_calls_of_keras_2_become_edges() -> None:
    """Lists of name, node and tensor are followed, a second call of a layer included."""
    graph = legacy_graph(
        [
            PICTURE,
            layer("Flatten", "a", [[["in", 0, 0, {}]], [["b", 0, 0, {}]]]),
            layer("Flatten", "b", [[["a", 0, 0, {}]]]),
            layer("Add", "sum", [[["a", 1, 0, {}], ["b", 0, 0]]]),
        ],
        [["sum", 0, 0]],
    )

    assert {node.name: node.inputs for node in graph} == {
        "in": [],
        "a": ["in"],
        "b": ["a"],
        "a_1": ["b"],
        "sum": ["a_1", "b"],
    }
    assert graph.nodes["in"].config["batch_shape"] == [None, 4, 4, 3]


@pytest.mark.parametrize("counted", [0, 1], ids=["not-counted", "counted"])
def test_the_call_that_made_a_nested_model_is_not_one_of_its_calls(counted: int) -> None:
    """Keras 2 counts from 1 where a nested model has an input of its own, TensorFlow.js from 0."""
    inner = layer("Functional", "inner", [[["in", 0, 0, {}]], [["inner", counted, 0, {}]]])
    inner["config"] |= {
        "layers": [
            layer("InputLayer", "x", batch_input_shape=[None, 4, 4, 3]),
            layer("ReLU", "relu", [[["x", 0, 0, {}]]]),
        ],
        "output_layers": [["relu", 0, 0]],
    }

    graph = legacy_graph([PICTURE, inner], [["inner", counted + 1, 0]])

    assert {node.name: node.inputs for node in graph} == {
        "in": [],
        "relu": ["in"],
        "relu_1": ["relu"],
    }
    assert graph.output == "relu_1"


def test_functions_of_keras_2_become_operations() -> None:
    """Recorded TensorFlow functions keep their operands in order; unknown ones keep their name."""
    graph = legacy_graph(
        [
            PICTURE,
            layer(
                "TFOpLambda",
                "minus",
                [["_CONSTANT_VALUE", -1, 2.0, {"y": ["in", 0, 0], "name": None}]],
                function="math.subtract",
            ),
            layer(
                "TFOpLambda",
                "mean",
                [["minus", 0, 0, {"axis": [1, 2], "keepdims": True}]],
                function="math.reduce_mean",
            ),
            layer(
                "TFOpLambda", "product", [["minus", 0, 0, {"y": ["mean", 0, 0]}]], function="foo"
            ),
        ],
        [["product", 0, 0]],
    )

    assert [(n.class_name, n.inputs, n.config.get("arguments")) for n in list(graph)[1:]] == [
        ("operation:Subtract", ["in"], [2.0, None]),
        ("operation:Mean", ["minus"], [None]),
        ("operation:tf.foo", ["minus", "mean"], [None, None]),
    ]
    assert graph.nodes["mean"].config["axis"] == [1, 2]
    assert graph.nodes["mean"].config["keepdims"] is True


def test_a_sequential_model_of_tensorflowjs_gets_its_input() -> None:
    """The shape stands in the first layer of the first nested model, however deep."""
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": []}}
    inner["config"]["layers"] = [
        {"class_name": "Flatten", "config": {"name": "f", "batch_input_shape": [None, 2, 3, 1]}}
    ]

    config = modern_config("Sequential", [inner])

    assert config["layers"][0]["class_name"] == "InputLayer"
    assert config["layers"][0]["config"]["batch_shape"] == [None, 2, 3, 1]


def test_the_old_hard_sigmoid_keeps_its_slope() -> None:
    """Keras 2's formula is spelled out behind the layer, and its readers follow."""
    nodes = [
        Node("in", "InputLayer", {}),
        Node("a", "Activation", {"activation": "hard_sigmoid"}, ["in"]),
        Node("b", "Flatten", {}, ["a"]),
    ]
    old = Graph("m", {node.name: node for node in nodes}, "in", "b")

    modernize_graph(old, keras_2=True)

    assert [(node.name, node.inputs) for node in old] == [
        ("in", []),
        ("a", ["in"]),
        ("a_sloped", ["a"]),
        ("a_clipped", ["a_sloped"]),
        ("b", ["a_clipped"]),
    ]
    assert old.nodes["a"].config["activation"] == "linear"
    assert old.nodes["a_sloped"].config["scale"] == 0.2


def test_an_activation_that_is_a_layer_becomes_one() -> None:
    """The layer inside follows the outer one, with Keras 3's names of its settings."""
    activation = {"class_name": "LeakyReLU", "config": {"name": "leaky", "alpha": 0.1}}
    graph = legacy_graph(
        [PICTURE, layer("Dense", "d", [[["in", 0, 0, {}]]], units=3, activation=activation)],
        [["d", 0, 0]],
    )

    assert graph.output == "d_activation"
    assert graph.nodes["d"].config["activation"] == "linear"
    inner = graph.nodes["d_activation"]
    assert (inner.class_name, inner.inputs) == ("LeakyReLU", ["d"])
    assert inner.config["negative_slope"] == 0.1


@pytest.mark.parametrize(
    ("written", "name"), [("softmax_v2", "softmax"), ("swish", "swish"), ("relu6", "relu6")]
)
def test_a_function_as_activation_is_known_by_its_name(written: str, name: str) -> None:
    """Keras 3 writes TensorFlow's own functions by the names that they have inside."""
    activation = {
        "module": "builtins",
        "class_name": "function",
        "config": written,
        "registered_name": "function",
    }
    graph = legacy_graph(
        [PICTURE, layer("Dense", "d", [[["in", 0, 0, {}]]], units=3, activation=activation)],
        [["d", 0, 0]],
    )

    assert graph.output == "d"
    assert name_of(graph.nodes["d"].config["activation"]) == name


def test_query_value_and_key_are_taken_by_name() -> None:
    """Whatever order a call names them in, attention finds them in its own."""
    names = {"key": ["k", 0, 0], "value": ["v", 0, 0]}
    graph = legacy_graph(
        [
            PICTURE,
            *(layer("ReLU", name, [[["in", 0, 0, {}]]]) for name in "qkv"),
            layer("MultiHeadAttention", "m", [[["q", 0, 0, names]]], num_heads=1, key_dim=2),
        ],
        [["m", 0, 0]],
    )

    assert graph.nodes["m"].inputs == ["q", "v", "k"]


@pytest.mark.parametrize("keywords", [{"training": True}, {"use_causal_mask": True}])
def test_a_call_that_computes_something_else_is_refused(keywords: dict[str, Any]) -> None:
    """Arguments that change what a layer does are named instead of dropped."""
    with pytest.raises(
        ExportError, match=f"layer 'r' .ReLU. is called with {next(iter(keywords))}"
    ):
        legacy_graph([PICTURE, layer("ReLU", "r", [[["in", 0, 0, keywords]]])], [["r", 0, 0]])


def test_settings_of_null_are_those_that_were_left_out() -> None:
    """TensorFlow.js writes null for some settings; Keras' default counts, where there is one."""
    graph = legacy_graph(
        [
            PICTURE,
            layer(
                "MaxPooling2D",
                "p",
                [[["in", 0, 0, {}]]],
                pool_size=[2, 2],
                padding=None,
                strides=None,
            ),
            layer("LeakyReLU", "l", [[["p", 0, 0, {}]]], alpha=None),
        ],
        [["l", 0, 0]],
    )

    assert graph.nodes["p"].config["padding"] == "valid"
    assert graph.nodes["l"].config["negative_slope"] == 0.3
