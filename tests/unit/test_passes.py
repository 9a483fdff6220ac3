"""Activations, padding, identities, unused and equal layers: fewer kernels, the same numbers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from support.graphs import (
    LAYOUT,
    SHAPE,
    chain,
    classes,
    conv,
    dense,
    depthwise,
    layer,
    run,
    scaling,
    transposed,
)

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.passes.optimize import optimize

OWN = scaling(0.5, 0.25, "own")


def optimized(*nodes: Node, shape: tuple[int, ...] = SHAPE) -> list[str]:
    """Run the passes on a chain, check that the numbers stay, return the classes that are left."""
    graph = chain(*nodes, shape=shape)
    check(graph)
    return classes(graph)


def check(graph: Graph) -> None:
    """These passes change no weight, so every bit stays."""
    expected = run(graph)
    optimize(graph)
    np.testing.assert_array_equal(run(graph), expected)


@pytest.mark.parametrize(
    ("activation", "fused"),
    [
        (layer("ReLU", "act"), True),
        (layer("Activation", "act", activation="elu"), True),
        (layer("ReLU", "act", max_value=6.0), False),
        (layer("Activation", "act", activation="swish"), False),
    ],
    ids=["relu", "elu", "relu6", "swish"],
)
@pytest.mark.parametrize(
    ("make", "fuses"), [(conv, True), (dense, True), (depthwise, False), (transposed, False)]
)
def test_only_activations_with_a_fused_kernel_are_fused(
    make: Any, fuses: bool, activation: Node, fused: bool
) -> None:
    """relu and elu go into convolutions and dense layers; nothing goes into the others."""
    assert len(optimized(make(), activation)) == (1 if fused and fuses else 2)


@pytest.mark.parametrize("make", [conv, dense, depthwise, transposed])
def test_relu6_becomes_a_layer_of_its_own(make: Any) -> None:
    """TensorFlow.js computes the attribute, and the activation layer, by a slower kernel."""
    linear = make().class_name
    assert optimized(make(activation="relu6")) == [linear, "ReLU"]
    assert optimized(make(), layer("Activation", activation="relu6")) == [linear, "ReLU"]


def test_every_reader_reads_the_separated_activation() -> None:
    """The convolution's own name now stands for what comes before the activation."""
    graph = chain(conv(activation="relu6"), layer("Activation", "tanh", activation="tanh"))
    graph.nodes["sum"] = Node("sum", "Add", {}, ["conv", "tanh"])
    graph.output = "sum"
    check(graph)
    assert graph.nodes["sum"].inputs == ["conv_relu6", "tanh"]


@pytest.mark.parametrize("make", [conv, depthwise])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_that_equals_same_goes_into_the_convolution(make: Any, stride: int) -> None:
    """Kernel 3, sides 6 and 4: `same` pads by 1 and 1 at stride 1, by 0 and 1 at stride 2."""
    one, both = [[0, 1], [0, 1]], [[1, 1], [1, 1]]
    equal, other = (both, one) if stride == 1 else (one, both)
    settings: dict[str, Any] = {"kernel_size": [3, 3], "strides": [stride, stride]}

    def padded(padding: Any, **config: Any) -> int:
        padding = layer("ZeroPadding2D", padding=padding)
        return len(optimized(padding, make(padding="valid", **{**settings, **config})))

    assert padded(equal) == 1
    assert padded(other) == 2
    assert padded(equal, kernel_size=[2, 2]) == 2


def test_padding_before_a_same_convolution_or_a_pooling_stays() -> None:
    """The one pads once more, the other takes no zero into its maximum."""
    padding = layer("ZeroPadding2D", padding=[[1, 1], [1, 1]])
    assert len(optimized(padding, conv(padding="same", kernel_size=[3, 3]))) == 2
    pooling = layer("MaxPooling2D", pool_size=[3, 3], strides=[1, 1])
    assert len(optimized(padding, pooling)) == 2


