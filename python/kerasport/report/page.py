"""`report.html`: what is on it, from top to bottom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from kerasport.evaluation import Evaluation, LabelEvaluation
from kerasport.report import labels, plots, tested
from kerasport.report.choice import LISTED
from kerasport.report.compared import compared
from kerasport.report.document import html_document
from kerasport.report.markup import definitions, duration, plain, section, table, words
from kerasport.report.report import Report
from kerasport.shares import share_text

__all__ = ["render_page"]

_EXAMPLES = 3


def render_page(report: Report) -> str:
    """Return the whole page; it loads nothing and runs no script."""
    name = escape(report.description.name)
    parts = [
        f'<header><p class="kicker">Training report</p><h1>{name}</h1>',
        f'<p class="soft">{_subtitle(report)}</p></header>',
        _figures(report),
        compared(report),
        section("The data", _warnings(report)),
        section("Training", _training(report)),
        *_tested(report),
        section(
            "Pictures per label" if report.description.labels_output else "Pictures per class",
            _counts(report),
        ),
        section("How it was made", _recipe(report)),
        section("Time", _timings(report)),
        section("Environment", _environment(report)),
    ]
    body = "\n".join(part for part in parts if part)
    return html_document(f"{report.description.name}: training report", body)


def _tested(report: Report) -> list[str]:
    evaluation = report.evaluation
    if evaluation is None:
        return []
    if isinstance(evaluation, Evaluation):
        return tested.sections(report, evaluation)
    return labels.sections(report, evaluation)


def _subtitle(report: Report) -> str:
    height, width, _ = report.description.input_shape
    kind = "labels" if report.description.labels_output else "classes"
    training = report.description.training
    day = f", trained on {escape(training.date)}" if training else ""
    return (
        f"{len(report.description.class_names)} {kind}, input {height}&times;{width} "
        f"{escape(report.description.color_mode)}{day}"
    )


def _figures(report: Report) -> str:
    figures = []
    metrics = report.description.metrics
    if report.evaluation:
        figures += _best_figures(report.evaluation)
        figures.append((f"{report.evaluation.pictures:,}", "test pictures"))
        error = report.evaluation.expected_calibration_error
        figures.append((share_text(error), "calibration error"))
    # Of labels it is that of all decisions, most of which are no.
    is_one = report.description.labels_output is None
    if is_one and metrics and metrics.validation_accuracy is not None:
        figures.append((share_text(metrics.validation_accuracy), "validation accuracy"))
    epochs = len(report.history["loss"])
    figures.append((f"{report.history['bestEpoch']} of {epochs}", "best epoch"))
    figures.append((duration(_seconds_of_training(report)), "training time"))
    cells = "".join(
        f'<div class="figure{"" if index else " first"}"><b>{value}</b><span>{label}</span></div>'
        for index, (value, label) in enumerate(figures)
    )
    method = f'<p class="soft">{escape(metrics.method)}</p>' if metrics else ""
    return f'<section><div class="figures">{cells}</div>{method}</section>'


def _best_figures(evaluation: Evaluation | LabelEvaluation) -> list[tuple[str, str]]:
    if isinstance(evaluation, Evaluation):
        return [(share_text(evaluation.accuracy), "test accuracy")]
    mean = evaluation.mean_average_precision
    return [
        ("unknown" if mean is None else share_text(mean), "mean average precision"),
        (share_text(evaluation.macro_f1), "F1, mean of the labels"),
        (share_text(evaluation.exact_match), "all labels right"),
    ]


def _warnings(report: Report) -> str:
    items = [_finding(finding) for finding in report.findings]
    # The findings have the warnings among them.
    items = items or [f"<li>{escape(warning)}</li>" for warning in report.warnings]
    return f'<div class="warnings"><ul>{"".join(items)}</ul></div>' if items else ""


def _finding(finding: Mapping[str, Any]) -> str:
    severity, message, remedy = (escape(finding[key]) for key in ("severity", "message", "remedy"))
    groups = [" = ".join(group) for group in finding["examples"][:_EXAMPLES]]
    left = finding["count"] - len(groups)
    more = f" and {left:,} more" if groups and left > 0 else ""
    examples = f"<small>{escape('; '.join(groups) + more)}</small>" if groups else ""
    advice = f" {remedy}" if remedy else ""
    return f'<li><b class="severity {severity}">{severity}</b> {message}{advice}{examples}</li>'


def _training(report: Report) -> str:
    history = report.history
    charts = "".join(
        f'<figure role="img" aria-label="{escape(text)}">{svg}</figure>'
        for svg, text in plots.curve_panels(history)
    )
    columns = {
        "loss": "loss",
        "accuracy": "accuracy",
        "validation loss": "validationLoss",
        "validation accuracy": "validationAccuracy",
        "learning rate": "learningRate",
        "seconds": "seconds",
    }
    columns = {title: key for title, key in columns.items() if history.get(key)}
    rows = [
        (epoch + 1, *(f"{history[key][epoch]:.4g}" for key in columns.values()))
        for epoch in range(len(history["loss"]))
    ]
    numbers = table(("epoch", *columns), rows, caption="Every epoch in numbers.")
    details = f"<details><summary>Every epoch in numbers</summary>{numbers}</details>"
    return f'<div class="curves">{charts}</div>{details}'


def _counts(report: Report) -> str:
    training = report.description.training
    if training is None:
        return ""
    splits = (training.counts.train, training.counts.validation, training.counts.test)
    names = report.description.class_names
    rows = list(zip(names, *splits, strict=True))
    caption = "Number of pictures."
    if len(rows) > LISTED:
        # In the order of the names; `sorted` keeps it among equals.
        fewest = sorted(sorted(range(len(rows)), key=lambda row: rows[row][1])[:LISTED])
        rows = [rows[row] for row in fewest]
        caption += (
            f" The {LISTED:,} of {len(names):,} classes with the fewest training pictures; "
            "report.json has all of them."
        )
    several = report.description.labels_output is not None
    # A picture counts for each of its labels.
    if not several:
        rows.append(("all", sum(splits[0]), sum(splits[1]), sum(splits[2])))
    return table(
        ("label" if several else "class", "train", "validation", "test"), rows, caption=caption
    )


def _recipe(report: Report) -> str:
    # As they are in JSON, so that a stored report reads like a new one.
    choices: dict[str, Any] = json.loads(json.dumps(dict(report.recipe), default=str))
    rows = [
        (
            words(key),
            plain(value),
            *([_why(report.automatic.get(key))] if report.automatic else []),
        )
        for key, value in choices.items()
        # What is about several labels says nothing where there is one.
        if value is not None or key != "labelPrecision"
    ]
    head = ("choice", "value", *(["why"] if report.automatic else []))
    return table(head, rows, caption="The recipe, with what the command line changed.", words=True)


def _why(reason: str | None) -> str:
    return f"automatic: {reason}" if reason else ""


def _seconds_of_training(report: Report) -> float:
    """Return how long was trained, with what is done before and between the epochs.

    A training that was resumed knows that of its last part only, and of all epochs.
    """
    return max(report.training_seconds, report.timings.get("train", 0.0))


def _timings(report: Report) -> str:
    facts = {name: duration(seconds) for name, seconds in report.timings.items()}
    if "train" in facts:
        epochs = f"{duration(report.training_seconds)} of it in epochs"
        facts["train"] = f"{duration(_seconds_of_training(report))}, {epochs}"
    return definitions(facts) if facts else ""


def _environment(report: Report) -> str:
    training = report.description.training
    if training is None:
        return ""
    facts = {"data fingerprint": training.data_fingerprint}
    return definitions(facts | dict(training.versions))
