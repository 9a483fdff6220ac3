"""Where the windows of a layer lie along a side of a picture.

The twin of the client's `engine/layers/window.ts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasport.bundle.layer_rules import Shape
from kerasport.engine.job import NO_FRAME, Frame

__all__ = ["Walk", "walk"]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How `count` windows follow each other along a side of `length` values.

    Attributes:
        before: zeros before the first value.
    """

    length: int
    count: int
    taps: int
    stride: int
    dilation: int
    before: int

    def under(self, windows: int) -> int:
        """Return how many values lie from the first under some windows to the last."""
        return (windows - 1) * self.stride + (self.taps - 1) * self.dilation + 1


def walk(
    config: Mapping[str, Any], window: Shape, axis: int, length: int, frame: Frame = NO_FRAME
) -> Walk:
    """Return the walk that a layer's configuration means.

    Args:
        config: `strides`, `padding` and perhaps `dilation_rate`.
        window: its height and width, and more.
        axis: 0 for down, 1 for across.
        length: of the input.
        frame: zeros around the input, besides the layer's own.
    """
    taps, stride = window[axis], config["strides"][axis]
    dilation = (config.get("dilation_rate") or [1, 1])[axis]
    extent = (taps - 1) * dilation + 1
    before, behind = frame[axis]
    framed = before + length + behind
    if config["padding"] == "valid":
        count = (framed - extent) // stride + 1
    else:
        count = -(-framed // stride)
        # One more behind than before, where they are not even.
        before += max(0, (count - 1) * stride + extent - framed) // 2
    return Walk(
        length=length,
        count=count,
        taps=taps,
        # A step between one and the next is none where there is one: it may be any number.
        stride=1 if count == 1 else stride,
        dilation=1 if taps == 1 else dilation,
        before=before,
    )
