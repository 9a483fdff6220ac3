"""Calls of the kernels that multiply with weights, with names instead of positions.

The twin of the client's `engine/convolve.ts`: the pieces that a window is cut into fix the order of
the sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kerasport.engine.epilogue import UNBOUNDED, Clamp
from kerasport.engine.program import VALUE, MemoryPlace, ProgramWriter

__all__ = [
    "PANEL",
    "Convolution",
    "Lines",
    "Panels",
    "Window",
    "convolve",
    "packed",
    "packed_again",
]

PANEL = 8
"""Columns of the kernels' tiles, and of a panel of weights."""

_MOST_VALUES = 256
"""Values that are summed up in one go; the sums of more pieces are added up in the output."""


@dataclass(frozen=True)
class Window:
    """`down` times `along` times `run` values one behind the other; steps in bytes."""

    run: int
    down: int = 1
    down_step: int = 0
    along: int = 1
    along_step: int = 0

    @property
    def values(self) -> int:
        """How many there are."""
        return self.down * self.along * self.run


@dataclass(frozen=True)
class _Piece:
    """A part of a window, `start` bytes behind its start, and its weights."""

    window: Window
    start: int
    place: MemoryPlace


@dataclass(frozen=True)
class Panels:
    """Weights for every piece of a window, in the order in which they are added up."""

    pieces: tuple[_Piece, ...]
    columns: int


@dataclass(frozen=True)
class Lines:
    """Places of a picture: `step` bytes from one to the next, `line` bytes from line to line."""

    place: MemoryPlace
    step: int
    line: int


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """A convolution of `places` places, `across` in a line, from the start of a line on.

    Attributes:
        start: where the window of each place starts.
        added: what is added before the bounds are kept, laid out as the output.
    """

    start: Lines
    weights: Panels
    to: Lines
    added: MemoryPlace | None = None
    clamp: Clamp = UNBOUNDED
    across: int
    places: int


def packed(
    writer: ProgramWriter,
    window: Window,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
) -> Panels:
    """Lay a kernel `[..., columns]` and its bias into panels while they are loaded."""
    columns = kernel.shape[-1]
    values = kernel.reshape(-1, columns)
    biases: MemoryPlace | int = 0 if bias is None else writer.raw(bias)
    pieces = []
    for part, start in _parts(window):
        place = writer.prepared(_panel_bytes(part.values, columns))
        # Each for itself: they need not be there at once.
        raw = writer.raw(values[: part.values])
        writer.prepare("pack", raw, biases, place, part.values, columns)
        values = values[part.values :]
        biases = 0
        pieces.append(_Piece(part, start, place))
    return Panels(tuple(pieces), columns)


def packed_again(writer: ProgramWriter, matrix: MemoryPlace, values: int, columns: int) -> Panels:
    """Lay a matrix that layers have computed into panels, for each picture."""
    parts = list(_parts(Window(values)))
    end = writer.bytes(sum(_panel_bytes(part.run, columns) for part, _ in parts))
    pieces = []
    for part, start in parts:
        writer.call("pack", matrix.further(start * columns), 0, end, part.run, columns)
        pieces.append(_Piece(part, start, end))
        end = end.further(_panel_bytes(part.run, columns))
    return Panels(tuple(pieces), columns)


def convolve(writer: ProgramWriter, work: Convolution) -> None:
    """Call the kernel for each piece of the window."""
    to = work.to
    added: MemoryPlace | int = work.added or 0
    for piece in work.weights.pieces:
        window = piece.window
        clamp = work.clamp if piece is work.weights.pieces[-1] else UNBOUNDED
        writer.call(
            "convolve",
            *(work.start.place.further(piece.start), piece.place, to.place, added),
            *(work.across, work.start.step, work.start.line),
            *(window.down, window.down_step, window.along, window.along_step, window.run),
            *(to.step, to.line, work.weights.columns, clamp.low, clamp.high, work.places),
        )
        added = to.place


def _panel_bytes(values: int, columns: int) -> int:
    """Return the size of a bias and some values for each column of whole panels."""
    return math.ceil(columns / PANEL) * PANEL * (values + 1) * VALUE


def _parts(window: Window, start: int = 0) -> Iterator[tuple[Window, int]]:
    """Cut the outermost side of a window that makes it small enough, then what is too large."""
    if window.values <= _MOST_VALUES:
        yield window, start
    elif window.down > 1:
        for first, count in _cut(window.down, window.along * window.run):
            yield from _parts(replace(window, down=count), start + first * window.down_step)
    elif window.along > 1:
        for first, count in _cut(window.along, window.run):
            yield from _parts(replace(window, along=count), start + first * window.along_step)
    else:
        for first, count in _cut(window.run, 1):
            yield replace(window, run=count), start + first * VALUE


def _cut(length: int, values: int) -> Iterator[tuple[int, int]]:
    """Yield where parts of nearly the same length start, as long as may be, and their lengths."""
    parts = math.ceil(length / max(1, _MOST_VALUES // values))
    for part in range(parts):
        first = part * length // parts
        yield first, (part + 1) * length // parts - first
