"""Two models on the same pictures: what became right, what wrong, and whether that is chance."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import DataError
from kerasport.evaluation.scores import Evaluation
from kerasport.shares import share_text

__all__ = ["ClassChange", "ModelComparison", "compare_models", "mcnemar"]

_CHANCE = 0.05


@dataclass(frozen=True)
class ClassChange:
    """What changed for the pictures of one class; `before` and `after` are its recall, 0..1."""

    name: str
    pictures: int
    before: float
    after: float
    became_right: int
    became_wrong: int


@dataclass(frozen=True)
class ModelComparison:
    """An earlier and a later model on the same pictures.

    Attributes:
        name: of the earlier one.
        pictures: how many both answered.
        before: share that the earlier one answered rightly, 0..1.
        after: the same of the later one.
        classes: in the order of the class names.
        became_right: places of the pictures that only the later one answers rightly.
        became_wrong: places of those that only the earlier one did.
        earlier: index of the class that the earlier one gave to each picture, int64 `[n]`.
        p_value: how probable a difference at least as large is if neither is better, 0..1.
    """

    name: str
    pictures: int
    before: float
    after: float
    classes: tuple[ClassChange, ...]
    became_right: tuple[int, ...]
    became_wrong: tuple[int, ...]
    earlier: NDArray[np.int64]
    p_value: float

    @property
    def text(self) -> str:
        """What came of it, in one sentence."""
        right, wrong = len(self.became_right), len(self.became_wrong)
        if right + wrong == 0:
            return f"The same {self.pictures:,} pictures are right as with {self.name}."
        change = f"{right:,} picture(s) became right and {wrong:,} wrong"
        shares = f"{share_text(self.before)} with {self.name}, {share_text(self.after)} now"
        test = f"exact McNemar test, p = {_p_text(self.p_value)}"
        if self.p_value >= _CHANCE:
            return f"No more than chance may give: {change} ({shares}; {test})."
        extent = "Better" if right > wrong else "Worse"
        return f"{extent}, beyond chance: {change} ({shares}; {test})."

    def to_dict(self) -> dict[str, Any]:
        """Return the figures for `report.json`, in camelCase, without the pictures."""
        return {
            "name": self.name,
            "pictures": self.pictures,
            "before": self.before,
            "after": self.after,
            "becameRight": len(self.became_right),
            "becameWrong": len(self.became_wrong),
            "pValue": self.p_value,
            "text": self.text,
            "classes": [
                {
                    "name": each["name"],
                    "pictures": each["pictures"],
                    "before": each["before"],
                    "after": each["after"],
                    "becameRight": each["became_right"],
                    "becameWrong": each["became_wrong"],
                }
                for each in map(asdict, self.classes)
            ],
        }


def compare_models(
    name: str, earlier: NDArray[np.int64], evaluation: Evaluation
) -> ModelComparison:
    """Return how a model does beside an earlier one.

    Args:
        name: of the earlier one.
        earlier: index of the class that it gave to each picture, int64 `[n]`.
        evaluation: of the later one, on the same pictures in the same order.

    Raises:
        DataError: there are not as many answers of one as of the other.
    """
    truth = evaluation.truth
    if len(earlier) != len(truth):
        raise DataError(
            f"{len(earlier)} earlier answers cannot be compared with {len(truth)}. Expected the "
            "same pictures."
        )
    was, now = earlier == truth, evaluation.predicted == truth
    right, wrong = np.flatnonzero(~was & now), np.flatnonzero(was & ~now)
    changes = []
    for label, class_name in enumerate(evaluation.class_names):
        own = truth == label
        count = int(own.sum())
        changes.append(
            ClassChange(
                name=class_name,
                pictures=count,
                before=float(was[own].mean()) if count else 0.0,
                after=float(now[own].mean()) if count else 0.0,
                became_right=int((~was & now)[own].sum()),
                became_wrong=int((was & ~now)[own].sum()),
            )
        )
    return ModelComparison(
        name=name,
        pictures=len(truth),
        before=float(was.mean()),
        after=float(now.mean()),
        classes=tuple(changes),
        became_right=tuple(right.tolist()),
        became_wrong=tuple(wrong.tolist()),
        earlier=earlier,
        p_value=mcnemar(len(right), len(wrong)),
    )


def mcnemar(became_right: int, became_wrong: int) -> float:
    """Return the p-value of the exact McNemar test, two-sided.

    Where neither model is better, each picture that they answer differently is as likely to become
    right as wrong: a binomial distribution with 1/2 (McNemar, Psychometrika 12, 1947; its exact
    form needs no large numbers).

    >>> mcnemar(8, 1)
    0.0390625
    """
    total = became_right + became_wrong
    few = min(became_right, became_wrong)
    tail = sum(math.comb(total, count) for count in range(few + 1))
    # In whole numbers: 2 ** total is no float beyond a thousand pictures.
    return min(1.0, 2 * tail / (1 << total))


def _p_text(p_value: float) -> str:
    return f"{p_value:.2g}" if p_value >= 1e-4 else "below 0.0001"
