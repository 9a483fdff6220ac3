"""The section about the model that a training started from."""

from __future__ import annotations

from html import escape

import numpy as np

from kerasport.evaluation import Evaluation, ModelComparison
from kerasport.report.choice import LISTED
from kerasport.report.markup import picture, section, table
from kerasport.report.report import Report

__all__ = ["compared"]

_PICTURES = 24


def compared(report: Report) -> str:
    """Return the section; nothing where there is no earlier model."""
    comparison, evaluation = report.comparison, report.evaluation
    if comparison is None or not isinstance(evaluation, Evaluation):
        return ""
    body = f"<p>{escape(comparison.text)}</p>{_classes(comparison)}"
    for title, places, is_right in (
        ("Became right", comparison.became_right, True),
        ("Became wrong", comparison.became_wrong, False),
    ):
        if places and evaluation.pixels is not None:
            shown = places[:_PICTURES]
            more = f", the first {len(shown)}" if len(places) > len(shown) else ""
            figures = "".join(
                _figure(comparison, evaluation, place, is_right=is_right) for place in shown
            )
            height, width, _ = report.description.input_shape
            body += (
                f"<h3>{title}: {len(places):,}{more}</h3>"
                f'<div class="pictures" style="--aspect: {width} / {height}">{figures}</div>'
            )
    return section(
        f"Compared with {comparison.name}",
        body,
        note="Both models on the same test pictures, which neither was trained with.",
    )


def _classes(comparison: ModelComparison) -> str:
    changes = sorted(comparison.classes, key=lambda each: -(each.became_right + each.became_wrong))[
        :LISTED
    ]
    rows = [
        (each.name, each.before, each.after, each.became_right, each.became_wrong, each.pictures)
        for each in changes
    ]
    left = len(comparison.classes) - len(rows)
    more = f" {left:,} classes with fewer changes are in report.json." if left else ""
    return table(
        ("class", "recall before", "now", "became right", "became wrong", "pictures"),
        rows,
        caption=f"Those with most changes first.{more}",
    )


def _figure(
    comparison: ModelComparison, evaluation: Evaluation, place: int, *, is_right: bool
) -> str:
    assert evaluation.pixels is not None
    names = evaluation.class_names
    truth = names[int(evaluation.truth[place])]
    before, now = (names[int(each[place])] for each in (comparison.earlier, evaluation.predicted))
    return picture(
        np.asarray(evaluation.pixels[place]),
        title=now,
        note=f"was answered with {before}" if is_right else f"is {truth}",
        is_right=is_right,
    )
