"""What a layer computes at its end: within the kernel where it is a bound, else in place.

The twin of the client's `engine/epilogue.ts`.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

from kerasport.engine.program import MemoryPlace, ProgramWriter, Tensor

__all__ = ["UNBOUNDED", "Clamp", "Ending", "Gate", "activate", "call_activation", "clamp_of"]


class Clamp(NamedTuple):
    """Bounds of what a kernel writes."""

    low: float
    high: float


class Gate(NamedTuple):
    """A value times `factor` times itself plus `offset`, bounded by 0 and 1: hard swish."""

    factor: float
    offset: float


Ending: TypeAlias = str | Clamp | Gate
"""What is computed from each value at the end of a layer; an activation by its name."""

UNBOUNDED = Clamp(-math.inf, math.inf)

_CLAMPS = {"linear": UNBOUNDED, "relu": Clamp(0, math.inf), "relu6": Clamp(0, 6)}


def clamp_of(ending: Ending) -> Clamp:
    """Return how a layer's values are bounded; `activate` does what is more than that."""
    return _bounds_of(ending) or UNBOUNDED


def _bounds_of(ending: Ending) -> Clamp | None:
    """Return the bounds that an ending is, if it is nothing else."""
    if isinstance(ending, str):
        return _CLAMPS.get(ending)
    return ending if isinstance(ending, Clamp) else None


def activate(
    writer: ProgramWriter, ending: Ending, place: MemoryPlace, rows: int, columns: int
) -> None:
    """Compute what is no bound in place, on `rows` times `columns` values."""
    if _bounds_of(ending) is None:
        call_activation(writer, ending, Tensor((rows, columns), place), place)


def call_activation(writer: ProgramWriter, ending: Ending, tensor: Tensor, to: MemoryPlace) -> None:
    """Compute any activation but `linear` and mere bounds; `to` may be the tensor's own place."""
    if isinstance(ending, Gate):
        writer.call("gate", tensor.place, to, tensor.size, ending.factor, ending.offset)
    elif ending in ("softmax", "logSoftmax"):
        columns = tensor.shape[-1]
        writer.call(str(ending), tensor.place, to, tensor.size // columns, columns)
    else:
        writer.call(str(ending), tensor.place, to, tensor.size)
