"""Probabilities and truth in, figures out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset import Pixels
from kerasport.displayed import displayable
from kerasport.errors import DataError, missing_extra
from kerasport.evaluation.reliability import Reliability, reliability

__all__ = ["ClassScore", "Evaluation", "Mistake", "score"]

_MAX_MISTAKES = 50


@dataclass(frozen=True)
class ClassScore:
    """How one class is recognised; precision, recall and f1 are 0..1, support counts pictures."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Mistake:
    """A picture that was taken for another class; `confidence` is that class's probability."""

    index: int
    truth: str
    predicted: str
    confidence: float
    path: Path | None = None


@dataclass(frozen=True)
class Evaluation:
    """What a classifier answered for labelled pictures.

    Attributes:
        accuracy: share of pictures whose best class is the true one, 0..1.
        top_k: k -> share of pictures whose true class is among the best k.
        classes: in the order of the class names.
        confusion: pictures by true class (row) and predicted class (column).
        reliability: confidence against accuracy; its `error` is the expected calibration error.
        mistakes: the most confident ones first, at most 50.
        truth: index of the true class per picture, int64 `[n]`.
        predicted: index of the best class per picture, int64 `[n]`.
        probabilities: float32 `[n, classes]`.
        pixels: the pictures as the model saw them, uint8 `[n, height, width, channels]`; None
            where they were not kept.
    """

    class_names: tuple[str, ...]
    pictures: int
    accuracy: float
    top_k: dict[int, float]
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: Reliability
    mistakes: tuple[Mistake, ...]
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    pixels: Pixels | None = None

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance between probability and accuracy over 15 bins, 0..1; 0 is perfect."""
        return self.reliability.error

    def to_dict(self) -> dict[str, Any]:
        """Return the figures for `report.json`, in camelCase, without the arrays."""
        return {
            "classNames": list(self.class_names),
            "pictures": self.pictures,
            "accuracy": self.accuracy,
            "topK": {str(k): share for k, share in self.top_k.items()},
            "classes": [asdict(item) for item in self.classes],
            "confusion": [list(row) for row in self.confusion],
            "expectedCalibrationError": self.expected_calibration_error,
            "reliability": self.reliability.to_dict(),
            "mistakes": [
                {
                    "picture": displayable(mistake.path.as_posix())
                    if mistake.path
                    else mistake.index,
                    "truth": mistake.truth,
                    "predicted": mistake.predicted,
                    "confidence": mistake.confidence,
                }
                for mistake in self.mistakes
            ],
        }


def score(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    class_names: Sequence[str],
    *,
    paths: Sequence[Path] | None = None,
    pixels: Pixels | None = None,
) -> Evaluation:
    """Return the figures for some answers.

    Args:
        probabilities: float32 `[n, classes]`, n at least 1.
        truth: index of the true class, int64 `[n]`.
        class_names: one name per column.
        paths: where each picture is, for the list of mistakes.
        pixels: the pictures as the model saw them, kept for a report.

    Raises:
        DataError: there are no pictures, or the shapes do not belong together.
    """
    if len(truth) == 0 or probabilities.shape != (len(truth), len(class_names)):
        raise DataError(
            f"Probabilities of shape {probabilities.shape} for {len(truth)} picture(s) and "
            f"{len(class_names)} classes cannot be scored. Expected [pictures, classes] "
            "and at least one picture."
        )
    try:
        from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
    except ModuleNotFoundError:
        raise missing_extra("train", "Scoring a classifier") from None
    labels = np.arange(len(class_names))
    predicted = probabilities.argmax(axis=1).astype(np.int64)
    columns = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    confusion = confusion_matrix(truth, predicted, labels=labels)
    return Evaluation(
        class_names=tuple(class_names),
        pictures=len(truth),
        accuracy=float((predicted == truth).mean()),
        top_k=_top_k(probabilities, truth),
        classes=tuple(
            ClassScore(name, float(precision), float(recall), float(f1), int(support))
            for name, precision, recall, f1, support in zip(class_names, *columns, strict=True)
        ),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        reliability=reliability(probabilities, truth),
        mistakes=_mistakes(probabilities, truth, class_names, paths),
        truth=truth,
        predicted=predicted,
        probabilities=probabilities,
        pixels=pixels,
    )


def _top_k(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[int, float]:
    count, classes = probabilities.shape
    # The rank of the true class, ties in favour of the earlier one as argmax has them.
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rank = (order == truth[:, None]).argmax(axis=1)
    return {k: float((rank < k).sum() / count) for k in (1, 2, 3, 5) if k < classes}


def _mistakes(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    class_names: Sequence[str],
    paths: Sequence[Path] | None,
) -> tuple[Mistake, ...]:
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:_MAX_MISTAKES]
    return tuple(
        Mistake(
            index=int(index),
            truth=class_names[truth[index]],
            predicted=class_names[predicted[index]],
            confidence=float(confidence[index]),
            path=paths[index] if paths else None,
        )
        for index in wrong
    )
