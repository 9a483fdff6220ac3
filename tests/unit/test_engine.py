"""The engine of the browsers in Python, beside the independent runtime in numpy."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.graphs import chain, conv, dense, depthwise, layer, normal, scaling, transposed

from kerasport import prediction
from kerasport.bundle import Bundle
from kerasport.bundle.plan import ACTIVATION_NAMES
from kerasport.engine import Engine, binary, engine_for, model, program
from kerasport.engine.arena import Region, lay_out, lay_out_in_order, round_up
from kerasport.engine.program import ProgramWriter, TooLarge
from kerasport.errors import BrowserError, BundleError, KerasportError, UsageError
from kerasport.exporter.graph import Graph, named_weights, topology
from kerasport.runtime import Runtime

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
SHAPE = (13, 10, 3)
PIXELS = np.random.default_rng(5).integers(0, 256, (2, *SHAPE), dtype=np.uint8)


@pytest.fixture
def wasmtime() -> Any:
    """What runs the kernels; it is an extra."""
    return pytest.importorskip("wasmtime")


def difference(graph: Graph, winograd: dict[str, int] | None = None) -> float:
    """The largest one between the engine and numpy in float64, of values of some size."""
    weights = named_weights(graph, np.float32)
    expected = Runtime.of(topology(graph), weights, SHAPE, np.float64).predict(PIXELS)
    received = Engine.of(topology(graph), weights, winograd or {}).predict(PIXELS)
    assert received.shape == expected.shape
    return float(np.abs(received - expected).max() / max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@pytest.mark.parametrize(
    "make", [conv, depthwise, transposed, dense], ids=["conv", "depthwise", "transposed", "dense"]
)
def test_products_with_weights_are_those_of_numpy(
    make: Any, activation: str, wasmtime: Any
) -> None:
    """Every layer with weights gives numpy's values behind every activation."""
    node = make(activation=activation)
    graph = chain(scaling(1 / 127.5, -1.0), node, shape=SHAPE)

    # A few float32 roundings: of sums, and of the exponentials' polynomials.
    assert difference(graph) < 2e-6


@pytest.mark.parametrize("side", [2, 4])
def test_convolutions_in_tiles_are_those_of_numpy(side: int, wasmtime: Any) -> None:
    """Winograd's way gives the sums of the plain one, with its border and its rests."""
    nodes = [conv("conv", 3, 11, kernel_size=[3, 3], padding="same"), conv("last", 11, 4)]
    graph = chain(scaling(1 / 127.5, -1.0), *nodes, layer("Flatten"), shape=SHAPE)

    assert 0 < difference(graph, {"conv": side}) < 5e-6


def test_sums_are_cut_into_pieces_and_joined(wasmtime: Any) -> None:
    """More products than are added up in one go come to one sum, residuals before it."""
    first = conv("first", 3, 72, kernel_size=[3, 3], padding="same")
    wide = conv("wide", 72, 72, kernel_size=[3, 3], padding="same")
    graph = chain(scaling(1 / 127.5, -1.0), first, wide, shape=SHAPE)
    graph.append(layer("Add", "sum"))
    graph.nodes["sum"].inputs = ["wide", "first"]
    graph.append(layer("Add", "again"))
    graph.nodes["again"].inputs = ["sum", "first"]
    graph.append(normal(72))

    assert difference(graph) < 2e-6


def test_a_bundle_answers_as_in_numpy(wasmtime: Any) -> None:
    """The frozen bundle gives numpy's probabilities, in float32 and one row per picture."""
    bundle = Bundle.open(FROZEN)
    pixels = np.random.default_rng(1).integers(
        0, 256, (3, *bundle.metadata.input_shape), dtype=np.uint8
    )

    answers = Engine(bundle).predict(pixels)

    assert answers.dtype == np.float32
    assert np.abs(answers - Runtime(bundle).predict(pixels)).max() < 1e-6
    assert Engine(bundle).predict(pixels[:0]).shape == (0, answers.shape[1])


def test_an_answer_does_not_depend_on_the_one_before(wasmtime: Any) -> None:
    """The same picture gives the same bits after another one."""
    bundle = Bundle.open(FROZEN)
    engine = Engine(bundle)
    shape = bundle.metadata.input_shape
    black, white = np.zeros((1, *shape), np.uint8), np.full((1, *shape), 255, np.uint8)

    first = engine.predict(black)
    engine.predict(white)

    assert engine.predict(black).tobytes() == first.tobytes()