IDENTITIES = {
    "linear": layer("Activation", activation="linear"),
    "average": layer("AveragePooling2D", pool_size=[1, 1], strides=[1, 1]),
    "cropping": layer("Cropping2D", cropping=[[0, 0], [0, 0]]),
    "maximum": layer("MaxPooling2D", pool_size=[1, 1], strides=[1, 1]),
    "padding": layer("ZeroPadding2D", padding=[[0, 0], [0, 0]]),
    "permute": layer("Permute", dims=[1, 2, 3]),
    "rescaling": scaling([1.0, 1.0, 1.0], 0.0),
    "reshape": layer("Reshape", target_shape=list(SHAPE)),
    "sum-of-one": layer("Add"),
    "join-of-one": layer("Concatenate", axis=-1),
    "upsampling": layer("UpSampling2D", size=[1, 1], interpolation="nearest"),
}


@pytest.mark.parametrize("name", IDENTITIES)
@pytest.mark.parametrize("last", [False, True])
def test_an_identity_is_taken_out(name: str, last: bool) -> None:
    """In the middle and as the output."""
    behind = [] if last else [layer("Activation", "tanh", activation="tanh")]
    found = optimized(OWN, IDENTITIES[name], *behind)
    assert found == ["Rescaling", *(node.class_name for node in behind)]


LOOK_ALIKES = {
    "sampling": layer("MaxPooling2D", pool_size=[1, 1], strides=[2, 2]),
    "largest-of-neighbours": layer("MaxPooling2D", strides=[1, 1], padding="same"),
    "cropping": layer("Cropping2D", cropping=[[0, 0], [0, 1]]),
    "permute": layer("Permute", dims=[2, 1, 3]),
    "flatten": layer("Flatten", **LAYOUT),
    "sum-of-two": Node("sum", "Add", {}),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_what_only_looks_like_an_identity_stays(name: str) -> None:
    """Another shape, another order, or other values."""
    graph = chain(OWN, LOOK_ALIKES[name])
    if name == "sum-of-two":
        graph.nodes["sum"].inputs = ["own", "own"]
    check(graph)
    assert classes(graph) == ["Rescaling", LOOK_ALIKES[name].class_name]


def test_rearrangements_in_a_row_become_one() -> None:
    """Reshape and Flatten by the last, Permute by both together."""
    shaped = layer("Reshape", target_shape=[4, 18])
    assert optimized(OWN, shaped, layer("Flatten", **LAYOUT)) == ["Rescaling", "Flatten"]

    turns = layer("Permute", "one", dims=[3, 1, 2]), layer("Permute", "two", dims=[1, 3, 2])
    assert optimized(OWN, *turns) == ["Rescaling", "Permute"]
    assert optimized(OWN, turns[0], layer("Permute", "back", dims=[2, 3, 1])) == ["Rescaling"]


def test_layers_that_nothing_reads_are_taken_out() -> None:
    """With all that only they read."""
    graph = chain(OWN, conv("dead"), layer("ReLU", "dead too"))
    graph.output = "own"
    check(graph)
    assert classes(graph) == ["Rescaling"]


def test_equal_layers_are_computed_once() -> None:
    """Equal are class, settings, inputs and weights; one different weight keeps both."""

    def twins(difference: float) -> list[str]:
        graph = chain(OWN, conv("one"))
        twin = copy.deepcopy(graph.nodes["one"])
        twin.name = twin.config["name"] = "two"
        twin.weights["bias"][0] += difference
        graph.nodes["two"] = twin
        graph.nodes["sum"] = Node("sum", "Add", {}, ["one", "two"])
        graph.output = "sum"
        check(graph)
        return classes(graph)

    assert twins(0.0) == ["Rescaling", "Conv2D", "Add"]
    assert twins(0.5) == ["Rescaling", "Conv2D", "Conv2D", "Add"]
