"""Folding, merging and replacing of normalisations: where it is exact, and where it is not."""

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
    normal,
    run,
    scaling,
    transposed,
)

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.passes import PASSES
from kerasport.exporter.passes.optimize import optimize

LINEAR = {
    "Conv2D": conv,
    "Conv2DTranspose": transposed,
    "DepthwiseConv2D": depthwise,
    "Dense": dense,
}
FLAT = layer("Flatten", **LAYOUT)
OWN = scaling(0.5, 0.25, "own")
ZEROS = [[1, 0], [0, 2]]


def optimized(*nodes: Node, only: str | None = None, shape: tuple[int, ...] = SHAPE) -> list[str]:
    """Run the passes on a chain, check that the numbers stay, return the classes that are left."""
    graph = chain(*nodes, shape=shape)
    check(graph, only)
    return classes(graph)


def check(graph: Graph, only: str | None = None) -> None:
    expected = run(graph)
    optimize(graph, without=[] if only is None else [name for name in PASSES if name != only])
    # Outputs are of the order of 10, where float32 steps are 1e-6; the products round differently.
    np.testing.assert_allclose(run(graph), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("class_name", LINEAR)
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_normalization_is_folded_into_the_layer_before(
    class_name: str, padding: str, bias: bool
) -> None:
    """One layer is left, with fewer parameters, and it computes the same."""
    config = {} if class_name == "Dense" else {"padding": padding, "use_bias": bias}
    graph = chain(LINEAR[class_name](**config), normal())
    before = graph.count_parameters()
    check(graph)
    assert classes(graph) == [class_name]
    assert graph.count_parameters() < before


@pytest.mark.parametrize(("scale", "center"), [(False, True), (True, False), (False, False)])
def test_a_normalization_without_gamma_or_beta_is_folded(scale: bool, center: bool) -> None:
    """What it does not have counts as 1 and 0."""
    node = normal(scale=scale, center=center)
    for kept, name in ((scale, "gamma"), (center, "beta")):
        if not kept:
            del node.weights[name]
    assert optimized(conv(), node) == ["Conv2D"]


def test_a_separable_convolution_takes_normalizations_on_all_sides() -> None:
    """Those before, between and behind its two steps end up in the two."""
    steps = depthwise(), normal(6, "between"), conv("point", 6, kernel_size=[1, 1]), normal()
    assert optimized(*steps) == ["DepthwiseConv2D", "Conv2D"]


COMMUTING = {
    "average": layer("AveragePooling2D"),
    "average-same": layer("AveragePooling2D", padding="same", pool_size=[3, 3]),
    "cropping": layer("Cropping2D", cropping=ZEROS),
    "global-average": layer("GlobalAveragePooling2D", **LAYOUT),
    "upsampling": layer("UpSampling2D", size=[2, 1], interpolation="nearest"),
    "reshape": layer("Reshape", target_shape=[2, 6, 6]),
    "permute": layer("Permute", dims=[2, 1, 3]),
}


@pytest.mark.parametrize("name", COMMUTING)
def test_a_normalization_crosses_layers_that_commute_with_it(name: str) -> None:
    """Against the data, to the convolution before."""
    between = COMMUTING[name]
    assert optimized(conv(), between, normal()) == ["Conv2D", between.class_name]


@pytest.mark.parametrize("between", [layer("MaxPooling2D"), layer("GlobalMaxPooling2D", **LAYOUT)])
def test_a_maximum_is_crossed_by_positive_factors_only(between: Node) -> None:
    """A negative factor would make a minimum of the maximum."""
    assert optimized(conv(), between, normal(positive=True)) == ["Conv2D", between.class_name]
    assert len(optimized(conv(), between, normal())) == 3


@pytest.mark.parametrize("shift", [False, True])
def test_zeros_are_crossed_only_without_a_shift(shift: bool) -> None:
    """The padding would be normalised too."""
    found = optimized(conv(), layer("ZeroPadding2D", padding=ZEROS), normal(shift=shift))
    assert len(found) == (3 if shift else 2)


def test_a_scaling_crosses_relu_when_it_is_positive_and_has_no_shift() -> None:
    """relu6(x + 3) / 6 becomes relu1(x / 6 + 1 / 2), one layer less; other scalings stay."""
    gate = scaling(1.0, 3.0, "shift"), layer("ReLU", max_value=6.0)
    found = chain(OWN, *gate, scaling(1 / 6))
    check(found)
    assert classes(found) == ["Rescaling", "Rescaling", "ReLU"]
    assert found.nodes["relu"].config["max_value"] == pytest.approx(1.0)

    assert len(optimized(OWN, *gate, scaling(1 / 6, 0.1))) == 4
    assert len(optimized(OWN, *gate, scaling(-1 / 6))) == 4
    # The limit would differ from channel to channel.
    assert len(optimized(OWN, *gate, scaling([0.1, 0.2, 0.3]))) == 4


def test_a_normalization_behind_an_activation_is_not_folded_back() -> None:
    """relu(x) * a + b is not relu(x * a + b)."""
    found = optimized(conv(activation="relu"), normal())
    assert found == ["Conv2D", "DepthwiseConv2D"]
    # But relu(x) * 2 = relu(2 x).
    assert optimized(conv(activation="relu"), scaling(2.0)) == ["Conv2D"]


BEHIND = {
    "conv": conv(padding="valid"),
    "conv-strided": conv(strides=[2, 1], dilation_rate=[1, 1]),
    "conv-same-one-pixel": conv(padding="same", kernel_size=[1, 1]),
    "conv-active": conv(activation="relu"),
    "depthwise": depthwise(use_bias=False),
    "dense": dense(),
}


@pytest.mark.parametrize("name", BEHIND)
def test_a_normalization_is_folded_into_the_layer_behind(name: str) -> None:
    """Where every window lies inside the picture the shift becomes a bias."""
    assert optimized(OWN, normal(3), BEHIND[name]) == ["Rescaling", BEHIND[name].class_name]


@pytest.mark.parametrize("make", [conv, depthwise, transposed])
@pytest.mark.parametrize("shift", [False, True])
def test_zeros_around_the_picture_forbid_folding_a_shift_forward(make: Any, shift: bool) -> None:
    """The convolution's own zeros come behind the normalisation and are not shifted."""
    found = optimized(OWN, normal(3, shift=shift), make(padding="same", use_bias=False))
    assert len(found) == (3 if shift else 2)
    padded = layer("ZeroPadding2D", padding=ZEROS)
    found = optimized(OWN, normal(3, shift=shift), padded, conv(), only="fold-batch-normalization")
    assert ("BatchNormalization" in found) is shift


@pytest.mark.parametrize(
    "between",
    [
        [FLAT],
        [layer("GlobalAveragePooling2D", **LAYOUT)],
        [layer("AveragePooling2D"), FLAT],
        [layer("Reshape", target_shape=[4, 18])],
        [layer("Permute", dims=[2, 1, 3]), FLAT],
    ],
    ids=str,
)
def test_a_normalization_crosses_to_the_dense_layer_behind(between: list[Node]) -> None:
    """Flattened, its numbers repeat for every pixel."""
    depth = run(chain(*between)).shape[-1]
    found = optimized(OWN, normal(3), *between, dense(depth))
    assert found == ["Rescaling", *(node.class_name for node in between), "Dense"]


def test_a_permutation_of_the_channels_is_not_crossed() -> None:
    """The channels would be mixed up; one number for all channels may pass."""
    turned = layer("Permute", dims=[3, 1, 2])
    assert len(optimized(OWN, normal(3), turned, dense(4))) == 4
    assert len(optimized(OWN, scaling(2.0, 1.0), turned, dense(4))) == 3


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_a_factor_of_a_product_is_folded_behind_it(shift: float) -> None:
    """(f x) y = f (x y), as in the gates of MobileNetV3; a shift cannot pass."""
    graph = chain(OWN, layer("Activation", "gate", activation="tanh"), scaling(3.0, shift))
    graph.nodes["product"] = Node("product", "Multiply", {}, ["own", "scaling"])
    graph.output = "product"
    graph.append(copy.deepcopy(conv(padding="valid")))
    check(graph)
    assert ("scaling" in graph.nodes) is bool(shift)


def test_a_layer_that_is_read_twice_is_not_folded() -> None:
    """The other reader needs the numbers before the normalisation."""
    graph = chain(conv(), normal())
    graph.nodes["sum"] = Node("sum", "Add", {}, ["conv", "normal"])
    graph.output = "sum"
    weights = graph.nodes["conv"].weights["kernel"].copy()
    check(graph)
    assert classes(graph) == ["Conv2D", "DepthwiseConv2D", "Add"]
    assert (graph.nodes["conv"].weights["kernel"] == weights).all()


def test_a_normalization_that_is_read_twice_is_not_folded_forward() -> None:
    """Its other reader needs the normalised numbers."""
    graph = chain(OWN, normal(3), conv(padding="valid", kernel_size=[1, 1], filters=3))
    graph.nodes["sum"] = Node("sum", "Add", {}, ["normal", "conv"])
    graph.output = "sum"
    check(graph)
    assert classes(graph) == ["Rescaling", "DepthwiseConv2D", "Conv2D", "Add"]


def test_scalings_in_a_row_become_one_but_the_inputs_own_stays() -> None:
    """The model keeps the layer that tells how its input is scaled."""
    graph = chain(scaling(1 / 255, 0.0, "own"), scaling(2.0, 1.0, "one"), scaling(-3.0, 0.5, "two"))
    check(graph)
    assert list(graph.nodes) == ["in", "own", "one"]
    assert graph.nodes["own"].config == {"scale": 1 / 255, "offset": 0.0}
    assert len(optimized(OWN, normal(3))) == 2
    assert len(optimized(scaling(1.0, 0.0, "own"))) == 1


@pytest.mark.parametrize("second", [normal(3, "second"), scaling(2.0, 1.0), scaling([1, 2, 3], 1)])
def test_normalizations_in_a_row_become_one(second: Node) -> None:
    """With another one, with a scaling, and with one per channel."""
    found = optimized(OWN, normal(3), second, only="merge-rescaling")
    assert found == ["Rescaling", "BatchNormalization"]


def test_a_normalization_that_stays_becomes_a_depthwise_convolution() -> None:
    """Of pixels; one of a vector is cheap as it is."""
    relu = layer("ReLU")
    assert optimized(OWN, normal(3), relu) == ["Rescaling", "DepthwiseConv2D", "ReLU"]
    pooled = layer("GlobalAveragePooling2D", **LAYOUT)
    found = optimized(OWN, relu, pooled, normal(3), only="replace-batch-normalization")
    assert found[-1] == "BatchNormalization"


def test_what_float32_cannot_hold_is_not_folded() -> None:
    """An overflow would be refused by the gate, where the unfolded layers are fine."""
    node = conv()
    node.weights["kernel"][0] = 1e38
    graph = chain(node, scaling(1e3))
    optimize(graph)
    assert classes(graph) == ["Conv2D", "Rescaling"]