@pytest.mark.parametrize("pixels", [PIXELS, np.zeros((1, 8, 8, 1), np.float32), np.zeros(3)])
def test_pixels_of_another_shape_are_refused(pixels: Any, wasmtime: Any) -> None:
    """What is not one picture of bytes per row never reaches the memory."""
    with pytest.raises(BundleError, match="Expected uint8 of"):
        Engine(Bundle.open(FROZEN)).predict(pixels)


def test_a_model_that_is_too_large_is_refused_before_memory_is_reserved(
    monkeypatch: pytest.MonkeyPatch, wasmtime: Any
) -> None:
    """The plan's bytes are looked at first; whoever takes what is there gets numpy."""
    monkeypatch.setattr(program, "MAX_ENGINE_BYTES", 1000)
    monkeypatch.setattr(model, "Program", lambda plan: pytest.fail("memory was reserved"))
    bundle = Bundle.open(FROZEN)

    with pytest.raises(BundleError, match=r"bytes on the engine\. Expected at most 1,000"):
        Engine(bundle)
    assert engine_for(bundle) is None


def test_a_layer_of_many_different_sums_is_refused(
    monkeypatch: pytest.MonkeyPatch, wasmtime: Any
) -> None:
    """A list of calls that would take minutes to write is given up in the client's words."""
    monkeypatch.setattr(program, "MAX_ENGINE_CALLS", 1000)
    graph = chain(transposed(strides=[40, 50], kernel_size=[1, 1]), shape=(1, 1, 3))

    with pytest.raises(
        TooLarge,
        match=r"more than 1,000 calls of the engine's kernels\. Expected fewer\. Run it in",
    ):
        Engine.of(topology(graph), named_weights(graph, np.float32))


def test_a_step_that_leads_nowhere_may_be_any_number(wasmtime: Any) -> None:
    """Strides past the picture and dilations of one tap reach no kernel."""
    far = conv("far", 3, 5, kernel_size=[13, 10], strides=[2**27, 2**27])
    wide = conv("wide", 5, 5, kernel_size=[1, 1], dilation_rate=[2**27, 2**27])

    assert difference(chain(scaling(1 / 127.5, -1.0), far, wide, shape=SHAPE)) < 2e-6


@pytest.mark.parametrize("runtime", ["engine", "numpy"])
def test_whole_numbers_may_be_written_with_a_fraction(runtime: str, wasmtime: Any) -> None:
    """2.0 is 2 wherever a layer is set to it, as it is in JavaScript."""

    def in_floats(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: in_floats(item) for key, item in value.items()}
        if isinstance(value, list):
            return [in_floats(item) for item in value]
        return float(value) if type(value) is int else value

    padding = layer("ZeroPadding2D", padding=[[1, 2], [0, 1]])
    permute = layer("Permute", dims=[2, 1, 3])
    graph = chain(padding, conv("conv", 3, 4, strides=[2, 2]), permute, shape=SHAPE)
    weights = named_weights(graph, np.float32)

    def answer(document: dict[str, Any]) -> Any:
        if runtime == "numpy":
            return Runtime.of(document, weights, SHAPE).predict(PIXELS)
        return Engine.of(document, weights).predict(PIXELS)

    assert answer(in_floats(topology(graph))).tobytes() == answer(topology(graph)).tobytes()


def test_without_wasmtime_the_message_has_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asks for the engine is told what is missing; who takes what is there gets numpy."""
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    binary._compiled.cache_clear()
    bundle = Bundle.open(FROZEN)

    with pytest.raises(KerasportError, match=r"pip install 'kerasport\[engine\]'"):
        Engine(bundle)
    assert engine_for(bundle) is None


def test_where_wasmtime_does_not_run_numpy_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine that wasmtime is not built for has its reason in the message, and numpy."""
    (tmp_path / "wasmtime.py").write_text("raise RuntimeError('unsupported architecture: s390x')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wasmtime", raising=False)
    binary._compiled.cache_clear()
    bundle = Bundle.open(FROZEN)

    with pytest.raises(KerasportError, match=r"s390x\. Answer in numpy: --engine numpy"):
        Engine(bundle)
    assert engine_for(bundle) is None


