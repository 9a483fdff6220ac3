"""Which classes are taken for which: only the pairs that occur are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_MATRIX", "Confusion"]

LARGEST_MATRIX = 100
"""Classes up to which the whole matrix, most of it zeros, is written and drawn."""


@dataclass(frozen=True)
class Confusion:
    """Pictures by true and by answered class, a cell for each pair that occurs.

    There are never more cells than pictures, however many classes. They are ordered by true class,
    then by answer.

    Attributes:
        classes: number of classes.
        truth: index of the true class per cell, int64 `[cells]`.
        predicted: index of the answered class per cell, int64 `[cells]`.
        pictures: how many there are, at least 1, int64 `[cells]`.
    """

    classes: int
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    pictures: NDArray[np.int64]

    @classmethod
    def count(
        cls, truth: NDArray[np.int64], predicted: NDArray[np.int64], *, classes: int
    ) -> Confusion:
        """Return the cells for the true and the answered class of each picture, int64 `[n]`."""
        pairs, pictures = np.unique(truth * classes + predicted, return_counts=True)
        return cls(classes, pairs // classes, pairs % classes, pictures.astype(np.int64))

    @property
    def support(self) -> NDArray[np.int64]:
        """Pictures of each true class, int64 `[classes]`."""
        support = np.zeros(self.classes, np.int64)
        np.add.at(support, self.truth, self.pictures)
        return support

    def matrix(self) -> NDArray[np.int64]:
        """Return all cells, int64 `[classes, classes]`: 3 GB for 20,000 classes."""
        matrix = np.zeros((self.classes, self.classes), np.int64)
        matrix[self.truth, self.predicted] = self.pictures
        return matrix

    def most_confused(self, count: int) -> NDArray[np.int64]:
        """Return the indices of up to `count` classes that are confused most, ascending.

        A class counts the pictures of it that were taken for another, and those of others that
        were taken for it; of equal ones the first is kept.
        """
        off = self.truth != self.predicted
        wrong = np.zeros(self.classes, np.int64)
        np.add.at(wrong, self.truth[off], self.pictures[off])
        np.add.at(wrong, self.predicted[off], self.pictures[off])
        return np.sort(np.argsort(-wrong, kind="stable")[:count])

    def among(self, chosen: NDArray[np.int64]) -> Confusion:
        """Return the cells between some classes, whose indices become 0, 1 ... in their order.

        Args:
            chosen: ascending indices of classes.
        """
        place = np.full(self.classes, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        inside = (place[self.truth] >= 0) & (place[self.predicted] >= 0)
        return Confusion(
            len(chosen),
            place[self.truth[inside]],
            place[self.predicted[inside]],
            self.pictures[inside],
        )

    def worst(self, count: int) -> list[tuple[int, int, int]]:
        """Return the most frequent mistakes: true class, answer, pictures; most frequent first."""
        off = np.flatnonzero(self.truth != self.predicted)
        off = off[np.argsort(-self.pictures[off], kind="stable")][:count]
        columns = (self.truth[off], self.predicted[off], self.pictures[off])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return the cells for `report.json`: three lists of one length."""
        return {
            "truth": self.truth.tolist(),
            "predicted": self.predicted.tolist(),
            "pictures": self.pictures.tolist(),
        }
