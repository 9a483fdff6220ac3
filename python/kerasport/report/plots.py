"""Plots, through matplotlib's object interface: SVG for the page, PNG for everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.dataset import Pixels
from kerasport.evaluation import Evaluation, LabelEvaluation, Reliability
from kerasport.report.choice import DRAWN, MISTAKES, lowest_recall, sample
from kerasport.report.document import token
from kerasport.report.drawing import (
    ACCENT,
    MARK,
    SOFT,
    WRONG,
    Draw,
    cut,
    drawn_reliability,
    figure_of,
    save,
    svg,
)
from kerasport.report.label_plots import write_label_plots
from kerasport.report.report import Report
from kerasport.shares import share_text

__all__ = ["curve_panels", "reliability_svg", "write_plots"]

_LARGEST_NUMBERED = 15


def curve_panels(history: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the training curves: one SVG element per panel, each with its text alternative."""
    return [
        (svg(partial(_draw_curve, history=history, key=key)), _described(history, key))
        for key in _panels(history)
    ]


def reliability_svg(reliability: Reliability) -> str:
    """Return the reliability diagram as an SVG element."""
    return svg(partial(drawn_reliability, data=reliability), size=(4.2, 3.6))


def write_plots(report: Report, folder: Path) -> list[Path]:
    """Write the plots as PNG files into a new folder and return their paths.

    `curves.png` always; `confusion.png`, `recall.png` and `reliability.png` where there are test
    pictures, and with their pixels `predictions.png` and, if there are any, `mistakes.png`. Of
    several labels `labels.png` and `reliability.png`.
    """
    folder.mkdir()
    panels = _panels(report.history)
    figure = figure_of((4.6 * len(panels), 3.2))
    for axes, key in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
        _draw_curve(axes, report.history, key)
    written = [save(figure, folder / "curves.png")]
    evaluation = report.evaluation
    if evaluation is None:
        return written
    if isinstance(evaluation, LabelEvaluation):
        return [*written, *write_label_plots(evaluation, folder)]
    count = min(DRAWN, len(evaluation.class_names))
    side = max(
        4.0, min(16.0, 2.2 + 0.42 * count if count <= _LARGEST_NUMBERED else 4 + 0.13 * count)
    )
    plots: tuple[tuple[str, tuple[float, float], Draw], ...] = (
        ("confusion", (side, side), partial(_draw_confusion, evaluation=evaluation)),
        ("recall", (6.4, max(2.0, 1 + 0.24 * count)), partial(_draw_recall, evaluation=evaluation)),
        ("reliability", (4.8, 4.0), partial(drawn_reliability, data=evaluation.reliability)),
    )
    for name, size, draw in plots:
        figure = figure_of(size)
        draw(figure.subplots())
        written.append(save(figure, folder / f"{name}.png"))
    if evaluation.pixels is None:
        return written
    mistakes = [mistake.index for mistake in evaluation.mistakes[:MISTAKES]]
    for name, indices in (("predictions", sample(evaluation)), ("mistakes", mistakes)):
        if indices:
            written.append(
                save(_pictures(evaluation, evaluation.pixels, indices), folder / f"{name}.png")
            )
    return written


def _panels(history: Mapping[str, Any]) -> list[str]:
    return ["loss", "accuracy", *(["learningRate"] if history.get("learningRate") else [])]


def _validation(history: Mapping[str, Any], key: str) -> list[float]:
    names = {"loss": "validationLoss", "accuracy": "validationAccuracy"}
    return list(history.get(names.get(key, ""), ()))


def _described(history: Mapping[str, Any], key: str) -> str:
    values, best = history[key], history["bestEpoch"]
    title = "learning rate" if key == "learningRate" else f"training {key}"
    text = f"The {title} goes from {values[0]:.3g} to {values[-1]:.3g} in {len(values)} epochs"
    if validation := _validation(history, key):
        text += f"; on validation it is {validation[best - 1]:.3g} at the best epoch, {best}"
    return text + "."


