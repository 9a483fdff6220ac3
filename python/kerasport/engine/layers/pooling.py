"""Layers that take the largest value or the mean of windows.

The twin of the client's `engine/layers/pooling.ts`.
"""

from __future__ import annotations

from functools import partial

from kerasport.engine.job import LayerJob
from kerasport.engine.layers.window import walk
from kerasport.engine.program import Tensor

__all__ = ["average_pooling", "global_average_pooling", "global_max_pooling", "max_pooling"]


def _pooling(job: LayerJob, kernel: str) -> Tensor:
    window, (height, width, channels) = job.config["pool_size"], job.inputs[0].shape
    down, across = (
        walk(job.config, window, axis, length) for axis, length in enumerate((height, width))
    )
    return _pool(
        job,
        kernel,
        *(height, width, channels, *window, down.stride, across.stride),
        *(down.before, across.before, down.count, across.count),
    )


def _global_pooling(job: LayerJob, kernel: str) -> Tensor:
    """All pixels as one row."""
    height, width, channels = job.inputs[0].shape
    pixels = height * width
    return _pool(job, kernel, 1, pixels, channels, 1, pixels, 1, 1, 0, 0, 1, 1)


def _pool(job: LayerJob, kernel: str, *how: int) -> Tensor:
    result = job.writer.tensor(job.shape)
    job.writer.call(kernel, job.inputs[0].place, result.place, *how)
    return result


max_pooling = partial(_pooling, kernel="maxPool")
average_pooling = partial(_pooling, kernel="averagePool")
global_max_pooling = partial(_global_pooling, kernel="maxPool")
global_average_pooling = partial(_global_pooling, kernel="averagePool")
