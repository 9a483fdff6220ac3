"""Convolutions of each channel by itself.

The twin of the client's `engine/layers/depthwise.ts`, without its segments: a window's sum does not
depend on them.
"""

from __future__ import annotations

from kerasport.engine.epilogue import activate, clamp_of
from kerasport.engine.job import LayerJob
from kerasport.engine.layers.window import walk
from kerasport.engine.program import VALUE, MemoryPlace, Tensor
from kerasport.engine.rows import repeated

__all__ = ["depthwise"]


def depthwise(job: LayerJob) -> Tensor:
    """`DepthwiseConv2D`."""
    writer, kernel, bias = job.writer, job.weights["depthwise_kernel"], job.weights.get("bias")
    height, width, taps = kernel.shape[0], kernel.shape[1], kernel.shape[0] * kernel.shape[1]
    channels = job.shape[2]
    pixel = channels * VALUE
    weights = writer.prepared(-(-channels // 4) * (taps + 1) * 16)
    raw = writer.raw(kernel)
    biases: MemoryPlace | int = 0 if bias is None else writer.raw(bias)
    writer.prepare("packDepthwise", raw, biases, weights, taps, channels)
    x = _widened(job, kernel.shape[3])
    down = walk(job.config, kernel.shape, 0, x.shape[0], job.frame)
    across = walk(job.config, kernel.shape, 1, x.shape[1], job.frame)
    # Rows outside of the picture are left out by the kernel; columns are zeros in memory.
    columns, place = across.length, x.place
    if across.before or across.under(across.count) > columns:
        columns = across.under(across.count)
        place = writer.bytes(down.length * columns * pixel)
        size = (down.length, columns)
        writer.call("excerpt", x.place, *x.shape, 0, -across.before, *size, place)
    table = writer.bytes(height * 4)
    result = writer.tensor(job.shape)
    clamp = clamp_of(job.activation)
    writer.call(
        "depthwise",
        *(place, down.length, columns * pixel, pixel, down.length, down.before),
        *(result.place, across.count * pixel, 0, down.count, across.count, channels),
        *(weights, table, height, width, down.stride, across.stride),
        *(down.dilation, across.dilation, clamp.low, clamp.high),
    )
    activate(writer, job.activation, result.place, down.count * across.count, channels)
    return result


def _widened(job: LayerJob, times: int) -> Tensor:
    """Return the input with each channel as often as `times` says."""
    x = job.inputs[0]
    if times == 1:
        return x
    wide = repeated(job.writer, Tensor((*x.shape, 1), x.place), (*x.shape, times))
    return Tensor((*x.shape[:2], x.shape[2] * times), wide.place)
