"""Choose the tiles of every convolution by measuring the whole model's answers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.measured import FloatRounding, Winograd
from kerasport.exporter.answering import rounded_up
from kerasport.exporter.answering.engines import NumpyEngine
from kerasport.exporter.graph import cost_of
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.graph.topology import named_weights, topology
from kerasport.exporter.winograd.candidates import Side, candidates_of, rounding_gains
from kerasport.progress import SILENT, Progress
from kerasport.runtime import Runtime

__all__ = ["MOST_TRIALS", "choose_tiles"]

Tiles: TypeAlias = dict[str, Side]

_TIMES = 2
"""How many times the rounding of plain sums in float32 the answers may be off."""

_SHARES = (1, 3 / 4, 1 / 2, 1 / 4, 0)
"""Of the convolutions that are fastest so, how many are in tiles of 4, as it is tried."""

MOST_TRIALS = len(_SHARES)
"""Times that the model answers before it is known that all its sums are to be plain ones."""

_MULTIPLY_ADDS = 120_000_000_000
"""What all trials together may spend: about a minute of numpy on two cores."""


def choose_tiles(
    graph: Graph,
    pixels: NDArray[np.uint8],
    exact: NDArray[np.float64],
    rounding: FloatRounding,
    *,
    progress: Progress = SILENT,
) -> Winograd | None:
    """Return which convolutions may be computed by Winograd's way; None where none may.

    The largest difference of a probability from float64 stays within twice that of the original
    in float32, or of the files in plain sums where that is larger, and within the tolerance.

    Args:
        graph: lowered, with the weights as they are stored.
        pixels: uint8 `[n, height, width, channels]`, those that `rounding` was measured on.
        exact: what the graph gives for them in float64, `[n, classes]`.
        rounding: what float32 adds to the answers of the original and of the files.
        progress: told what was tried and is not taken.
    """
    fastest = candidates_of(graph)
    if not fastest:
        return None
    allowed = min(_TIMES * max(rounding.keras, rounding.bundle), rounding.tolerance)
    of_one = MOST_TRIALS * cost_of(graph).multiply_adds
    count = min(len(pixels), max(1, _MULTIPLY_ADDS // max(1, of_one)))
    off_by = functools.partial(_off_by, graph, pixels[:count], exact[:count])
    # Of a very large network the safe choice alone is measured, on one picture.
    safe: Tiles = dict.fromkeys(fastest, 2)
    trials = iter([safe]) if of_one > _MULTIPLY_ADDS else _trials(graph, fastest, pixels)
    return _first_within(allowed, trials, off_by, progress)


def _first_within(
    allowed: float,
    trials: Iterable[Tiles],
    off_by: Callable[[Tiles], float],
    progress: Progress,
) -> Winograd | None:
    """Return the first of the choices with which the answers are off by no more than is allowed."""
    for tiles in trials:
        off = off_by(tiles)
        # What is no number is not within anything.
        if off <= allowed:
            return Winograd(tiles=tiles, rounding=rounded_up(off))
        fours = sum(side == 4 for side in tiles.values())
        progress.say(
            f"Winograd with {fours} of {len(tiles)} convolutions in tiles of 4, the others of 2: "
            f"off by {off:.1e}, allowed are {allowed:.1e}"
        )
    return None


def _trials(graph: Graph, fastest: Tiles, pixels: NDArray[np.uint8]) -> Iterator[Tiles]:
    """Yield the fastest, then more and more of them in tiles of 2, those first that gain most."""
    yield fastest
    names = [name for name, side in fastest.items() if side == 4]
    if not names:
        return
    runtime = NumpyEngine(graph, pixels.shape[1:], np.float64).runtime
    gains = rounding_gains(graph, names, runtime.trace(pixels[0]))
    ordered = sorted(names, key=lambda name: (gains[name], name))
    counts = dict.fromkeys(int(share * len(names)) for share in _SHARES[1:])
    for count in counts:
        smallest = set(ordered[:count])
        yield {name: 4 if name in smallest else 2 for name in fastest}


def _off_by(
    graph: Graph, pixels: NDArray[np.uint8], exact: NDArray[np.float64], tiles: Mapping[str, int]
) -> float:
    """Return the largest difference of a probability from float64, computed in these tiles."""
    runtime = Runtime.of(
        topology(graph), named_weights(graph, np.float32), pixels.shape[1:], winograd=tiles
    )
    return float(np.abs(runtime.predict(pixels) - exact).max())
