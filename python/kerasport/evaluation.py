"""Probabilities and truth in, figures out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.calibration import Reliability, reliability
from kerasport.dataset import (
    DecodedDataset,
    PixelCache,
    decode_dataset,
    read_labeled,
    warnings_about,
)
from kerasport.errors import DataError, missing_extra
from kerasport.progress import SILENT, Progress
from kerasport.runs import Run, training_data

__all__ = [
    "ClassScore",
    "Evaluation",
    "Measurement",
    "Mistake",
    "evaluate",
    "measure",
    "score",
]

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
        predicted: index of the best class per picture, int64 `[n]`.
        probabilities: float32 `[n, classes]`.
    """

    class_names: tuple[str, ...]
    pictures: int
    accuracy: float
    top_k: dict[int, float]
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: Reliability
    mistakes: tuple[Mistake, ...]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float32]

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
                    "picture": mistake.path.as_posix() if mistake.path else mistake.index,
                    "truth": mistake.truth,
                    "predicted": mistake.predicted,
                    "confidence": mistake.confidence,
                }
                for mistake in self.mistakes
            ],
        }


@dataclass(frozen=True)
class Measurement:
    """An evaluation together with the pictures it was made on, in the same order."""

    evaluation: Evaluation
    decoded: DecodedDataset


def score(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    class_names: Sequence[str],
    *,
    paths: Sequence[Path] | None = None,
) -> Evaluation:
    """Return the figures for some answers.

    Args:
        probabilities: float32 `[n, classes]`, n at least 1.
        truth: index of the true class, int64 `[n]`.
        class_names: one name per column.
        paths: where each picture is, for the list of mistakes.

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
        predicted=predicted,
        probabilities=probabilities,
    )


def evaluate(
    run: Run,
    *,
    data: Path | None = None,
    max_unreadable: int | None = None,
    batch_size: int = 32,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Evaluation:
    """Return how the run's Keras model does on labelled pictures.

    Args:
        run: the trained classifier.
        data: class folders; None stands for the test pictures of the training data, cut again
            as they were.
        max_unreadable: files that may be left out, see `ReadOptions`.
        batch_size: pictures per step.
        cache: where preprocessed pictures are kept, see `kerasport.train`.
        progress: told what is done.

    Raises:
        DataError: the pictures are missing, or are of other classes.
    """
    return measure(
        run,
        data=data,
        max_unreadable=max_unreadable,
        batch_size=batch_size,
        cache=cache,
        progress=progress,
    ).evaluation


def measure(
    run: Run,
    *,
    data: Path | None = None,
    max_unreadable: int | None = None,
    batch_size: int = 32,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Measurement:
    """Return what `evaluate` returns, with the pictures; same arguments, same errors."""
    class_names = tuple(run.description.class_names)
    if data is None:
        dataset = training_data(run, max_unreadable=max_unreadable, progress=progress)
    else:
        dataset = read_labeled(
            data, class_names=class_names, max_unreadable=max_unreadable, progress=progress
        )
    dataset = dataset.only("test")
    if not dataset.examples:
        raise DataError(
            f"The data of the run '{run.path}' has no test pictures. "
            "Name a folder with one folder per class."
        )
    decoded = decode_dataset(
        dataset,
        run.image_spec,
        max_unreadable=max_unreadable,
        cache=PixelCache.find(cache),
        progress=progress,
    )
    for warning in warnings_about(decoded.dataset, splits=("test",)):
        progress.warn(warning)
    model = models.load_model(run.model_path)
    answers = models.probabilities(model, decoded.pixels, batch_size=batch_size)
    paths = [example.path for example in decoded.dataset.examples]
    return Measurement(score(answers, decoded.labels, class_names, paths=paths), decoded)


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
