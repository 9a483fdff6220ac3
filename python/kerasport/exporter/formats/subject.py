"""What is written in another format, and how it is found to be the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.dataset import Pixels
from kerasport.exporter.graph import Graph
from kerasport.exporter.stored_weight import StoredWeight

__all__ = ["FormatSubject"]


@dataclass(frozen=True)
class FormatSubject:
    """A classifier as the bundle holds it.

    Attributes:
        graph: lowered, optimized, its weights as they are stored.
        stored: `layer/weight` -> how it is stored; float32 what is not listed.
        description: the classifier.
        gives: whether its probabilities sum to 1, or are each on its own.
        pixels: the pictures that answers are compared on, uint8 `[n, height, width, channels]`.
        expected: what the bundle answers for them, float32 `[n, classes]`.
        tolerance: how far a probability may be off in another program that computes in float32.
        typical: reads pictures like those of the training, uint8 `[n, height, width, channels]`.
        answer: returns what the bundle answers for such, float32 `[n, classes]`.
    """

    graph: Graph
    stored: Mapping[str, StoredWeight] | None
    description: ClassifierDescription
    gives: Literal["distribution", "independent"]
    pixels: NDArray[np.uint8]
    expected: NDArray[np.float32]
    tolerance: float
    typical: Callable[[], Pixels]
    answer: Callable[[Pixels], NDArray[np.float32]]
