"""Figures of pictures with several labels: each label for itself, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import LabelMetrics
from kerasport.dataset import Pixels
from kerasport.errors import DataError
from kerasport.evaluation.reliability import Reliability, reliability_of

__all__ = ["LabelEvaluation", "LabelMistake", "LabelScore", "average_precision", "score_labels"]

_MOST_MISTAKES = 12
"""Of a label and kind."""


@dataclass(frozen=True)
class LabelScore:
    """How one label is recognized.

    `average_precision` (None without a picture that has the label), `precision`, `recall` and `f1`
    are 0..1; the last three are at `threshold`. `support` counts pictures that have the label,
    `missed` those of them that are below the threshold, `false` others that reach it.
    `calibration_error` is the mean distance between probability and share over 15 bins.
    """

    name: str
    average_precision: float | None
    precision: float
    recall: float
    f1: float
    threshold: float
    support: int
    missed: int
    false: int
    calibration_error: float


@dataclass(frozen=True)
class LabelMistake:
    """A label that was missed on a picture, or given falsely; `probability` is the label's."""

    index: int
    label: str
    kind: Literal["missed", "false"]
    probability: float
    path: Path | None = None


@dataclass(frozen=True)
class LabelEvaluation:
    """What a classifier answered for pictures with several labels.

    Attributes:
        class_names: the labels, in the order of the outputs.
        pictures: how many there are.
        labels: the figures of each label.
        mean_average_precision: over the labels that some picture has; None where none has any.
        micro_precision: of all labels of all pictures together, and so are recall and F1.
        exact_match: share of pictures for which exactly the true labels hold.
        label_accuracy: share of all decisions that are right.
        reliability: probability against share, of all labels together.
        mistakes: of each label and kind the most confident ones, at most 12.
        truth: uint8 `[n, labels]`.
        holding: which labels reach their thresholds, bool `[n, labels]`.
        probabilities: float32 `[n, labels]`.
        pixels: the pictures as the model saw them; None where they were not kept.
    """

    class_names: tuple[str, ...]
    pictures: int
    labels: tuple[LabelScore, ...]
    mean_average_precision: float | None
    micro_precision: float
    micro_recall: float
    micro_f1: float
    exact_match: float
    label_accuracy: float
    reliability: Reliability
    mistakes: tuple[LabelMistake, ...]
    truth: NDArray[np.uint8]
    holding: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    pixels: Pixels | None = None

    @property
    def known(self) -> tuple[LabelScore, ...]:
        """The figures of the labels that some picture has: of the others nothing is known."""
        return tuple(score for score in self.labels if score.support)

    @property
    def macro_precision(self) -> float:
        """Mean of the labels that some picture has."""
        return _mean([score.precision for score in self.known])

    @property
    def macro_recall(self) -> float:
        """Mean of the labels that some picture has."""
        return _mean([score.recall for score in self.known])

    @property
    def macro_f1(self) -> float:
        """Mean of the labels that some picture has."""
        return _mean([score.f1 for score in self.known])

    @property
    def expected_calibration_error(self) -> float:
        """Mean over the labels of the distance between probability and share, 0..1."""
        return _mean([score.calibration_error for score in self.labels])

    @property
    def metrics(self) -> LabelMetrics:
        """The figures that a classifier says about itself."""
        return LabelMetrics(
            mean_average_precision=self.mean_average_precision,
            macro_f1=self.macro_f1,
            micro_f1=self.micro_f1,
            exact_match=self.exact_match,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures for `report.json`, in camelCase, without the arrays."""
        return {
            "kind": "labels",
            "classNames": list(self.class_names),
            "pictures": self.pictures,
            "meanAveragePrecision": self.mean_average_precision,
            "macro": {
                "precision": self.macro_precision,
                "recall": self.macro_recall,
                "f1": self.macro_f1,
            },
            "micro": {
                "precision": self.micro_precision,
                "recall": self.micro_recall,
                "f1": self.micro_f1,
            },
            "exactMatch": self.exact_match,
            "labelAccuracy": self.label_accuracy,
            "labels": [
                {_camel(name): value for name, value in asdict(score).items()}
                for score in self.labels
            ],
            "expectedCalibrationError": self.expected_calibration_error,
            "reliability": self.reliability.to_dict(),
            "mistakes": [
                {
                    "picture": mistake.path.as_posix() if mistake.path else mistake.index,
                    "label": mistake.label,
                    "kind": mistake.kind,
                    "probability": mistake.probability,
                }
                for mistake in self.mistakes
            ],
        }


def score_labels(
    batches: Iterable[NDArray[np.float32]],
    truth: NDArray[np.uint8],
    class_names: Sequence[str],
    *,
    thresholds: Sequence[float],
    paths: Sequence[Path] | None = None,
    pixels: Pixels | None = None,
) -> LabelEvaluation:
    """Return the figures for answers.

    Args:
        batches: probabilities, float32 `[batch, labels]`, as many rows in all as `truth` has, and
            at least one.
        truth: uint8 `[n, labels]`, 1 for each label that a picture has.
        class_names: one name per column.
        thresholds: a label holds where its probability reaches its own, both as float32.
        paths: where each picture is, for the list of mistakes.
        pixels: the pictures as the model saw them, kept for a report.

    Raises:
        DataError: there are no pictures, or the shapes do not belong together.
    """
    answers = np.concatenate([np.empty((0, len(class_names)), np.float32), *batches])
    if len(truth) == 0 or answers.shape != truth.shape or len(thresholds) != len(class_names):
        raise DataError(
            f"Probabilities of shape {answers.shape} for truth of shape {truth.shape} and "
            f"{len(thresholds)} thresholds cannot be scored. Expected [pictures, labels] of both, "
            "a threshold for each label, and at least one picture."
        )
    has = truth == 1
    holding = answers >= np.asarray(thresholds, np.float32)
    labels = tuple(
        _score(name, answers[:, at], has[:, at], holding[:, at], float(thresholds[at]))
        for at, name in enumerate(class_names)
    )
    right = int((has & holding).sum())
    precisions = [each.average_precision for each in labels if each.average_precision is not None]
    return LabelEvaluation(
        class_names=tuple(class_names),
        pictures=len(truth),
        labels=labels,
        mean_average_precision=_mean(precisions) if precisions else None,
        micro_precision=_share(right, int(holding.sum())),
        micro_recall=_share(right, int(has.sum())),
        micro_f1=_share(2 * right, int(holding.sum()) + int(has.sum())),
        exact_match=float((has == holding).all(axis=1).mean()),
        label_accuracy=float((has == holding).mean()),
        reliability=reliability_of(answers.ravel(), has.ravel()),
        mistakes=_mistakes(answers, has, holding, class_names, paths),
        truth=truth,
        holding=holding,
        probabilities=answers,
        pixels=pixels,
    )


def average_precision(answers: NDArray[Any], has: NDArray[np.bool_]) -> float | None:
    """Return the area under precision and recall, 0..1; None without a picture that has the label.

    It is the sum of (R_n - R_n-1) P_n over the distinct probabilities, from the highest down, as
    scikit-learn has it: pictures of equal probability are accepted together.
    """
    total = int(has.sum())
    if not total:
        return None
    order = np.argsort(-answers, kind="stable")
    ends = np.append(np.diff(answers[order]) != 0, True)
    right = has[order].cumsum()[ends]
    accepted = np.arange(1, len(has) + 1)[ends]
    recall = np.concatenate([[0.0], right / total])
    return float((np.diff(recall) * (right / accepted)).sum())


def _score(
    name: str,
    answers: NDArray[np.float32],
    has: NDArray[np.bool_],
    holding: NDArray[np.bool_],
    threshold: float,
) -> LabelScore:
    right, support, accepted = int((has & holding).sum()), int(has.sum()), int(holding.sum())
    return LabelScore(
        name=name,
        average_precision=average_precision(answers, has),
        precision=_share(right, accepted),
        recall=_share(right, support),
        f1=_share(2 * right, support + accepted),
        threshold=threshold,
        support=support,
        missed=support - right,
        false=accepted - right,
        calibration_error=reliability_of(answers, has).error,
    )


def _mistakes(
    answers: NDArray[np.float32],
    has: NDArray[np.bool_],
    holding: NDArray[np.bool_],
    class_names: Sequence[str],
    paths: Sequence[Path] | None,
) -> tuple[LabelMistake, ...]:
    found: list[LabelMistake] = []
    for at, name in enumerate(class_names):
        column = answers[:, at]
        wrong: tuple[tuple[Literal["missed", "false"], NDArray[np.bool_], int], ...] = (
            ("missed", has[:, at] & ~holding[:, at], 1),
            ("false", ~has[:, at] & holding[:, at], -1),
        )
        for kind, rows, sign in wrong:
            places = np.flatnonzero(rows)
            places = places[np.argsort(sign * column[places], kind="stable")][:_MOST_MISTAKES]
            found += [
                LabelMistake(
                    index=int(place),
                    label=name,
                    kind=kind,
                    probability=float(column[place]),
                    path=paths[place] if paths else None,
                )
                for place in places
            ]
    return tuple(found)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
