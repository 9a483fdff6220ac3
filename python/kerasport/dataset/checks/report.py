"""What was found in a data set before training: for people, for programs, for the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median_low
from typing import Any, Literal, TypeAlias

from kerasport.bundle.metadata import Counts
from kerasport.dataset.balance import balanced_weights
from kerasport.dataset.dataset import SPLITS, Dataset

__all__ = ["DataFinding", "DataReport", "PictureFacts", "Severity", "Totals"]

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class DataFinding:
    """One thing to know about the data.

    An `error` makes training impossible, a `warning` makes its figures doubtful, a `note` is
    worth knowing. `examples` are groups of paths below the data's root: one path each, or the
    copies of one picture. `count` says how many there are, which may be more than are named.
    """

    kind: str
    severity: Severity
    count: int
    message: str
    remedy: str = ""
    examples: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """What happened and what to do, in one line."""
        return f"{self.message} {self.remedy}".rstrip()

    def to_dict(self, *, most: int | None = None) -> dict[str, Any]:
        """Return the finding for JSON, with at most `most` groups of paths; None stands for all."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "count": self.count,
            "message": self.message,
            "remedy": self.remedy,
            "examples": [list(group) for group in self.examples[:most]],
        }


@dataclass(frozen=True)
class PictureFacts:
    """What the pictures look like as stored: how many of each format, mode and size.

    `sizes` maps (width, height) in pixels to a number of pictures.
    """

    formats: dict[str, int] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    sizes: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset) -> PictureFacts:
        """Return the facts of the examples whose headers are known."""
        headers = [example.header for example in dataset.examples if example.header is not None]
        return cls(
            _counted([header.format for header in headers]),
            _counted([header.mode for header in headers]),
            dict(Counter((header.width, header.height) for header in headers).most_common()),
        )

    @property
    def median_size(self) -> tuple[int, int]:
        """Median width and median height, each for itself; (0, 0) without pictures."""
        if not self.sizes:
            return 0, 0
        widths, heights = Counter[int](), Counter[int]()
        for (width, height), count in self.sizes.items():
            widths[width] += count
            heights[height] += count
        return median_low(widths.elements()), median_low(heights.elements())

    def to_dict(self) -> dict[str, Any]:
        """Return the facts for JSON, with the ten most common sizes."""
        width, height = self.median_size
        return {
            "formats": self.formats,
            "modes": self.modes,
            "distinctSizes": len(self.sizes),
            "medianSize": [width, height],
            "commonSizes": [
                {"width": width, "height": height, "pictures": count}
                for (width, height), count in list(self.sizes.items())[:10]
            ],
        }


@dataclass(frozen=True)
class Totals:
    """Pictures per split, and those without any label, where a picture may have several."""

    train: int
    validation: int
    test: int
    without_label: int

    @classmethod
    def of(cls, dataset: Dataset) -> Totals:
        """Return the numbers of a data set."""
        train, validation, test = (len(dataset.in_split(split)) for split in SPLITS)
        without = sum(not example.labels for example in dataset.examples)
        return cls(train, validation, test, without)


@dataclass(frozen=True)
class DataReport:
    """A data set's counts, what its pictures look like, and what was found in it.

    `totals` is there where a picture may have several labels: counts do not add up to pictures.
    """

    root: Path
    class_names: tuple[str, ...]
    counts: Counts
    pictures: PictureFacts
    findings: tuple[DataFinding, ...]
    totals: Totals | None = None

    @property
    def usable(self) -> bool:
        """Whether a model can be trained on the data as it is."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> list[str]:
        """What the user should know before trusting figures on this data, one line each."""
        return [finding.text for finding in self.findings if finding.severity == "warning"]

    @property
    def imbalance(self) -> float:
        """Training pictures of the largest class per one of the smallest; 0 without any."""
        smallest = min(self.counts.train, default=0)
        return max(self.counts.train) / smallest if smallest else 0.0

    @property
    def class_weights(self) -> dict[str, float]:
        """What each picture of a class counts so that all classes count the same.

        `n / (classes * n_class)` over the training pictures, scikit-learn's "balanced"; the mean
        over the pictures is 1. Empty where a class has none.
        """
        train = self.counts.train
        # Labels are weighed against the pictures without them, not against each other.
        if self.totals is not None or not all(train):
            return {}
        return dict(zip(self.class_names, balanced_weights(train), strict=True))

    def to_dict(self, *, most: int | None = 20) -> dict[str, Any]:
        """Return the report for JSON; each finding names at most `most` pictures or groups."""
        totals = self.totals
        several = (
            {
                "kind": "labels",
                "totals": {
                    "train": totals.train,
                    "validation": totals.validation,
                    "test": totals.test,
                    "withoutLabel": totals.without_label,
                },
            }
            if totals
            else {}
        )
        return {
            **several,
            "usable": self.usable,
            "classNames": list(self.class_names),
            "counts": self.counts.model_dump(mode="json"),
            "imbalance": self.imbalance,
            "classWeights": self.class_weights,
            "pictures": self.pictures.to_dict(),
            "findings": [finding.to_dict(most=most) for finding in self.findings],
        }


def _counted(values: Sequence[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())
