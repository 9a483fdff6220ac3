"""Layers that move values, or only see them in another shape.

The twin of the client's `engine/layers/shaping.ts`.
"""

from __future__ import annotations

import math

from kerasport.engine.job import LayerJob
from kerasport.engine.program import VALUE, Tensor
from kerasport.engine.rows import Rows, copy_rows, repeated, transposed

__all__ = ["concatenate", "cropping", "permute", "reshape", "upsampling", "zero_padding"]


def reshape(job: LayerJob) -> Tensor:
    """The same values in another shape: Flatten and Reshape."""
    return Tensor(job.shape, job.inputs[0].place)


def permute(job: LayerJob) -> Tensor:
    return transposed(job.writer, job.inputs[0], [axis - 1 for axis in job.config["dims"]])


def cropping(job: LayerJob) -> Tensor:
    (top, _), (left, _) = job.config["cropping"]
    x = job.inputs[0]
    _, width, channels = x.shape
    rows, columns, _ = job.shape
    pixel = channels * VALUE
    result = job.writer.tensor(job.shape)
    how = Rows(bytes=columns * pixel, rows=rows, from_step=width * pixel, to_step=columns * pixel)
    first = x.place.further((top * width + left) * pixel)
    copy_rows(job.writer, first, result.place, how)
    return result


def zero_padding(job: LayerJob) -> Tensor:
    (top, bottom), (left, right) = job.config["padding"]
    x = job.inputs[0]
    rows, width, channels = x.shape
    result = job.writer.tensor(job.shape)
    job.writer.call(
        "excerpt",
        *(x.place, rows, width, channels, -top, -left),
        *(top + rows + bottom, left + width + right, result.place),
    )
    return result


def upsampling(job: LayerJob) -> Tensor:
    """Every pixel so many times: as if height and width had another side of 1 behind each."""
    x = job.inputs[0]
    height, width, channels = x.shape
    rows, columns = job.config["size"]
    pixels = Tensor((height, 1, width, 1, channels), x.place)
    result = repeated(job.writer, pixels, (height, rows, width, columns, channels))
    return Tensor(job.shape, result.place)


def concatenate(job: LayerJob) -> Tensor:
    if len(job.inputs) == 1:
        return job.inputs[0]
    axis = job.config["axis"]
    at = axis + len(job.shape) if axis < 0 else axis - 1
    rows = math.prod(job.shape[:at])
    step = VALUE * math.prod(job.shape[at:])
    result = job.writer.tensor(job.shape)
    offset = 0
    for given in job.inputs:
        size = VALUE * math.prod(given.shape[at:])
        how = Rows(bytes=size, rows=rows, from_step=size, to_step=step)
        copy_rows(job.writer, given.place, result.place.further(offset), how)
        offset += size
    return result
