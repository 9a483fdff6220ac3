"""Layers that multiply with a matrix of weights: dense ones and convolutions.

The twin of the client's `engine/layers/products.ts`, without its strips: they change no sum, since
none has less than three places where there are more.
"""

from __future__ import annotations

import math

from kerasport.engine.convolve import Convolution, Lines, Window, convolve, packed
from kerasport.engine.epilogue import activate, clamp_of
from kerasport.engine.job import LayerJob
from kerasport.engine.layers.window import Walk, walk
from kerasport.engine.layers.winograd import winograd_convolution
from kerasport.engine.program import VALUE, Tensor

__all__ = ["convolution", "dense"]


def dense(job: LayerJob) -> Tensor:
    """On the last axis, the same for all places."""
    run = job.inputs[0].shape[-1]
    places = math.prod(job.shape[:-1])
    start = Lines(job.inputs[0].place, run * VALUE, places * run * VALUE)
    return _product(job, Window(run), start, across=places)


def convolution(job: LayerJob) -> Tensor:
    """`Conv2D`."""
    if job.side:
        return winograd_convolution(job, job.side)
    kernel = job.weights["kernel"]
    height, width, channels = job.inputs[0].shape
    rows = walk(job.config, kernel.shape, 0, height, job.frame)
    columns = walk(job.config, kernel.shape, 1, width, job.frame)
    if all(
        side.taps == 1 and side.stride == 1 and side.length == side.count
        for side in (rows, columns)
    ):
        return dense(job)
    picture, across = job.inputs[0].place, columns.length
    pixel = channels * VALUE
    if any(side.before or side.under(side.count) > side.length for side in (rows, columns)):
        down, across = rows.under(rows.count), columns.under(columns.count)
        framed = job.writer.bytes(down * across * pixel)
        job.writer.call(
            "excerpt",
            *(picture, height, width, channels, -rows.before, -columns.before),
            *(down, across, framed),
        )
        picture = framed
    line = across * pixel
    start = Lines(picture, columns.stride * pixel, rows.stride * line)
    return _product(job, _window(rows, columns, line, channels), start, across=columns.count)


def _window(rows: Walk, columns: Walk, line: int, channels: int) -> Window:
    """Taps that lie one behind the other are one run."""
    is_run = columns.dilation == 1
    return Window(
        down=rows.taps,
        down_step=rows.dilation * line,
        along=1 if is_run else columns.taps,
        along_step=columns.dilation * channels * VALUE,
        run=channels * (columns.taps if is_run else 1),
    )


def _product(job: LayerJob, window: Window, start: Lines, *, across: int) -> Tensor:
    places, columns = math.prod(job.shape[:-1]), job.shape[-1]
    weights = packed(job.writer, window, job.weights["kernel"], job.weights.get("bias"))
    result = job.writer.tensor(job.shape)
    work = Convolution(
        start=start,
        weights=weights,
        to=Lines(result.place, columns * VALUE, across * columns * VALUE),
        added=job.added.place if job.added else None,
        clamp=clamp_of(job.activation),
        across=across,
        places=places,
    )
    convolve(job.writer, work)
    activate(job.writer, job.activation, result.place, places, columns)
    return result
