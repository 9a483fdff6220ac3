"""The report on pictures with several labels: every figure with its name, and names as text."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np
from support.reports import EVIL, make_report

from kerasport.bundle.output import LabelsOutput
from kerasport.evaluation import score_labels
from kerasport.report import Report, render_page, write_plots

NAMES = ("cat", EVIL, "nobody")


def label_report(*, wrong: bool = True) -> Report:
    """Return a report on four pictures: a cat that is missed and a script that is not there."""
    plain = make_report(classes=NAMES)
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]], np.uint8)
    answers = np.where(truth == 1, 0.9, 0.1).astype(np.float32)
    if wrong:
        answers[0, 0], answers[2, 1] = 0.2, 0.8
    pixels = np.arange(4 * 8 * 8 * 3, dtype=np.uint32).astype(np.uint8).reshape(4, 8, 8, 3)
    evaluation = score_labels([answers], truth, NAMES, thresholds=(0.5, 0.5, 0.5), pixels=pixels)
    metrics = plain.description.metrics
    assert metrics is not None
    description = plain.description.model_copy(
        update={
            "class_names": list(NAMES),
            "output": LabelsOutput(thresholds=[0.5, 0.5, 0.5], aim="f1"),
            "confidence_threshold": None,
            "metrics": metrics.model_copy(
                update={"test_accuracy": None, "labels": evaluation.metrics}
            ),
        }
    )
    return replace(plain, description=description, evaluation=evaluation)


def test_the_page_has_the_figures_of_labels() -> None:
    """Key figures, the table per label, mistakes of each kind, and no accuracy."""
    page = render_page(label_report())

    assert "3 labels, input" in page
    for text in ("mean average precision", "all labels right", "Pictures per label"):
        assert text in page
    assert "test accuracy" not in page
    assert "<b>cat missed</b><small>20.0%, has cat</small>" in page
    assert f"<b>{escape(EVIL)} false</b><small>80.0%, has no label</small>" in page
    assert "<h3>cat: 1 missed, 0 false</h3>" in page
    assert "<b>none</b><small>missed cat</small>" in page
    assert "<script" not in page


def test_no_mistakes_are_said() -> None:
    """Where all labels are right, there is a sentence instead of pictures."""
    assert "There are no mistakes." in render_page(label_report(wrong=False))


def test_plots_of_labels_are_written(tmp_path: Path) -> None:
    """The run folder gets the curves, the labels and the reliability, and no confusion."""
    written = write_plots(label_report(), tmp_path / "plots")

    assert [path.name for path in written] == ["curves.png", "labels.png", "reliability.png"]
    assert all(path.stat().st_size > 1000 for path in written)
