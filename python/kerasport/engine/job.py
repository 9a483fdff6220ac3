"""What a layer is written down from. The twin of the client's `engine/layers.ts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.layer_rules import Shape
from kerasport.engine.epilogue import Ending
from kerasport.engine.program import ProgramWriter, Tensor

__all__ = ["NO_FRAME", "Frame", "LayerJob", "LayerWriter"]

Frame: TypeAlias = "tuple[tuple[int, int], tuple[int, int]]"
"""Zeros around a picture: above and below, left and right."""

NO_FRAME: Frame = ((0, 0), (0, 0))


@dataclass(frozen=True, kw_only=True)
class LayerJob:
    """A layer to be written down; all of it was checked against `kerasport.bundle.layer_rules`.

    Attributes:
        weights: float32, by the last part of their name.
        activation: what it computes at its end.
        shape: of the output, without the batch.
        side: of the tiles in which a convolution is computed by Winograd's way; 0 for plain sums.
        added: added before the activation; as large as the output.
        frame: zeros around the input, besides the layer's own.
    """

    writer: ProgramWriter
    config: Mapping[str, Any]
    inputs: tuple[Tensor, ...]
    weights: Mapping[str, NDArray[np.float32]]
    activation: Ending
    shape: Shape
    side: int = 0
    added: Tensor | None = None
    frame: Frame = NO_FRAME


LayerWriter: TypeAlias = "Callable[[LayerJob], Tensor]"
"""Writes a layer's calls and returns its output: a tensor of its own, or an input in another shape.

Inputs are never written to, because others may read them.
"""
