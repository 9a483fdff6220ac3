"""Copies with steps, from which everything is written that only moves values.

The twin of the client's `engine/rows.ts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kerasport.bundle.layer_rules import Shape
from kerasport.engine.program import VALUE, MemoryPlace, ProgramWriter, Tensor

__all__ = ["Rows", "copy_rows", "repeated", "transposed"]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is copied: groups of blocks of rows of `bytes`, with steps in bytes on both sides."""

    bytes: int
    rows: int = 1
    from_step: int = 0
    to_step: int = 0
    blocks: int = 1
    from_block: int = 0
    to_block: int = 0
    groups: int = 1
    group: int = 0


def copy_rows(writer: ProgramWriter, start: MemoryPlace, end: MemoryPlace, how: Rows) -> None:
    writer.call(
        "copyRows",
        *(start, end, how.bytes, how.rows, how.from_step, how.to_step),
        *(how.blocks, how.from_block, how.to_block, how.groups, how.group),
    )


def repeated(writer: ProgramWriter, tensor: Tensor, shape: Shape) -> Tensor:
    """Return a tensor with sides of 1 as often as another shape of the same rank has them."""
    for axis in reversed(range(len(shape))):
        times = shape[axis]
        if times == tensor.shape[axis]:
            continue
        size = VALUE * math.prod(tensor.shape[axis:])
        rows = math.prod(tensor.shape[:axis])
        wider = writer.tensor((*tensor.shape[:axis], times, *tensor.shape[axis + 1 :]))
        step = times * size
        once = Rows(bytes=size, rows=rows, from_step=size, to_step=step)
        copy_rows(writer, tensor.place, wider.place, once)
        # What is there already is copied behind itself: few calls, however often it is.
        done = 1
        while done < times:
            more = Rows(
                bytes=min(done, times - done) * size, rows=rows, from_step=step, to_step=step
            )
            copy_rows(writer, wider.place, wider.place.further(done * size), more)
            done *= 2
        tensor = wider
    return tensor


def transposed(writer: ProgramWriter, tensor: Tensor, order: Sequence[int]) -> Tensor:
    """Return a tensor whose side `axis` is the tensor's side `order[axis]`."""
    sides = tensor.shape
    now = list(range(len(sides)))
    for target, axis in enumerate(order):
        at = now.index(axis)
        before = math.prod(sides[each] for each in now[target:at])
        now.insert(target, now.pop(at))
        shape = tuple(sides[each] for each in now)
        groups, behind = math.prod(shape[:target]), math.prod(shape[at + 1 :])
        tensor = _swapped(writer, tensor, shape, (groups, before, shape[target], behind))
    return tensor


def _swapped(
    writer: ProgramWriter, tensor: Tensor, shape: Shape, four: tuple[int, int, int, int]
) -> Tensor:
    """Seen as a tensor of four sides, the two in the middle change places."""
    groups, outer, inner, values = four
    if outer == 1 or inner == 1:
        return Tensor(shape, tensor.place)
    result = writer.tensor(shape)
    size = VALUE * values
    how = Rows(
        bytes=size,
        groups=groups,
        group=size * outer * inner,
        rows=outer,
        from_step=size * inner,
        to_step=size,
        blocks=inner,
        from_block=size,
        to_block=size * outer,
    )
    copy_rows(writer, tensor.place, result.place, how)
    return result
