"""Which convolutions may be computed by Winograd's way, chosen by measuring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from kerasport.bundle.metadata import FloatRounding, Winograd
from kerasport.exporter.answering.engines import NumpyEngine
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.topology import named_weights, topology
from kerasport.exporter.winograd import MOST_TRIALS, choice, choose_tiles
from kerasport.exporter.winograd.candidates import candidates_of, rounding_gains
from kerasport.progress import SilentProgress
from kerasport.runtime import Runtime

CHANNELS = 8
SHAPE = (12, 11, 3)
Array = np.ndarray[Any, Any]


def convolution(name: str, source: str, kernel: Array, bias: float = 0.0, **config: Any) -> Node:
    filters = kernel.shape[3]
    settings = {
        "filters": filters,
        "kernel_size": list(kernel.shape[:2]),
        "strides": [1, 1],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "activation": "linear",
        "use_bias": True,
        **config,
    }
    return Node(
        name, "Conv2D", settings, [source], {"kernel": kernel, "bias": np.full(filters, bias)}
    )


def graph_of(*nodes: Node, output: str) -> Graph:
    source = Node("pixels", "InputLayer", {"batch_input_shape": [None, *SHAPE]})
    return Graph("test", {node.name: node for node in (source, *nodes)}, "pixels", output)


def cancelling() -> Graph:
    """Two convolutions of whole numbers, which plain sums and tiles of 2 hold exactly.

    The first one's large inputs cancel, and the answer depends on what is left; the answer hardly
    depends on the second one, whose inputs do not cancel.
    """
    generator = np.random.default_rng(3)
    spread = generator.integers(1, 4, (1, 1, 3, CHANNELS)).astype(float)
    sensitive = generator.integers(-2, 3, (3, 3, CHANNELS, CHANNELS)).astype(float)
    sensitive[1, 1, 0] -= sensitive.sum(axis=(0, 1, 2))
    robust = generator.integers(1, 3, (3, 3, CHANNELS, CHANNELS)).astype(float)
    values = (SHAPE[0] - 2) * (SHAPE[1] - 2) * CHANNELS
    head = generator.choice([-1.0, 1.0], (2 * values, 3)) * 2.0**-16
    head[values:] *= 2.0**-12
    return graph_of(
        convolution("spread", "pixels", spread, 4096.0),
        convolution("sensitive", "spread", sensitive),
        convolution("robust", "spread", robust),
        Node("first", "Flatten", {}, ["sensitive"]),
        Node("second", "Flatten", {}, ["robust"]),
        Node("both", "Concatenate", {"axis": -1}, ["first", "second"]),
        Node(
            "dense",
            "Dense",
            {"units": 3, "use_bias": False, "activation": "softmax"},
            ["both"],
            {"kernel": head},
        ),
        output="dense",
    )


PIXELS = np.random.default_rng(4).integers(0, 256, (3, *SHAPE), dtype=np.uint8)


def measured(graph: Graph) -> tuple[Array, FloatRounding]:
    """Return the exact answers, and what plain sums in float32 are off."""
    exact = NumpyEngine(graph, SHAPE, np.float64).predict(PIXELS)
    off = float(np.abs(NumpyEngine(graph, SHAPE).predict(PIXELS) - exact).max())
    return exact, FloatRounding(pictures=len(PIXELS), keras=off, bundle=off, tolerance=1e-5)


class Told(SilentProgress):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def say(self, message: str) -> None:
        self.messages.append(message)


def test_only_named_layers_are_computed_in_tiles() -> None:
    """The runtime sums up plainly unless it is told otherwise, and then that layer alone."""
    graph = cancelling()

    def values(tiles: Mapping[str, int]) -> dict[str, Array]:
        weights = named_weights(graph, np.float32)
        return Runtime.of(topology(graph), weights, SHAPE, winograd=tiles).trace(PIXELS[0])

    plain, in_tiles = values({}), values({"sensitive": 4})

    different = [name for name in plain if (plain[name] != in_tiles[name]).any()]
    assert different == ["sensitive", "first", "both", "dense"]


def test_candidates_are_worth_it() -> None:
    """Few channels, small maps, strides, dilations and other windows are left alone."""
    kernel = np.zeros((3, 3, 8, 8))
    nodes = [
        convolution("thin", "pixels", np.zeros((3, 3, 3, 8)), padding="same"),
        convolution("right", "thin", kernel),
        convolution("few", "right", np.zeros((3, 3, 8, 7))),
        convolution("wide", "right", np.zeros((5, 5, 8, 8)), padding="same"),
        convolution("strided", "right", kernel, strides=[2, 2]),
        convolution("dilated", "right", kernel, dilation_rate=[2, 2]),
        convolution("small", "strided", kernel, padding="valid"),
        convolution("padded", "strided", kernel, padding="same"),
    ]

    # The strided one gives 4 x 4, of which "small" leaves 2 x 2.
    graph = graph_of(*nodes, output="padded")
    assert candidates_of(graph) == ["right", "padded"]


def test_tiles_of_4_that_round_too_much_become_tiles_of_2() -> None:
    """Where large values cancel a convolution is computed in smaller tiles, others are not."""
    graph = cancelling()
    exact, rounding = measured(graph)
    told = Told()

    chosen = choose_tiles(graph, PIXELS, exact, rounding, progress=told)

    assert chosen is not None
    assert chosen.tiles == {"sensitive": 2, "robust": 4}
    assert chosen.rounding <= 2 * rounding.bundle
    (message,) = told.messages
    assert message.startswith(
        "Winograd with 2 of 2 convolutions in tiles of 4, the others of 2: off"
    )


def test_what_gains_most_is_first_to_get_smaller_tiles() -> None:
    """The gain is counted against the size of the outputs, not of the inputs."""
    graph = cancelling()
    values = NumpyEngine(graph, SHAPE, np.float64).runtime.trace(PIXELS[0])

    gains = rounding_gains(graph, ["robust", "sensitive"], values)

    assert gains["sensitive"] > 100 * gains["robust"] > 0


def test_where_no_tiles_are_exact_enough_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """All shares are tried, each once, and plain sums are left."""
    graph = cancelling()
    exact, rounding = measured(graph)
    tried = []
    monkeypatch.setattr(choice, "_off_by", lambda *arguments: tried.append(arguments[3]) or 1.0)

    assert choose_tiles(graph, PIXELS, exact, rounding) is None
    assert tried == [
        {"sensitive": 4, "robust": 4},
        {"sensitive": 2, "robust": 4},
        {"sensitive": 2, "robust": 2},
    ]


@pytest.mark.parametrize(
    ("keras", "bundle", "tolerance", "off", "taken"),
    [
        (1e-6, 1e-7, 1e-5, 1.9e-6, True),
        (1e-7, 1e-6, 1e-5, 1.9e-6, True),
        (1e-6, 1e-7, 1e-5, 2.1e-6, False),
        (9e-6, 1e-7, 1e-5, 1.1e-5, False),
        (0.0, 0.0, 1e-5, 0.0, True),
        (1e-6, 1e-6, 1e-5, float("nan"), False),
    ],
    ids=["of-keras", "of-the-files", "too-much", "beyond-the-tolerance", "exact", "no-number"],
)
def test_the_budget_is_twice_the_rounding_of_plain_sums(
    keras: float,
    bundle: float,
    tolerance: float,
    off: float,
    taken: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The larger of the two measures counts, but never more than the tolerance."""
    rounding = FloatRounding(pictures=3, keras=keras, bundle=bundle, tolerance=tolerance)
    monkeypatch.setattr(choice, "_off_by", lambda *_: off)

    chosen = choose_tiles(cancelling(), PIXELS, np.zeros((3, 3)), rounding)

    assert chosen == (
        Winograd(tiles={"sensitive": 4, "robust": 4}, rounding=off) if taken else None
    )


@pytest.mark.parametrize(
    ("budget", "trials", "pictures"),
    [(10**12, MOST_TRIALS - 2, 3), (0, 1, 1)],
    ids=["small", "very-large"],
)
def test_very_large_networks_are_tried_once(
    budget: int, trials: int, pictures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all trials would take too long the safest one is measured, on one picture."""
    tried: list[tuple[int, dict[str, int]]] = []
    monkeypatch.setattr(choice, "_MULTIPLY_ADDS", budget)
    monkeypatch.setattr(choice, "_off_by", lambda _, x, __, t: tried.append((len(x), t)) or 1.0)
    graph = cancelling()

    choose_tiles(graph, PIXELS, *measured(graph))

    assert [count for count, _ in tried] == [pictures] * trials
    assert tried[-1][1] == {"sensitive": 2, "robust": 2}
