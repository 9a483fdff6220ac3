"""The sections of the page about the test pictures."""

from __future__ import annotations

from html import escape

import numpy as np

from kerasport.displayed import displayable
from kerasport.evaluation import Evaluation, LabelEvaluation
from kerasport.report import plots
from kerasport.report.choice import LISTED, MISTAKES, SAMPLE, lowest_recall, sample
from kerasport.report.confusion import confusion
from kerasport.report.markup import definitions, picture, section, table
from kerasport.report.report import Report
from kerasport.shares import share_text

__all__ = ["grid", "sample_note", "sections"]


def sections(report: Report, evaluation: Evaluation) -> list[str]:
    """Return the sections, the most telling first."""
    return [
        section("Predictions", _predictions(report, evaluation), note=sample_note(evaluation)),
        section(
            "Most confident mistakes",
            _mistakes(report, evaluation),
            note="Worth a look: a wrong label, a picture of two things, or a class that is too "
            "like another?",
        ),
        section("Confusion", confusion(evaluation)),
        section("Per class", _per_class(evaluation)),
        section("Among the best k", _top_k(evaluation)),
        section("Calibration", _calibration(report, evaluation)),
    ]


def sample_note(evaluation: Evaluation | LabelEvaluation) -> str:
    """Return how many of the test pictures are shown."""
    if evaluation.pictures <= SAMPLE:
        return "All test pictures, as the model sees them."
    return (
        f"{SAMPLE} of {evaluation.pictures:,} test pictures, evenly taken, as the model sees them."
    )


def grid(report: Report, figures: list[str]) -> str:
    """Return figures of pictures side by side, as wide as the model's input is."""
    height, width, _ = report.description.input_shape
    return f'<div class="pictures" style="--aspect: {width} / {height}">{"".join(figures)}</div>'


def _predictions(report: Report, evaluation: Evaluation) -> str:
    if evaluation.pixels is None:
        return ""
    figures = []
    for index in sample(evaluation):
        answer, truth = int(evaluation.predicted[index]), int(evaluation.truth[index])
        note = share_text(float(evaluation.confidence[index]))
        if answer != truth:
            note += f", is {evaluation.class_names[truth]}"
        figures.append(
            picture(
                np.asarray(evaluation.pixels[index]),
                title=evaluation.class_names[answer],
                note=note,
                is_right=answer == truth,
            )
        )
    return grid(report, figures)


def _mistakes(report: Report, evaluation: Evaluation) -> str:
    if evaluation.pixels is None:
        return ""
    figures = [
        picture(
            np.asarray(evaluation.pixels[mistake.index]),
            title=mistake.predicted,
            note=f"{share_text(mistake.confidence)}, is {mistake.truth}",
            is_right=False,
            file=displayable(mistake.path.name) if mistake.path else "",
        )
        for mistake in evaluation.mistakes[:MISTAKES]
    ]
    return grid(report, figures) if figures else "<p>There are no mistakes.</p>"


def _per_class(evaluation: Evaluation) -> str:
    shown = lowest_recall(evaluation, LISTED)
    rows = [(c.name, c.recall, c.precision, c.f1, c.support) for c in shown]
    means = np.mean([(c.recall, c.precision, c.f1) for c in evaluation.classes], axis=0).tolist()
    return table(
        ("class", "recall", "precision", "F1", "pictures"),
        [*rows, ("mean of the classes", *means, evaluation.pictures)],
        caption="Recall: how many pictures of the class are found. Precision: how many answers "
        "with this class are right. F1: their harmonic mean."
        + _left_out(len(evaluation.classes), "with the lowest recall"),
        shares=1,
    )


def _left_out(classes: int, which: str) -> str:
    if classes <= LISTED:
        return ""
    return f" The {LISTED:,} of {classes:,} classes {which}; report.json has all of them."


def _top_k(evaluation: Evaluation) -> str:
    rows = [(f"best {k}" if k > 1 else "best", share) for k, share in evaluation.top_k.items()]
    return table(
        ("answers", "true class among them"),
        rows,
        caption="Share of the test pictures.",
        shares=1,
    )


def _calibration(report: Report, evaluation: Evaluation) -> str:
    error = evaluation.expected_calibration_error
    facts = {"expected calibration error, test": share_text(error)}
    if found := report.description.calibration:
        facts["temperature"] = f"{found.temperature:.3f} ({found.method})"
        facts["on validation, as trained"] = share_text(found.ece_before)
        facts["on validation, as it is now"] = share_text(found.ece_after)
    facts["sure from"] = _threshold(report, evaluation)
    note = f"<p>{escape(report.calibration_note)}</p>" if report.calibration_note else ""
    described = (
        "Share of right answers by confidence, with the number of test pictures; on the diagonal "
        f"confidence and accuracy are equal. Their mean distance is {share_text(error)}."
    )
    return (
        f'<div class="side"><figure role="img" aria-label="{escape(described)}">'
        f"{plots.reliability_svg(evaluation.reliability)}</figure>"
        f"<div>{definitions(facts)}{note}<p class='soft'>{escape(described)}</p></div></div>"
    )


def _threshold(report: Report, evaluation: Evaluation) -> str:
    threshold = report.description.confidence_threshold
    if threshold is None:
        return "no confidence at which 95% of the validation pictures are right"
    sure = evaluation.confidence >= threshold
    text = (
        f"{share_text(threshold)} confidence: {share_text(float(sure.mean()))} of the test pictures"
    )
    if sure.any():
        right = (evaluation.predicted == evaluation.truth)[sure]
        text += f", {share_text(float(right.mean()))} of these right"
    return text
