"""What is known of the values of a lowered graph, against values that it computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.values import Values
from kerasport.runtime.layers import LAYERS

GENERATOR = np.random.default_rng(4)
SHAPE = (4, 6, 3)


def graph_of(*nodes: Node) -> Graph:
    source = Node("in", "InputLayer", {"batch_input_shape": [None, *SHAPE]})
    graph = Graph("g", {"in": source}, "in", "in")
    for node in nodes:
        graph.append(node)
    return graph


def outputs(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = {"in": GENERATOR.normal(size=(5, *SHAPE)).astype(np.float32) * 9}
    for node in list(graph)[1:]:
        given = [found[name] for name in node.inputs]
        found[node.name] = LAYERS[node.class_name](node.config, node.weights, given)
    return found


def normal(channels: int) -> Node:
    names = ("gamma", "beta", "moving_mean")
    weights = {name: GENERATOR.normal(size=channels).astype(np.float32) for name in names}
    weights["moving_variance"] = GENERATOR.uniform(0.5, 2, channels).astype(np.float32)
    return Node("bn", "BatchNormalization", {"epsilon": 1e-3}, weights=weights)


def activation(name: str) -> Node:
    return Node(name, "Activation", {"activation": name})


def dense(kernel: Any, **weights: Any) -> Node:
    kernel = np.asarray(kernel, np.float32)
    config = {"units": kernel.shape[1], "activation": "linear"}
    arrays = {"kernel": kernel, **{k: np.asarray(v, np.float32) for k, v in weights.items()}}
    return Node("dense", "Dense", config, weights=arrays)


CHAINS: dict[str, list[Node]] = {
    "normalised": [activation("tanh"), normal(3)],
    "scaled": [activation("sigmoid"), Node("r", "Rescaling", {"scale": -3.0, "offset": 0.5})],
    "dense": [activation("softsign"), dense(GENERATOR.normal(size=(3, 4)), bias=[1, -1, 0, 3])],
    "relu": [activation("tanh"), Node("r", "ReLU", {"max_value": 0.5})],
    "padded": [
        activation("softmax"),
        Node("r", "Rescaling", {"scale": 1.0, "offset": 2.0}),
        Node("p", "ZeroPadding2D", {"padding": [[1, 0], [0, 1]]}),
    ],
    "one-sided": [activation("softplus"), Node("r", "Rescaling", {"scale": -2.0, "offset": 1.0})],
    "elu": [activation("elu")],
    "selu": [activation("selu")],
    "gelu": [activation("gelu")],
    "mish": [activation("mish")],
    "swish": [activation("swish")],
}


@pytest.mark.parametrize("name", CHAINS)
def test_no_value_leaves_its_bounds(name: str) -> None:
    """The bounds that are known of a layer hold for every value that it computes."""
    graph = graph_of(*CHAINS[name])
    found = outputs(graph)

    low, high = Values(graph).bounds(graph.output)

    assert low > -np.inf or high < np.inf
    assert low - 1e-5 <= found[graph.output].min()
    assert found[graph.output].max() <= high + 1e-5


TOTALS: dict[str, tuple[list[Node], int, float]] = {
    "softmax": ([activation("softmax")], 2, 1),
    "permuted": ([activation("softmax"), Node("p", "Permute", {"dims": [3, 1, 2]})], 0, 1),
    "cropped": (
        [activation("softmax"), Node("c", "Cropping2D", {"cropping": [[1, 0], [0, 2]]})],
        2,
        1,
    ),
    "enlarged": ([activation("softmax"), Node("u", "UpSampling2D", {"size": [2, 1]})], 2, 1),
    "matrix": ([activation("softmax"), dense([[1, 1], [2, 0], [0, 2]], bias=[3, 0])], 2, 5),
    "places": (
        [
            activation("softmax"),
            Node("p", "Permute", {"dims": [3, 1, 2]}),
            dense(np.full((6, 2), 1 / 3)),
        ],
        0,
        2,
    ),
}


@pytest.mark.parametrize("name", TOTALS)
def test_sums_that_are_known_are_right(name: str) -> None:
    """What values sum to along an axis is what the computed ones sum to."""
    nodes, axis, expected = TOTALS[name]
    graph = graph_of(*nodes)
    found = outputs(graph)[graph.output].sum(axis=axis + 1)

    total = Values(graph).total(graph.output, axis).constant

    assert total == pytest.approx(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("nodes", "axis"),
    [
        ([activation("softmax")], 1),
        ([activation("softmax"), Node("p", "ZeroPadding2D", {"padding": [[1, 0], [0, 0]]})], 2),
        ([activation("softmax"), Node("c", "Reshape", {"target_shape": [9, 8]})], 1),
        ([activation("softmax"), normal(3)], 2),
        ([activation("softmax"), dense([[1, 1], [2, 0], [0, 1]])], 2),
        ([activation("sigmoid")], 2),
    ],
    ids=["other-axis", "zeros", "mixed", "normalised", "uneven", "sigmoid"],
)
def test_sums_that_differ_are_not_known(nodes: list[Node], axis: int) -> None:
    """No number is given where pictures or places have other sums."""
    graph = graph_of(*nodes)

    assert np.ptp(outputs(graph)[graph.output].sum(axis=axis + 1)) > 1e-3
    assert Values(graph).total(graph.output, axis).constant is None
