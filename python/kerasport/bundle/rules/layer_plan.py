"""What a layer's rule is, and what a layer comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from kerasport.bundle.topology import LayerEntry

__all__ = ["MAX_RANK", "LayerPlan", "Rule", "Shape"]

Shape: TypeAlias = tuple[int, ...]
"""Sides of a tensor without the batch."""

MAX_RANK = 5
"""Most sides of a tensor; with the batch, TensorFlow.js' kernels know six."""


@dataclass(frozen=True)
class LayerPlan:
    """What a layer comes to.

    Attributes:
        shape: of its output.
        weights: shapes by name; all of them must be there.
        multiply_adds: for one picture.
        padded: shape of the input with its padding, where it is laid out so.
        activates: whether it computes an activation of its choice.
    """

    shape: Shape
    weights: dict[str, Shape] = field(default_factory=dict)
    multiply_adds: int = 0
    padded: Shape = ()
    activates: bool = False


Rule: TypeAlias = Callable[[LayerEntry, Sequence[Shape]], LayerPlan]
