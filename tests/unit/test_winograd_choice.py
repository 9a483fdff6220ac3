"""Which convolutions may be computed by Winograd's way, chosen by measuring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from kerasport.bundle.measured import FloatRounding, Winograd
from kerasport.bundle.winograd import has_tiles
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


@pytest.fixture
def all_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of 4 for every convolution that can have them: the graphs are small."""

    def find(graph: Graph) -> dict[str, int]:
        return {node.name: 4 for node in graph if has_tiles(node.class_name, node.config)}

    monkeypatch.setattr(choice, "candidates_of", find)


def graph_of(*nodes: Node, output: str, side: int | None = None) -> Graph:
    shape = SHAPE if side is None else (side, side, 3)
    source = Node("pixels", "InputLayer", {"batch_input_shape": [None, *shape]})
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


@pytest.mark.parametrize(
    ("side", "inputs", "outputs", "fastest"),
    [
        pytest.param(32, 32, 32, 4, id="many-places"),
        pytest.param(8, 128, 128, 2, id="few-places"),
        pytest.param(4, 8, 8, None, id="a-small-map"),
        pytest.param(32, 3, 32, None, id="few-inputs"),
        pytest.param(28, 512, 512, 2, id="weights-too-large-in-tiles-of-4"),
    ],
)
def test_the_fastest_tiles_are_taken(
    side: int, inputs: int, outputs: int, fastest: int | None
) -> None:
    """Tiles pay where the products that they save take longer than the transforms."""
    kernel = np.broadcast_to(np.float32(0), (3, 3, inputs, outputs))
    nodes = [
        convolution("point", "pixels", np.zeros((1, 1, 3, inputs)), padding="same"),
        convolution("strided", "point", kernel, padding="same", strides=[2, 2]),
        convolution("dilated", "point", kernel, padding="same", dilation_rate=[2, 2]),
        convolution("right", "point", kernel, padding="same"),
    ]

    found = candidates_of(graph_of(*nodes, output="right", side=side))

    assert found == ({} if fastest is None else {"right": fastest})


@pytest.mark.usefixtures("all_fastest")
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


@pytest.mark.usefixtures("all_fastest")
def test_what_gains_most_is_first_to_get_smaller_tiles() -> None:
    """The gain is counted against the size of the outputs, not of the inputs."""
    graph = cancelling()
    values = NumpyEngine(graph, SHAPE, np.float64).runtime.trace(PIXELS[0])

    gains = rounding_gains(graph, ["robust", "sensitive"], values)

    assert gains["sensitive"] > 100 * gains["robust"] > 0


@pytest.mark.usefixtures("all_fastest")
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
@pytest.mark.usefixtures("all_fastest")
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
@pytest.mark.usefixtures("all_fastest")
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
