"""How a data set is read and cut, checked before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasport.errors import DataError
from kerasport.literals import LabelsChoice

__all__ = ["ReadOptions"]


@dataclass(frozen=True)
class ReadOptions:
    """How a data set is read and cut.

    `test_share` and `validation_share` are fractions of 0 to below 1 and apply where the data
    brings no such split. `max_unreadable` is the number of files that may be left out because
    they are no usable pictures; None stands for 10 or 1 % of the files, whichever is more.

    `labels` says whether a picture has `one` label or `many`; None lets the data decide.
    `classes` are those to train on, None for all; the data decides their order. `class_names`
    names the classes of arrays, whose labels are its indices. `root` is the folder that the
    relative paths of a table start from (None: the table's own), or that holds prepared
    TensorFlow Datasets (None: their own default). `drop_test_duplicates` leaves out of the test
    the pictures that are also in train or validation.
    """

    seed: int = 0
    test_share: float = 0.15
    validation_share: float = 0.15
    max_unreadable: int | None = None
    min_per_class: int = 5
    labels: LabelsChoice | None = None
    classes: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    root: Path | None = None
    drop_test_duplicates: bool = False

    def __post_init__(self) -> None:
        for name in ("test_share", "validation_share"):
            if not 0 <= getattr(self, name) < 1:
                raise DataError(
                    f"{name} is {getattr(self, name)}. Expected a fraction of 0 to below 1, "
                    "like 0.15."
                )
        if self.test_share + self.validation_share >= 1:
            raise DataError(
                f"test_share {self.test_share} and validation_share {self.validation_share} "
                "leave nothing to train on. Their sum must be below 1."
            )
        if self.max_unreadable is not None and self.max_unreadable < 0:
            raise DataError(f"max_unreadable is {self.max_unreadable}. Expected 0 or more.")
        if self.min_per_class < 1:
            raise DataError(f"min_per_class is {self.min_per_class}. Expected 1 or more.")
        for name in ("classes", "class_names"):
            if isinstance(getattr(self, name), str):
                raise DataError(
                    f"{name} is the text {getattr(self, name)!r}. Expected a list of class names."
                )
        if self.classes is not None and len(set(self.classes)) < 2:
            raise DataError(
                f"classes names {len(set(self.classes))} class(es). Expected at least two: a "
                "classifier chooses between classes."
            )
