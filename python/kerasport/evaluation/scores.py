"""Probabilities and truth in, figures out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset import Pixels
from kerasport.errors import DataError, missing_extra
from kerasport.evaluation.answers import Answers, in_blocks, summarize
from kerasport.evaluation.confusion import LARGEST_MATRIX, Confusion
from kerasport.evaluation.reliability import Reliability, reliability_of

__all__ = ["ClassScore", "Evaluation", "Mistake", "score", "score_batches"]

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
        cells: pictures by true and predicted class, without the pairs that do not occur.
        reliability: confidence against accuracy; its `error` is the expected calibration error.
        mistakes: the most confident ones first, at most 50.
        truth: index of the true class per picture, int64 `[n]`.
        predicted: index of the best class per picture, int64 `[n]`.
        confidence: probability of the best class per picture, float32 `[n]`.
        pixels: the pictures as the model saw them, uint8 `[n, height, width, channels]`; None
            where they were not kept.
    """

    class_names: tuple[str, ...]
    pictures: int
    accuracy: float
    top_k: dict[int, float]
    classes: tuple[ClassScore, ...]
    cells: Confusion
    reliability: Reliability
    mistakes: tuple[Mistake, ...]
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    pixels: Pixels | None = None

    @property
    def confusion(self) -> tuple[tuple[int, ...], ...]:
        """Pictures by true class (row) and predicted class (column).

        It grows with the square of the classes; `cells` does not.
        """
        return tuple(map(tuple, self.cells.matrix().tolist()))

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance between probability and accuracy over 15 bins, 0..1; 0 is perfect."""
        return self.reliability.error

    def to_dict(self) -> dict[str, Any]:
        """Return the figures for `report.json`, in camelCase, without the arrays.

        `confusion` is null beyond 100 classes; `confusionCells` has all of it, whatever there is.
        """
        is_small = len(self.class_names) <= LARGEST_MATRIX
        return {
            "classNames": list(self.class_names),
            "pictures": self.pictures,
            "accuracy": self.accuracy,
            "topK": {str(k): share for k, share in self.top_k.items()},
            "classes": [asdict(item) for item in self.classes],
            "confusion": [list(row) for row in self.confusion] if is_small else None,
            "confusionCells": self.cells.to_dict(),
            "expectedCalibrationError": self.expected_calibration_error,
            "reliability": self.reliability.to_dict(),
            "mistakes": [
                {
                    "picture": mistake.path.as_posix() if mistake.path else mistake.index,
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
    return score_batches(in_blocks(probabilities), truth, class_names, paths=paths, pixels=pixels)


def score_batches(
    batches: Iterable[NDArray[np.float32]],
    truth: NDArray[np.int64],
    class_names: Sequence[str],
    *,
    paths: Sequence[Path] | None = None,
    pixels: Pixels | None = None,
) -> Evaluation:
    """Return the figures for answers that come in batches, of which one is held at a time.

    Args:
        batches: probabilities, float32 `[batch, classes]`, as many rows in all as `truth` has, and
            at least one.

    For the others see `score`.
    """
    try:
        from sklearn.metrics import precision_recall_fscore_support
    except ModuleNotFoundError:
        raise missing_extra("train", "Scoring a classifier") from None
    answers = summarize(batches, truth)
    predicted = answers.predicted
    labels = np.arange(len(class_names))
    columns = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    right = predicted == truth
    return Evaluation(
        class_names=tuple(class_names),
        pictures=len(truth),
        accuracy=float(right.mean()),
        top_k=_top_k(answers, len(class_names)),
        classes=tuple(
            ClassScore(name, float(precision), float(recall), float(f1), int(support))
            for name, precision, recall, f1, support in zip(class_names, *columns, strict=True)
        ),
        cells=Confusion.count(truth, predicted, classes=len(class_names)),
        reliability=reliability_of(answers.confidence, right),
        mistakes=_mistakes(answers, truth, class_names, paths),
        truth=truth,
        predicted=predicted,
        confidence=answers.confidence,
        pixels=pixels,
    )


def _top_k(answers: Answers, classes: int) -> dict[int, float]:
    count = len(answers.rank)
    return {k: float((answers.rank < k).sum() / count) for k in (1, 2, 3, 5) if k < classes}


def _mistakes(
    answers: Answers,
    truth: NDArray[np.int64],
    class_names: Sequence[str],
    paths: Sequence[Path] | None,
) -> tuple[Mistake, ...]:
    predicted, confidence = answers.predicted, answers.confidence
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