def test_kernels_of_another_build_are_told_from_these(
    monkeypatch: pytest.MonkeyPatch, wasmtime: Any
) -> None:
    """A checkout whose web side is older says how to build it, and calls nothing."""
    prepare = ProgramWriter.prepare

    def longer(writer: ProgramWriter, kernel: str, *arguments: Any) -> None:
        prepare(writer, kernel, *arguments, 0)

    monkeypatch.setattr(ProgramWriter, "prepare", longer)

    with pytest.raises(BrowserError, match="build them again with: make web"):
        Engine(Bundle.open(FROZEN))


def test_a_run_answers_through_keras_alone(tmp_path: Path) -> None:
    """An engine that is chosen for a run is a mistake of the caller's."""
    run: Any = SimpleNamespace(path=tmp_path, description=Bundle.open(FROZEN).metadata)

    with pytest.raises(UsageError, match="is a run, which answers through Keras"):
        prediction.predict_each(run, [], engine="numpy")


class Said:
    """Keeps what a user is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str) -> None:
        """Keep a line."""
        self.lines.append(message)


@pytest.mark.parametrize(
    ("choice", "said"), [("auto", "engine"), ("wasm", "engine"), ("numpy", "numpy")]
)
def test_predictions_say_what_answers(choice: Any, said: str, wasmtime: Any) -> None:
    """The engine answers where it is there, and what answered is said once."""
    told: Any = Said()
    pictures = sorted((FROZEN / "samples").glob("*.png"))[:2]

    answers = list(
        prediction.predict_each(Bundle.open(FROZEN), pictures, engine=choice, progress=told)
    )

    assert len(answers) == len(pictures)
    assert len(told.lines) == 1
    assert said in told.lines[0]


@pytest.mark.parametrize("lay_out", [lay_out, lay_out_in_order])
@given(
    pieces=st.lists(
        st.tuples(st.integers(1, 500), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_needed_at_once_does_not_overlap(
    lay_out: Any, pieces: list[tuple[int, int, int]]
) -> None:
    """Regions whose times meet lie apart, with what may be read behind them."""
    regions = [Region(size, min(one, two), max(one, two)) for size, one, two in pieces]

    end = lay_out(regions, 64)

    for one in regions:
        assert one.address % 64 == 0
        assert 64 <= one.address <= end - round_up(one.bytes)
        for other in regions:
            if one is not other and one.first <= other.last and other.first <= one.last:
                ends = [each.address + round_up(each.bytes) for each in (one, other)]
                assert one.address >= ends[1] or other.address >= ends[0]


def test_what_stays_shares_its_memory_with_nothing() -> None:
    """Weights keep their addresses for themselves, however long what passes is needed."""
    writer = ProgramWriter()
    kept = [writer.constant(np.zeros(100)), writer.prepared(300)]
    passing = [writer.bytes(500) for _ in range(3)]
    for place in passing:
        writer.call("kernel", place, *kept)

    plan = writer.finish()

    end = max(place.address + round_up(place.region.bytes) for place in kept)
    assert all(place.address >= end for place in passing)
    assert plan.bytes >= end + round_up(500)
    # They are not needed at the same time.
    assert len({place.address for place in passing}) == 1


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_pictures_are_dealt_to_threads_and_answered_alike(
    workers: int, count: int, wasmtime: Any
) -> None:
    """Any number of workers gives the bits of one, each answer in its place."""
    bundle = Bundle.open(FROZEN)
    pixels = np.random.default_rng(1).integers(0, 256, (count, *bundle.metadata.input_shape))

    answers = Engine(bundle, workers=workers).predict(pixels.astype(np.uint8))

    expected = [Engine(bundle).predict(each[None].astype(np.uint8))[0] for each in pixels]
    np.testing.assert_array_equal(answers, np.array(expected, np.float32).reshape(answers.shape))


def test_any_number_of_threads_may_ask(wasmtime: Any) -> None:
    """More threads than there are memories wait for each other, and none gets another's answer."""
    bundle = Bundle.open(FROZEN)
    shape = (24, *bundle.metadata.input_shape)
    pixels = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    engine = Engine(bundle, workers=2)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: engine.predict(each[None])[0], pixels))

    np.testing.assert_array_equal(np.stack(answers), Engine(bundle).predict(pixels))


def test_workers_together_keep_to_the_memory(
    wasmtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where several memories are too much there are fewer, and one at least."""
    bundle = Bundle.open(FROZEN)
    size = Engine(bundle)._written.plan.bytes
    for most, expected in ((3 * size, 3), (1, 1), (100 * size, 8)):
        monkeypatch.setattr(model, "_MOST_BYTES", most)

        assert Engine(bundle, workers=8).workers == expected
