"""A report on a run folder: its training as it was recorded, with a new measurement."""

from __future__ import annotations

import json
from typing import Any

from kerasport.errors import DataError
from kerasport.evaluation import Evaluation, LabelEvaluation
from kerasport.report.report import Report
from kerasport.runs import Run

__all__ = ["report_on"]


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
        history: dict[str, Any] = json.loads(run.history_path.read_text(encoding="utf-8"))
        stored: dict[str, Any] = json.loads(run.report_path.read_text(encoding="utf-8"))
        recipe = stored["recipe"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"'{run.path}' is damaged ({error!r}). Train the run again.") from None
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
        recipe=recipe,
        history=history,
        evaluation=evaluation,
        warnings=tuple(stored.get("warnings", ())),
        findings=stored.get("findings", ()),
        automatic=stored.get("automatic", {}),
        timings=stored.get("timings", {}),
        calibration_note=stored.get("calibrationNote", ""),
    )
