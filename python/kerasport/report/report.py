"""Everything that is said about one training: the content of `report.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.evaluation import Evaluation, LabelEvaluation, ModelComparison

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """Everything that is said about one training.

    Attributes:
        recipe: the recipe's choices by name, as in `recipe.json`.
        history: the content of `history.json`; "learningRate" (per epoch) and "phases" (a list
            of {"name", "epochs"}) are drawn where they are there.
        evaluation: of the test pictures, with their pixels; None where there are none.
        warnings: about the data, one line each.
        findings: about the data, warnings among them, as `DataReport.to_dict()` has them.
        automatic: choice of the recipe -> why it was made, for those nobody made by hand.
        timings: what -> seconds.
        calibration_note: what calibrating came to, a sentence.
        comparison: with the model that the training started from; None without one.
    """

    description: ClassifierDescription
    recipe: Mapping[str, Any]
    history: Mapping[str, Any]
    evaluation: Evaluation | LabelEvaluation | None
    warnings: tuple[str, ...] = ()
    findings: Sequence[Mapping[str, Any]] = ()
    automatic: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    calibration_note: str = ""
    comparison: ModelComparison | None = None

    @property
    def training_seconds(self) -> float:
        """Duration of all epochs together."""
        return float(sum(self.history.get("seconds", ())))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `report.json`."""
        return {
            "automatic": dict(self.automatic),
            "calibrationNote": self.calibration_note,
            "description": self.description.model_dump(mode="json", by_alias=True),
            "evaluation": self.evaluation.to_dict() if self.evaluation else None,
            "findings": [dict(finding) for finding in self.findings],
            "recipe": dict(self.recipe),
            "timings": {name: round(seconds, 3) for name, seconds in self.timings.items()},
            "trainingSeconds": round(self.training_seconds, 3),
            "warnings": list(self.warnings),
            **({"comparison": self.comparison.to_dict()} if self.comparison else {}),
        }
