"""Plots of labels: how precisely each is found, and what goes with that into the run folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.evaluation import LabelEvaluation, Reliability
from kerasport.report.choice import DRAWN, lowest_precision
from kerasport.report.drawing import ACCENT, MARK, cut, drawn_reliability, figure_of, save, svg

__all__ = ["precision_svg", "reliability_svg", "write_label_plots"]


def precision_svg(evaluation: LabelEvaluation) -> str:
    """Return average precision and F1 of each label as an SVG element."""
    return svg(partial(_draw_precision, evaluation=evaluation), size=_size(evaluation))


def reliability_svg(reliability: Reliability) -> str:
    """Return the reliability diagram of all labels together as an SVG element."""
    return svg(partial(_draw_reliability, data=reliability), size=(4.2, 3.6))


def write_label_plots(evaluation: LabelEvaluation, folder: Path) -> list[Path]:
    """Write `labels.png` and `reliability.png`, and return their paths."""
    written = []
    plots: tuple[tuple[str, tuple[float, float], Any], ...] = (
        ("labels", _size(evaluation), partial(_draw_precision, evaluation=evaluation)),
        ("reliability", (4.8, 4.0), partial(_draw_reliability, data=evaluation.reliability)),
    )
    for name, size, draw in plots:
        figure = figure_of(size)
        draw(figure.subplots())
        written.append(save(figure, folder / f"{name}.png"))
    return written


def _size(evaluation: LabelEvaluation) -> tuple[float, float]:
    return 6.4, max(2.0, 1 + 0.24 * min(DRAWN, len(evaluation.labels)))


def _draw_precision(axes: Any, evaluation: LabelEvaluation) -> None:
    shown = lowest_precision(evaluation, DRAWN)
    places = np.arange(len(shown))
    axes.barh(places, [score.average_precision or 0.0 for score in shown], color=ACCENT)
    axes.plot([score.f1 for score in shown], places, "o", color=MARK, markersize=4)
    axes.set_yticks(places, [cut(score.name) for score in shown], parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("average precision; dots: F1 at the threshold")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_reliability(axes: Any, data: Reliability) -> None:
    drawn_reliability(axes, data)
    axes.set_xlabel("probability")
    axes.set_ylabel("share that has the label")
