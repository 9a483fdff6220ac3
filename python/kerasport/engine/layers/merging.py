"""Layers that combine several inputs. The twin of the client's `engine/layers/merging.ts`."""

from __future__ import annotations

import math
from functools import partial

from kerasport.bundle.layer_rules import Shape
from kerasport.engine.convolve import Convolution, Lines, convolve, packed_again
from kerasport.engine.job import LayerJob
from kerasport.engine.program import VALUE, MemoryPlace, ProgramWriter, Tensor
from kerasport.engine.rows import repeated, transposed

__all__ = [
    "add",
    "average",
    "combine",
    "combine_with_one",
    "dot",
    "maximum",
    "minimum",
    "multiply",
]

_VECTOR = 16
"""Bytes that the kernels go on by."""


def combine(
    writer: ProgramWriter, kernel: str, first: Tensor, second: MemoryPlace, to: MemoryPlace
) -> None:
    """Combine values with others in the same order."""
    writer.call(kernel, first.place, second, to, 1, first.size, 0, _VECTOR)


def combine_with_one(
    writer: ProgramWriter, kernel: str, tensor: Tensor, value: float, to: MemoryPlace
) -> None:
    """Combine all values with one."""
    one = writer.constant([value])
    writer.call(kernel, tensor.place, one, to, 1, tensor.size, 0, 0)


def _walk_over(sides: Shape, whole: Shape) -> tuple[int, int, int, int] | None:
    """Return how a kernel goes over a tensor of the shape `sides` beside one of the shape `whole`.

    Rows, columns, bytes from row to row and from vector to vector; None where its sides of 1 lie
    otherwise than all before or all behind the others.
    """
    runs: list[tuple[int, bool]] = []
    for side, length in zip(sides, whole, strict=True):
        if length == 1:
            continue
        is_shared = side == length
        if runs and runs[-1][1] == is_shared:
            runs[-1] = (runs[-1][0] * length, is_shared)
        else:
            runs.append((length, is_shared))
    if len(runs) > 2:
        return None
    length, is_shared = runs[0] if runs else (1, True)
    if len(runs) < 2:
        return (1, length, 0, _VECTOR if is_shared else 0)
    return (length, runs[1][0], VALUE, 0) if is_shared else (length, runs[1][0], 0, _VECTOR)


def _merge(job: LayerJob, kernel: str) -> Tensor:
    """One after the other; sides of 1 are as long as the others."""
    writer, result = job.writer, job.inputs[0]
    for given in job.inputs[1:]:
        shape = tuple(map(max, result.shape, given.shape))
        whole = math.prod(shape)
        # Their order does not matter, and the first one must be whole.
        if result.size == whole:
            first, second = result, given
        elif given.size == whole:
            first, second = given, result
        else:
            first, second = repeated(writer, result, shape), given
        how = _walk_over(second.shape, shape)
        if how is None:
            second = repeated(writer, second, shape)
        to = writer.tensor(shape)
        writer.call(kernel, first.place, second.place, to.place, *(how or (1, whole, 0, _VECTOR)))
        result = to
    return result


add = partial(_merge, kernel="add")
multiply = partial(_merge, kernel="multiply")
maximum = partial(_merge, kernel="maximum")
minimum = partial(_merge, kernel="minimum")


def average(job: LayerJob) -> Tensor:
    total = add(job)
    if len(job.inputs) > 1:
        combine_with_one(job.writer, "divide", total, len(job.inputs), total.place)
    return total


def dot(job: LayerJob) -> Tensor:
    """The product of two matrices, each along one of its sides, 1 or 2."""
    writer, (first, second) = job.writer, job.config["axes"]
    a, b = job.inputs
    if first == 1:
        a = transposed(writer, a, (1, 0))
    if second == 2:
        b = transposed(writer, b, (1, 0))
    depth, columns = b.shape
    result = writer.tensor(job.shape)
    work = Convolution(
        start=Lines(a.place, depth * VALUE, 0),
        weights=packed_again(writer, b.place, depth, columns),
        to=Lines(result.place, columns * VALUE, 0),
        across=job.shape[0],
        places=job.shape[0],
    )
    convolve(writer, work)
    return result
