"""A report on a run folder: its training as it was recorded, with a new measurement."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from kerasport.bundle.document import Document, problems_of
from kerasport.errors import DataError
from kerasport.evaluation import Evaluation, LabelEvaluation
from kerasport.json_text import load_json_file
from kerasport.report.report import Report
from kerasport.runs import Run

__all__ = ["report_on"]


class _Phase(Document):
    name: str
    epochs: Annotated[int, Field(ge=0)]


class _History(Document):
    """What is drawn of `history.json`, as `training.fitting.History` writes it."""

    best_epoch: Annotated[int, Field(ge=1)]
    loss: Annotated[list[float], Field(min_length=1)]
    accuracy: list[float]
    validation_loss: list[float] = Field(default_factory=list)
    validation_accuracy: list[float] = Field(default_factory=list)
    learning_rate: list[float] = Field(default_factory=list)
    seconds: list[float] = Field(default_factory=list)
    phases: list[_Phase] = Field(default_factory=list)

    @model_validator(mode="after")
    def _as_long(self) -> _History:
        epochs = len(self.loss)
        optional = (
            *(self.validation_loss, self.validation_accuracy),
            *(self.learning_rate, self.seconds),
        )
        whole = len(self.accuracy) == epochs and self.best_epoch <= epochs
        if not whole or any(len(each) not in (0, epochs) for each in optional):
            raise ValueError(f"there are {epochs} epochs, and not as many figures of each kind")
        return self


class _Finding(Document):
    kind: str
    severity: str
    count: int
    message: str
    remedy: str
    examples: list[list[str]]


class _Stored(Document):
    """What is told again of `report.json`."""

    recipe: dict[str, Any]
    warnings: list[str] = Field(default_factory=list)
    findings: list[_Finding] = Field(default_factory=list)
    automatic: dict[str, str] = Field(default_factory=dict)
    timings: dict[str, float] = Field(default_factory=dict)
    calibration_note: str = ""


def report_on(run: Run, evaluation: Evaluation | LabelEvaluation, *, pictures: str) -> Report:
    """Return the report of a run with other test figures.

    Args:
        run: the trained classifier.
        evaluation: what it answered.
        pictures: where the pictures are from, a few words after "pictures".

    Raises:
        DataError: the run's history or its report is damaged.
    """
    try:
        content = load_json_file(run.history_path, only_numbers=False)
        history = _History.model_validate(content)
        stored = _Stored.model_validate(load_json_file(run.report_path))
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{run.path}' is damaged ({problems_of(error)}). Train the run again."
        ) from None
    description = run.description
    if description.metrics is not None:
        method = (
            f"Share of the {evaluation.pictures:,} pictures {pictures} whose most probable class "
            "is the true one; measured after the training."
            if isinstance(evaluation, Evaluation)
            else f"Figures of each label on the {evaluation.pictures:,} pictures {pictures}; "
            "measured after the training."
        )
        metrics = description.metrics.model_copy(
            update={
                "test_accuracy": evaluation.accuracy
                if isinstance(evaluation, Evaluation)
                else None,
                "labels": evaluation.metrics if isinstance(evaluation, LabelEvaluation) else None,
                "test_pictures": evaluation.pictures,
                "expected_calibration_error": evaluation.expected_calibration_error,
                "method": method,
            }
        )
        description = description.model_copy(update={"metrics": metrics})
    return Report(
        description=description,
        recipe=stored.recipe,
        history=history.model_dump(mode="json", by_alias=True),
        evaluation=evaluation,
        warnings=tuple(stored.warnings),
        findings=[each.model_dump() for each in stored.findings],
        automatic=stored.automatic,
        timings=stored.timings,
        calibration_note=stored.calibration_note,
    )
