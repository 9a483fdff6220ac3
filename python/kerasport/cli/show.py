"""How a trained classifier describes itself on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kerasport.cli.console import results
from kerasport.labels import mention_class_names
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.bundle.metadata import ClassifierDescription

__all__ = ["print_description"]

_SHOWN_CLASSES, _SHOWN_CHARACTERS = 1000, 100
"""Class names that are shown, and how much of each: laying out 100,000 takes a minute."""


def print_description(description: ClassifierDescription) -> None:
    """Print classes, input, training and test accuracy."""
    height, width, _ = description.input_shape
    names = description.class_names
    steps = description.preprocessing
    kind = "labels" if description.labels_output else "classes"
    rows = {
        "name": description.name,
        kind: f"{len(names):,}: {mention_class_names(names)}",
        "input": f"{width} x {height} pixels, {description.color_mode}, 0 to 255",
        "pictures are": f"fitted by {steps.fit}, resampled by {steps.resample}",
    }
    if training := description.training:
        counts = training.counts
        # A picture counts for each of its labels.
        what = "labels of pictures" if description.labels_output else "pictures"
        rows["trained on"] = (
            f"{sum(counts.train):,} {what}, validated on {sum(counts.validation):,}, "
            f"recipe {training.recipe}, {training.epochs} epochs, best {training.best_epoch}"
        )
    if (metrics := description.metrics) and metrics.test_accuracy is not None:
        rows["test accuracy"] = (
            f"{share_text(metrics.test_accuracy)} of {metrics.test_pictures:,} pictures"
        )
    if (metrics := description.metrics) and (labels := metrics.labels):
        figures = {
            "mean average precision": labels.mean_average_precision,
            "F1, mean of the labels": labels.macro_f1,
            "F1, of all together": labels.micro_f1,
            "all labels right": labels.exact_match,
        }
        rows |= {
            name: f"{share_text(value)} of {metrics.test_pictures:,} test pictures"
            if name == "all labels right"
            else share_text(value)
            for name, value in figures.items()
            if value is not None
        }
    grid = Table.grid(padding=(0, 2))
    for label, value in rows.items():
        grid.add_row(Text(label, "dim"), value)
    results.print(grid)


def _listed(names: list[str]) -> str:
    shown = ", ".join(name[:_SHOWN_CHARACTERS] for name in names[:_SHOWN_CLASSES])
    more = len(names) - _SHOWN_CLASSES
    return shown if more <= 0 else f"{shown} and {more:,} more; all with --json"
