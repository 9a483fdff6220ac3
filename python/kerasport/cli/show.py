"""How a trained classifier describes itself on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from kerasport.cli.console import results
from kerasport.labels import mention_class_names

if TYPE_CHECKING:
    from kerasport.bundle.metadata import ClassifierDescription

__all__ = ["print_description"]


def print_description(description: ClassifierDescription) -> None:
    """Print classes, input, training and test accuracy."""
    height, width, _ = description.input_shape
    names = description.class_names
    steps = description.preprocessing
    rows = {
        "name": description.name,
        "classes": f"{len(names):,}: {mention_class_names(names)}",
        "input": f"{width} x {height} pixels, {description.color_mode}, 0 to 255",
        "pictures are": f"fitted by {steps.fit}, resampled by {steps.resample}",
    }
    if training := description.training:
        counts = training.counts
        rows["trained on"] = (
            f"{sum(counts.train):,} pictures, validated on {sum(counts.validation):,}, "
            f"recipe {training.recipe}, {training.epochs} epochs, best {training.best_epoch}"
        )
    if (metrics := description.metrics) and metrics.test_accuracy is not None:
        rows["test accuracy"] = f"{metrics.test_accuracy:.2%} of {metrics.test_pictures:,} pictures"
    grid = Table.grid(padding=(0, 2))
    for label, value in rows.items():
        grid.add_row(f"[dim]{label}[/]", escape(value))
    results.print(grid)
