"""What a layer computes at its end: within the kernel where it is a bound, else in place.

The twin of the client's `engine/epilogue.ts`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from kerasport.engine.program import MemoryPlace, ProgramWriter

__all__ = ["UNBOUNDED", "Clamp", "activate", "call_activation", "clamp_of"]


class Clamp(NamedTuple):
    """Bounds of what a kernel writes."""

    low: float
    high: float


UNBOUNDED = Clamp(-math.inf, math.inf)

_CLAMPS = {"linear": UNBOUNDED, "relu": Clamp(0, math.inf), "relu6": Clamp(0, 6)}


def clamp_of(activation: str) -> Clamp:
    """Return how a layer's values are bounded; `activate` does what is more than that."""
    return _CLAMPS.get(activation, UNBOUNDED)


def activate(
    writer: ProgramWriter, activation: str, place: MemoryPlace, rows: int, columns: int
) -> None:
    """Compute an activation that is no bound in place, on `rows` times `columns` values."""
    if activation not in _CLAMPS:
        call_activation(writer, activation, place, place, rows, columns)


def call_activation(
    writer: ProgramWriter,
    activation: str,
    start: MemoryPlace,
    end: MemoryPlace,
    rows: int,
    columns: int,
) -> None:
    """Compute any activation but `linear` from `start` to `end`, which may be the same."""
    if activation in ("softmax", "logSoftmax"):
        writer.call(activation, start, end, rows, columns)
    else:
        writer.call(activation, start, end, rows * columns)
