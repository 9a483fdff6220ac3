"""The passes together: what they save, and how they are switched off."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from support.graphs import (
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

from kerasport.cli.shared_options import Pass
from kerasport.errors import ExportError
from kerasport.exporter.graph.cost import Cost, cost_of
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.passes.optimize import ALL_PASSES, PASSES, optimize


def everything() -> Graph:
    """A chain with work for every pass."""
    graph = chain(
        scaling(0.5, 0.25, "own"),
        layer("ZeroPadding2D", padding=[[1, 1], [1, 1]]),
        conv(kernel_size=[3, 3], activation="relu6"),
        normal(6, "alone"),
        layer("Activation", activation="linear"),
        conv("two", 6),
        normal(6, "behind"),
        layer("ReLU"),
        scaling(2.0, 1.0, "one"),
        scaling(3.0, 1.0, "other"),
        layer("Activation", "tanh", activation="tanh"),
    )
    for name, activation in (("twin", "tanh"), ("unused", "softsign")):
        graph.nodes[name] = layer("Activation", name, activation=activation)
        graph.nodes[name].inputs = ["other"]
    graph.append(layer("Add", "sum"))
    graph.nodes["sum"].inputs = ["tanh", "twin"]
    graph.append(normal(6, "last"))
    graph.append(layer("Activation", "end", activation="tanh"))
    return graph


def describe(graph: Graph) -> list[tuple[str, dict[str, Any]]]:
    return [(node.class_name, node.config) for node in graph]


@pytest.mark.parametrize("name", PASSES)
def test_each_pass_can_be_switched_off(name: str) -> None:
    """Without it another graph is left."""
    whole, part = everything(), everything()
    optimize(whole)
    optimize(part, without=[name])
    assert describe(part) != describe(whole)


def test_all_passes_can_be_switched_off() -> None:
    """`all` leaves every layer and weight."""
    graph = everything()
    optimization = optimize(graph, without=["all"])
    assert [repr(node) for node in graph] == [repr(node) for node in everything()]
    assert optimization.before == optimization.after


def test_an_unknown_pass_is_refused() -> None:
    """The message lists the passes."""
    with pytest.raises(ExportError, match=r"There is no pass 'magic'. Passes: .*fold-batch-norm"):
        optimize(chain(), without=["magic"])


def test_the_command_line_knows_every_pass() -> None:
    """`--without` lists the names that the exporter knows."""
    assert get_args(Pass) == (ALL_PASSES, *PASSES)


def test_the_passes_together_leave_the_numbers() -> None:
    """With all of them at work on one graph."""
    graph = everything()
    expected = run(graph)
    optimize(graph)
    # tanh of float32 sums that round differently; the values are below 10 in between.
    np.testing.assert_allclose(run(graph), expected, rtol=0, atol=1e-5)


def test_the_optimization_counts_before_and_after() -> None:
    """A folded normalisation takes its layer, its arithmetic and its parameters away."""
    graph = chain(conv(use_bias=False), normal())
    optimization = optimize(graph)
    # The output has 4 x 3 pixels of 6 channels, the kernel 3 x 2 x 3 x 6 values.
    assert optimization.before == Cost(3, 12 * 108 + 72, 108 + 24)
    assert optimization.after == Cost(2, 12 * 108, 108 + 6)
    assert classes(graph) == ["Conv2D"]


def test_multiply_adds_of_each_kind_of_layer() -> None:
    """Per output pixel the whole kernel; transposed, per input pixel; dense, per vector."""
    picture = 6 * 4
    for node, expected in (
        (conv(padding="same", strides=[2, 2]), 3 * 2 * (3 * 2 * 3 * 6)),
        (depthwise(padding="same"), picture * (3 * 2 * 3 * 2)),
        (transposed(strides=[2, 2]), picture * (3 * 2 * 3 * 6)),
        (dense(), picture * 3 * 6),
        (scaling(2.0), picture * 3),
        (layer("ReLU"), 0),
    ):
        assert cost_of(chain(node)).multiply_adds == expected, node
