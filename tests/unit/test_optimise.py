"""The passes: fewer layers, the same numbers, and what they leave alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError
from kerasport.exporter.graph import Graph, Node
from kerasport.exporter.optimise import PASSES, optimise
from kerasport.runtime.layers import LAYERS

GENERATOR = np.random.default_rng(8)
WINDOW = {"strides": [1, 1], "dilation_rate": [1, 1], "data_format": "channels_last"}


def weights(**shapes: tuple[int, ...]) -> dict[str, Any]:
    return {
        name: GENERATOR.uniform(0.2, 1.5, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


LINEAR: dict[str, Node] = {
    "Conv2D": Node(
        "linear",
        "Conv2D",
        {
            "filters": 6,
            "kernel_size": [3, 2],
            "padding": "same",
            "use_bias": True,
            "activation": "linear",
            **WINDOW,
        },
        weights=weights(kernel=(3, 2, 3, 6), bias=(6,)),
    ),
    "Conv2DTranspose": Node(
        "linear",
        "Conv2DTranspose",
        {
            "filters": 6,
            "kernel_size": [3, 2],
            "padding": "same",
            "use_bias": False,
            "activation": "linear",
            **WINDOW,
        },
        weights=weights(kernel=(3, 2, 6, 3)),
    ),
    "DepthwiseConv2D": Node(
        "linear",
        "DepthwiseConv2D",
        {
            "depth_multiplier": 2,
            "kernel_size": [3, 2],
            "padding": "same",
            "use_bias": False,
            "activation": "linear",
            **WINDOW,
        },
        weights=weights(depthwise_kernel=(3, 2, 3, 2)),
    ),
    "Dense": Node(
        "linear",
        "Dense",
        {"units": 6, "use_bias": True, "activation": "linear"},
        weights=weights(kernel=(3, 6), bias=(6,)),
    ),
}


def chain(*nodes: Node) -> Graph:
    """A graph of nodes in a row behind an input, each a copy."""
    graph = Graph("chain", {"in": Node("in", "InputLayer", {})}, "in", "in")
    for node in nodes:
        copy = Node(node.name, node.class_name, dict(node.config), [], dict(node.weights))
        graph.append(copy)
    return graph


def run(graph: Graph, x: np.ndarray) -> np.ndarray:
    values = {}
    for node in graph:
        inputs = [values[name] for name in node.inputs] or [x]
        values[node.name] = LAYERS[node.class_name](node.config, node.weights, inputs)
    return values[graph.output]


def normalization(**config: Any) -> Node:
    names = ["gamma", "beta", "moving_mean", "moving_variance"]
    kept = [n for n in names if config.get({"gamma": "scale", "beta": "center"}.get(n, ""), True)]
    return Node(
        "normal",
        "BatchNormalization",
        {"epsilon": 0.01, "axis": -1, **config},
        weights=weights(**dict.fromkeys(kept, (6,))),
    )


PICTURES = GENERATOR.normal(size=(2, 5, 4, 3)).astype(np.float32)


@pytest.mark.parametrize("class_name", LINEAR)
@pytest.mark.parametrize("config", [{}, {"scale": False}, {"center": False}], ids=str)
def test_a_normalisation_is_folded_into_the_layer_before(class_name: str, config: Any) -> None:
    """One layer is left, and it computes the same."""
    graph = chain(LINEAR[class_name], normalization(**config))
    expected = run(graph, PICTURES)

    saving = optimise(graph)

    assert [node.class_name for node in graph] == ["InputLayer", class_name]
    assert (saving.layers_before, saving.layers_after) == (3, 2)
    assert saving.parameters_after < saving.parameters_before
    # Outputs are of the order of 10, where float32 steps are 1e-6; the products round differently.
    np.testing.assert_allclose(run(graph, PICTURES), expected, rtol=0, atol=1e-5)


def test_a_layer_that_is_read_twice_is_not_folded() -> None:
    """The other reader needs the numbers before the normalisation."""
    graph = chain(LINEAR["Conv2D"], normalization())
    graph.nodes["sum"] = Node("sum", "Add", {}, ["linear", "normal"])
    graph.output = "sum"
    expected = run(graph, PICTURES)

    optimise(graph)

    assert "normal" in graph.nodes
    assert (run(graph, PICTURES) == expected).all()


def test_a_normalisation_behind_an_activation_is_not_folded() -> None:
    """relu(x) * a + b is not relu(x * a + b)."""
    node = LINEAR["Conv2D"]
    active = Node("linear", "Conv2D", {**node.config, "activation": "relu"}, [], node.weights)

    graph = chain(active, normalization())
    optimise(graph)

    assert "normal" in graph.nodes


@pytest.mark.parametrize(
    ("activation", "fused"),
    [
        (Node("act", "ReLU", {}), True),
        (Node("act", "Activation", {"activation": "elu"}), True),
        (Node("act", "ReLU", {"max_value": 6.0}), False),
        (Node("act", "Activation", {"activation": "swish"}), False),
    ],
    ids=["relu", "elu", "relu6", "swish"],
)
@pytest.mark.parametrize("class_name", ["Conv2D", "DepthwiseConv2D"])
def test_only_activations_with_a_fused_kernel_are_fused(
    class_name: str, activation: Node, fused: bool
) -> None:
    """relu and elu go into convolutions; nothing goes into a depthwise one."""
    graph = chain(LINEAR[class_name], activation)
    expected = run(graph, PICTURES)

    optimise(graph)

    assert ("act" not in graph.nodes) is (fused and class_name == "Conv2D")
    np.testing.assert_array_equal(run(graph, PICTURES), expected)


def test_scalings_in_a_row_become_one_but_the_inputs_own_stays() -> None:
    """The model keeps the layer that tells how its input is scaled."""
    scale = {"own": (1 / 255, 0.0), "one": (2.0, 1.0), "two": (-3.0, 0.5)}
    nodes = [Node(n, "Rescaling", {"scale": s, "offset": o}) for n, (s, o) in scale.items()]
    graph = chain(*nodes)
    expected = run(graph, PICTURES)

    optimise(graph)

    assert list(graph.nodes) == ["in", "own", "two"]
    assert graph.nodes["own"].config == {"scale": 1 / 255, "offset": 0.0}
    np.testing.assert_allclose(run(graph, PICTURES), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", PASSES)
def test_each_pass_can_be_switched_off(name: str) -> None:
    """A pass that is left out changes nothing; an unknown one is named."""
    graph = chain(LINEAR["Conv2D"], normalization(), Node("act", "ReLU", {}))

    optimise(graph, without=list(PASSES))
    assert len(graph.nodes) == 4

    optimise(graph, without=[name])
    assert (
        len(graph.nodes)
        == {
            "merge-rescaling": 2,
            "fold-batch-normalization": 4,
            "fuse-activations": 3,
        }[name]
    )


def test_an_unknown_pass_is_refused() -> None:
    """The message lists the passes."""
    with pytest.raises(ExportError, match=r"There is no pass 'magic'. Passes: merge-rescaling"):
        optimise(chain(), without=["magic"])
