"""What all plots share: the colors of the page, figures as PNG and as SVG, reliability diagrams."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.errors import missing_extra
from kerasport.evaluation import Reliability
from kerasport.report.document import token
from kerasport.report.markup import shortened

__all__ = [
    "ACCENT",
    "MARK",
    "SOFT",
    "WRONG",
    "Draw",
    "cut",
    "drawn_reliability",
    "figure_of",
    "save",
    "svg",
]

SOFT, ACCENT, WRONG = token("edge"), token("accent"), token("danger")
MARK = "#000000"
# In the SVG of a page they follow its scheme; black is what matplotlib has for text and axes.
_ON_PAGES = {
    SOFT: "var(--edge)",
    ACCENT: "var(--accent)",
    WRONG: "var(--danger)",
    MARK: "currentColor",
}

Draw = Callable[[Any], None]
"""Draws on axes of matplotlib."""


def cut(name: str) -> str:
    """Return the name of a class as a plot has room for it."""
    # matplotlib draws Unicode only.
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return shortened(name, 20)


def figure_of(size: tuple[float, float]) -> Any:
    """Return an empty figure of matplotlib, `size` in inches."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise missing_extra("train", "The report of a training") from None
    return Figure(figsize=size, layout="constrained")


def save(figure: Any, path: Path) -> Path:
    """Write a figure as PNG and return its path."""
    with warnings.catch_warnings():
        # A script that the font lacks is shown as boxes here; the page has every name as text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        # Equal content, equal bytes: no version of the software in the file.
        figure.savefig(path, dpi=120, metadata={"Software": None})
    return path


def svg(draw: Draw, size: tuple[float, float] = (4.6, 3.0)) -> str:
    """Return what draws on the axes of a new figure as an SVG element."""
    figure = figure_of(size)
    import matplotlib

    # Text stays text, and equal curves give equal bytes; both are read from the settings only.
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "kerasport",
        "font.family": "sans-serif",
    }
    with matplotlib.rc_context(settings):
        draw(figure.subplots())
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    element = text[text.index("<svg") :]
    # The figure around it has the text alternative; the size is the page's affair.
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = element.replace("<svg ", '<svg aria-hidden="true" ', 1)
    for color, followed in _ON_PAGES.items():
        element = element.replace(color, followed)
    return element


def drawn_reliability(axes: Any, data: Reliability) -> None:
    """Draw a reliability diagram."""
    bins = len(data.counts)
    held = np.array(data.counts) > 0
    centers = (np.arange(bins) + 0.5)[held] / bins
    accuracy = np.array(data.accuracy)[held]
    confidence = np.array(data.confidence)[held]
    # Bins of a few pictures say little; they are paler.
    share = np.array(data.counts)[held] / sum(data.counts)
    for x, height, alpha in zip(centers, accuracy, np.clip(share * 4, 0.3, 1.0), strict=True):
        axes.bar(x, height, 0.92 / bins, color=ACCENT, alpha=float(alpha))
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    axes.plot(confidence, accuracy, "o", color=MARK, markersize=4)
    for x, height, count in zip(centers, accuracy, np.array(data.counts)[held], strict=True):
        axes.annotate(
            f"{count}", (x, height), (0, 4), textcoords="offset points", ha="center", fontsize=6.5
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.06)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share of right answers")
    axes.spines[["top", "right"]].set_visible(False)
