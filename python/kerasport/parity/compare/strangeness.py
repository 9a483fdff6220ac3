"""How strange a picture is to the model, and how far another program may say otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import NoveltyScale

__all__ = ["ExpectedNovelty", "expect_novelties"]


@dataclass(frozen=True)
class ExpectedNovelty:
    """What is expected of one picture.

    Attributes:
        scale: makes a novelty of a distance.
        distance: from the training pictures.
        reach: how far its root moves, at most, when the features move by their own length.
    """

    scale: NoveltyScale
    distance: float
    reach: float

    def off(self, novelty: float) -> float:
        """Return the difference of what was said; 1 where that is no number."""
        expected = float(self.scale.shares(np.array([self.distance]))[0])
        difference = abs(novelty - expected)
        return difference if math.isfinite(difference) else 1.0

    def allows(self, novelty: float, tolerance: float) -> bool:
        """Tell whether rounding explains what was said.

        The root of the distance is that of a quadratic form, so that it moves no farther than the
        features in unit length, times the root of the largest factor; and these move by no more
        than twice what the features do.

        Args:
            novelty: as another program says.
            tolerance: how far features may be off, of their length.
        """
        moved, root = tolerance * self.reach, math.sqrt(self.distance)
        ends = np.array([max(root - moved, 0.0) ** 2, (root + moved) ** 2])
        low, high = self.scale.shares(ends)
        # Both sides add up in the same order, and a page writes all digits.
        return bool(low - 1e-12 <= novelty <= high + 1e-12)


def expect_novelties(scale: NoveltyScale, features: NDArray[np.float32]) -> list[ExpectedNovelty]:
    """Return what is expected of each picture, from its features `[n, features]`."""
    factor = math.sqrt(max(float(scale.precisions.max()), float(scale.rest)))
    return [
        ExpectedNovelty(scale, float(distance), 2 * factor)
        for distance in scale.distances(features)
    ]
