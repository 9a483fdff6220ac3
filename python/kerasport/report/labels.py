"""The sections of the page about test pictures that may have several labels."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

from kerasport.displayed import displayable
from kerasport.evaluation import LabelEvaluation, LabelMistake
from kerasport.report import label_plots
from kerasport.report.choice import DRAWN, LISTED, lowest_precision, sample
from kerasport.report.markup import definitions, picture, section, table
from kerasport.report.report import Report
from kerasport.report.tested import grid, sample_note
from kerasport.shares import share_text

__all__ = ["sections"]

_MISTAKES = 3
"""Of a label and kind: both fill a row."""

_LABELS_WITH_MISTAKES = 20


def sections(report: Report, evaluation: LabelEvaluation) -> list[str]:
    """Return the sections, the most telling first."""
    return [
        section("Predictions", _predictions(report, evaluation), note=sample_note(evaluation)),
        section("Per label", _per_label(evaluation)),
        section("All labels together", _together(evaluation)),
        section("Average precision and F1", _precisions(evaluation)),
        section(
            "Most confident mistakes per label",
            _mistakes(report, evaluation),
            note="Worth a look: a wrong label, a label that nobody gave, or two that are alike?",
        ),
        section("Calibration", _calibration(report, evaluation)),
    ]


def _predictions(report: Report, evaluation: LabelEvaluation) -> str:
    if evaluation.pixels is None:
        return ""
    figures = []
    for index in sample(evaluation):
        has, holds = evaluation.truth[index] == 1, evaluation.holding[index]
        note = ", ".join(
            [
                *(f"missed {name}" for name in _named(evaluation, has & ~holds)),
                *(f"falsely {name}" for name in _named(evaluation, ~has & holds)),
            ]
        )
        figures.append(
            picture(
                np.asarray(evaluation.pixels[index]),
                title=", ".join(_named(evaluation, holds)) or "none",
                note=note or "all right",
                is_right=not note,
            )
        )
    return grid(report, figures)


def _named(evaluation: LabelEvaluation, chosen: NDArray[np.bool_]) -> list[str]:
    return [evaluation.class_names[at] for at in np.flatnonzero(chosen)]


def _per_label(evaluation: LabelEvaluation) -> str:
    shown = lowest_precision(evaluation, LISTED)
    rows: list[tuple[object, ...]] = [
        (
            score.name,
            "" if score.average_precision is None else score.average_precision,
            score.f1,
            score.precision,
            score.recall,
            f"{score.threshold:.3g}",
            score.support,
            score.missed,
            score.false,
        )
        for score in shown
    ]
    left = ""
    if len(shown) < len(evaluation.labels):
        left = (
            f" The {LISTED:,} of {len(evaluation.labels):,} labels with the lowest average "
            "precision; report.json has all of them."
        )
    return table(
        (
            *("label", "average precision", "F1", "precision", "recall", "holds from"),
            *("pictures", "missed", "false"),
        ),
        rows,
        caption="Average precision: of the label's order of the pictures, at every threshold. F1, "
        "precision and recall: at the threshold, from which on the label holds. Missed: pictures "
        f"that have it and are below. False: pictures that reach it without.{left}",
        shares=1,
    )


def _together(evaluation: LabelEvaluation) -> str:
    mean = evaluation.mean_average_precision
    rows: list[tuple[object, ...]] = [
        (
            "mean of the labels",
            evaluation.macro_precision,
            evaluation.macro_recall,
            evaluation.macro_f1,
        ),
        (
            "all decisions together",
            evaluation.micro_precision,
            evaluation.micro_recall,
            evaluation.micro_f1,
        ),
    ]
    facts = {
        "mean average precision": "unknown" if mean is None else share_text(mean),
        "exactly the true labels": f"{share_text(evaluation.exact_match)} of the pictures",
        "right of all decisions": share_text(evaluation.label_accuracy),
    }
    return definitions(facts) + table(
        ("averages", "precision", "recall", "F1"),
        rows,
        caption="Means are of the labels that a test picture has, whatever their number; together "
        "a frequent label counts more.",
    )


def _precisions(evaluation: LabelEvaluation) -> str:
    described = (
        "The average precision of each label as a bar, with the F1 at its threshold as a dot."
    )
    note = ""
    if len(evaluation.labels) > DRAWN:
        note = f" The {DRAWN} labels with the lowest average precision."
    return (
        f'<figure role="img" aria-label="{escape(described)}">'
        f"{label_plots.precision_svg(evaluation)}"
        f'<figcaption class="soft">{escape(described + note)}</figcaption></figure>'
    )


def _mistakes(report: Report, evaluation: LabelEvaluation) -> str:
    if evaluation.pixels is None:
        return ""
    worst = sorted(evaluation.labels, key=lambda score: -(score.missed + score.false))
    parts = []
    for score in worst[:_LABELS_WITH_MISTAKES]:
        own = [each for each in evaluation.mistakes if each.label == score.name]
        shown = [
            each
            for kind in ("missed", "false")
            for each in [item for item in own if item.kind == kind][:_MISTAKES]
        ]
        if shown:
            figures = [_mistake(evaluation, each) for each in shown]
            counts = f"{score.missed} missed, {score.false} false"
            parts.append(f"<h3>{escape(score.name)}: {counts}</h3>{grid(report, figures)}")
    return "".join(parts) if parts else "<p>There are no mistakes.</p>"


def _mistake(evaluation: LabelEvaluation, mistake: LabelMistake) -> str:
    pixels = evaluation.pixels
    if pixels is None:
        return ""
    has = ", ".join(_named(evaluation, evaluation.truth[mistake.index] == 1)) or "no label"
    return picture(
        np.asarray(pixels[mistake.index]),
        title=f"{mistake.label} {mistake.kind}",
        note=f"{share_text(mistake.probability)}, has {has}",
        is_right=False,
        file=displayable(mistake.path.name) if mistake.path else "",
    )


def _calibration(report: Report, evaluation: LabelEvaluation) -> str:
    error = evaluation.expected_calibration_error
    facts = {"expected calibration error, test": share_text(error)}
    if found := report.description.calibration:
        facts["on validation, as trained"] = share_text(found.ece_before)
        facts["on validation, as it is now"] = share_text(found.ece_after)
    note = f"<p>{escape(report.calibration_note)}</p>" if report.calibration_note else ""
    described = (
        "Share of pictures that have the label by its probability, of all labels together; on the "
        f"diagonal both are equal. The mean distance of each label is {share_text(error)}."
    )
    return (
        f'<div class="side"><figure role="img" aria-label="{escape(described)}">'
        f"{label_plots.reliability_svg(evaluation.reliability)}</figure>"
        f"<div>{definitions(facts)}{note}<p class='soft'>{escape(described)}</p></div></div>"
    )