def _draw_curve(axes: Any, history: Mapping[str, Any], key: str) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(history["loss"]) + 1)
    marker = "o" if len(epochs) < 3 else ""
    validation = _validation(history, key)
    label = None if key == "learningRate" else "train"
    axes.plot(epochs, history[key], color=SOFT, label=label, marker=marker)
    if validation:
        axes.plot(epochs, validation, color=ACCENT, label="validation", linewidth=2, marker=marker)
    best = history["bestEpoch"]
    axes.axvline(best, color=MARK, linestyle=":", label=f"best epoch, {best}")
    _draw_phases(axes, history)
    # The names of the phases stand between the title and the curves.
    axes.set_title("learning rate" if key == "learningRate" else key, loc="left", pad=16)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, len(epochs) + 0.5)
    if key == "learningRate":
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:.3g}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=SOFT, alpha=0.25, linewidth=0.6)
    axes.legend(frameon=False, fontsize="small")


def _draw_phases(axes: Any, history: Mapping[str, Any]) -> None:
    phases = [phase for phase in history.get("phases", ()) if phase["epochs"]]
    if len(phases) < 2:
        return
    start = 0
    for number, phase in enumerate(phases):
        if number % 2:
            axes.axvspan(start + 0.5, start + phase["epochs"] + 0.5, color=SOFT, alpha=0.15, lw=0)
        middle = start + (phase["epochs"] + 1) / 2
        axes.annotate(
            str(phase["name"]),
            (middle, 1.0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize="x-small",
            parse_math=False,
        )
        start += phase["epochs"]


def _draw_recall(axes: Any, evaluation: Evaluation) -> None:
    shown = lowest_recall(evaluation, DRAWN)
    places = np.arange(len(shown))
    axes.barh(places, [item.recall for item in shown], color=ACCENT)
    axes.set_yticks(places, [cut(item.name) for item in shown], parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    left = len(evaluation.classes) - len(shown)
    axes.set_xlabel("recall" if not left else f"lowest recall, without {left:,} other classes")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_confusion(axes: Any, evaluation: Evaluation) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    everything = evaluation.cells
    chosen = everything.most_confused(DRAWN)
    counts = everything.among(chosen).matrix()
    shares = counts / np.maximum(everything.support[chosen, None], 1)
    shades = LinearSegmentedColormap.from_list("shares", [token("card"), ACCENT])
    axes.imshow(shares, cmap=shades, vmin=0, vmax=1)
    size = len(counts)
    if size <= _LARGEST_NUMBERED:
        for row, column in np.ndindex(counts.shape):
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    places = np.arange(size)
    text = {"parse_math": False, "fontsize": 9 if size <= 30 else 6}
    names = [cut(evaluation.class_names[index]) for index in chosen]
    axes.set_xticks(places, names, rotation=90, **text)
    axes.set_yticks(places, names, **text)
    left = everything.classes - size
    axes.set_xlabel("answered" if not left else f"answered; {left:,} classes are left out")
    axes.set_ylabel("true class")


def _pictures(evaluation: Evaluation, pixels: Pixels, indices: list[int]) -> Any:
    columns = 6
    rows = -(-len(indices) // columns)
    figure = figure_of((1.9 * columns, 2.3 * rows))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, index in zip(grid, indices, strict=False):
        picture = np.asarray(pixels[index])
        gray = {"cmap": "gray", "vmin": 0, "vmax": 255} if picture.shape[2] == 1 else {}
        axes.imshow(picture[:, :, 0] if gray else picture, **gray)
        answer, truth = int(evaluation.predicted[index]), int(evaluation.truth[index])
        is_right = answer == truth
        share = float(evaluation.confidence[index])
        title = f"{cut(evaluation.class_names[answer])} {share_text(share)}"
        if not is_right:
            title += f"\nis {cut(evaluation.class_names[truth])}"
        color = ACCENT if is_right else WRONG
        axes.set_title(title, fontsize=8, color=color, parse_math=False)
    return figure
