"""Convolutions of 3 x 3 with stride 1 by Winograd's way, which needs fewer products.

The twin of the client's `engine/layers/winograd.ts`: the pieces of the inputs and the numbers of
tiles fix the order of the sums.
"""

from __future__ import annotations

from kerasport.engine.convolve import PANEL
from kerasport.engine.epilogue import activate, clamp_of
from kerasport.engine.job import LayerJob
from kerasport.engine.program import VALUE, MemoryPlace, Tensor

__all__ = ["winograd_convolution"]

_MOST_VALUES = 128
"""Inputs that are summed up in one go."""

_CHUNK_BYTES = 384 * 1024
"""Bytes of transformed values at a time."""

_FEWEST_TILES = 30
"""Tiles that are worth reading all weights again."""


def winograd_convolution(job: LayerJob, side: int) -> Tensor:
    """`Conv2D` of 3 x 3 with stride 1, in tiles of `side` x `side` outputs, 2 or 4."""
    height, width, channels = job.inputs[0].shape
    rows, columns, filters = job.shape
    is_same = job.config["padding"] == "same"
    above, before = (1, 1) if is_same else (job.frame[0][0], job.frame[1][0])
    place, piece = _packed(job, side)
    own = job.weights.get("bias")
    bias = job.writer.constant([0], filters) if own is None else job.writer.constant(own)
    matrices = (side + 2) ** 2
    tiles = -(-rows // side) * -(-columns // side)
    per_tile = _matrix_bytes(channels, 1) + _matrix_bytes(filters, 1)
    most = max(_FEWEST_TILES, _CHUNK_BYTES // (matrices * per_tile))
    count = -(-tiles // -(-tiles // most))
    transformed = _matrix_bytes(channels, count) + _matrix_bytes(filters, count)
    # Behind the transforms: a tile on its way through one, and a tile with zeros of the border.
    work = job.writer.bytes(matrices * (transformed + 16 + channels * VALUE))
    result = job.writer.tensor(job.shape)
    clamp = clamp_of(job.activation)
    for first in range(0, tiles, count):
        job.writer.call(
            "winograd",
            *(side, job.inputs[0].place, height, width, channels, above, before),
            *(place, piece, bias, job.added.place if job.added else 0),
            *(result.place, rows, columns, filters),
            *(work, first, min(count, tiles - first), clamp.low, clamp.high),
        )
    activate(job.writer, job.activation, result.place, rows * columns, filters)
    return result


def _matrix_bytes(channels: int, tiles: int) -> int:
    """Return the bytes of a matrix as the kernels lay it out."""
    size = -(-channels // 4) * 16 * tiles
    return -(-size // 128) * 128 | 64


def _packed(job: LayerJob, side: int) -> tuple[MemoryPlace, int]:
    """Return weights as the kernels read them, and how many inputs are summed up in one go."""
    kernel = job.weights["kernel"]
    inputs, outputs = kernel.shape[2:]
    piece = -(-inputs // -(-inputs // _MOST_VALUES))
    row = outputs * VALUE
    panels = -(-outputs // PANEL) * PANEL * VALUE
    matrix = (inputs + -(-inputs // piece)) * panels
    place = to = job.writer.prepared((side + 2) ** 2 * matrix)
    raw = job.writer.raw(kernel)
    scratch = job.writer.prepared(3 * (side + 2) * 16)
    for first in range(0, inputs, piece):
        count = min(piece, inputs - first)
        for column in range(0, outputs, PANEL):
            start = raw.further(first * row + column * VALUE)
            job.writer.prepare(
                f"winogradWeights{side}", start, to, count, row, inputs * row, matrix, scratch
            )
            to = to.further((count + 1) * PANEL * VALUE)
    return place, piece
