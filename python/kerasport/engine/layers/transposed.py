"""Transposed convolutions.

Outputs that lie a stride apart are an ordinary convolution with every so-manieth tap, backwards;
there are as many of these as the stride has places. The twin of the client's
`engine/layers/transposed.ts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from kerasport.engine.convolve import Convolution, Lines, Panels, Window, convolve, packed
from kerasport.engine.epilogue import activate, clamp_of
from kerasport.engine.job import LayerJob
from kerasport.engine.program import VALUE, Tensor

__all__ = ["transposed"]


@dataclass(frozen=True)
class _Phase:
    """Outputs of one side that lie a stride apart, `count` from `first` on.

    `taps` meet them, in the order of the inputs; the input under the first tap for the first output
    is `start`, which is negative before the picture.
    """

    first: int
    count: int
    taps: tuple[int, ...]
    start: int

    @property
    def end(self) -> int:
        """Behind the last input that is met."""
        return self.start + self.count - 1 + max(len(self.taps), 1)


def transposed(job: LayerJob) -> Tensor:
    """`Conv2DTranspose`."""
    height, width, channels = job.inputs[0].shape
    _, columns, filters = job.shape
    kernel, bias = job.weights["kernel"], job.weights.get("bias")
    strides, is_same = job.config["strides"], job.config["padding"] == "same"
    down = _phases(height, kernel.shape[0], strides[0], is_same=is_same)
    across = _phases(width, kernel.shape[1], strides[1], is_same=is_same)
    above, below = _zeros(down, height)
    left, right = _zeros(across, width)
    pixel, out_pixel = channels * VALUE, filters * VALUE
    line = (left + width + right) * pixel
    framed = job.writer.bytes((above + height + below) * line)
    job.writer.call(
        "excerpt",
        *(job.inputs[0].place, height, width, channels, -above, -left),
        *(above + height + below, left + width + right, framed),
    )
    result = job.writer.tensor(job.shape)
    untouched: Panels | None = None
    for rows, side in product(down, across):
        if rows.taps and side.taps:
            picked = kernel[np.ix_(rows.taps, side.taps)].transpose(0, 1, 3, 2)
            window = Window(down=len(rows.taps), down_step=line, run=len(side.taps) * channels)
            panels = packed(job.writer, window, picked, bias)
        else:
            # Outputs that no tap meets are the bias: one product with zero.
            nothing = np.zeros((channels, filters), np.float32)
            untouched = untouched or packed(
                job.writer, Window(channels, down_step=line), nothing, bias
            )
            panels = untouched
        start = (rows.start + above) * line + (side.start + left) * pixel
        to = (rows.first * columns + side.first) * out_pixel
        work = Convolution(
            start=Lines(framed.further(start), pixel, line),
            weights=panels,
            to=Lines(
                result.place.further(to), strides[1] * out_pixel, strides[0] * columns * out_pixel
            ),
            clamp=clamp_of(job.activation),
            across=side.count,
            places=rows.count * side.count,
        )
        convolve(job.writer, work)
    activate(job.writer, job.activation, result.place, job.shape[0] * columns, filters)
    return result


def _phases(length: int, taps: int, stride: int, *, is_same: bool) -> list[_Phase]:
    surplus = max(taps - stride, 0)
    outputs = length * stride + (0 if is_same else surplus)
    cut = surplus // 2 if is_same else 0
    found = []
    for first in range(min(stride, outputs)):
        # An output gets `input * stride + tap - cut`.
        rest = (first + cut) % stride
        met = tuple(reversed(range(rest, taps, stride)))
        last = (first + cut - rest) // stride
        count = -(-(outputs - first) // stride)
        found.append(_Phase(first, count, met, last - max(len(met) - 1, 0)))
    return found


def _zeros(phases: Sequence[_Phase], length: int) -> tuple[int, int]:
    """Return how many zeros the windows of some phases need before and behind a side."""
    before = max(0, *(-phase.start for phase in phases))
    return before, max(0, max(phase.end for phase in phases) - length)
