"""What `kerasport export --quantize` asks and shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kerasport.literals import OutputKind
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.bundle.measured import Quantization, QuantizationSearch
    from kerasport.exporter import Quantize

__all__ = ["print_quantization", "quantize_options"]


def quantize_options(
    weights: str,
    max_accuracy_drop: float | None,
    images: Path | None,
    cache: Path | None,
    *,
    calibrates: bool,
) -> Quantize:
    """Return the choices of the command line; wrong usage where they do not belong together."""
    from kerasport.exporter import Quantize

    if weights != "auto":
        if max_accuracy_drop is not None:
            raise typer.BadParameter("--max-accuracy-drop is for --quantize auto.")
        if images is not None and not calibrates:
            raise typer.BadParameter("--images is for --quantize auto and --also litert-int8.")
    drop = Quantize.max_accuracy_drop if max_accuracy_drop is None else max_accuracy_drop
    return Quantize(weights, max_accuracy_drop=drop, images=images, cache=cache)


def print_quantization(quantization: Quantization, kind: OutputKind, console: Console) -> None:
    """Print what was measured, if anything was, for a model of that kind."""
    if quantization.search is not None:
        _print_search(quantization.search, kind, console)
        return
    agreement = quantization.agreement
    if agreement is not None:
        same = share_text(agreement.top1_agreement)
        what = "same best class" if kind == "probabilities" else "same labels held"
        console.print(
            f"Weights in {quantization.weights}: {what} as in float32 on {same} of the "
            f"{agreement.pictures} samples, probabilities off by at most "
            f"{agreement.max_absolute_difference:.2g}",
            soft_wrap=True,
        )


def _print_search(search: QuantizationSearch, kind: OutputKind, console: Console) -> None:
    table = Table(
        title=f"Types of weights, on {search.pictures}, with a loss of at most "
        f"{search.max_accuracy_drop:g} points",
        title_justify="left",
    )
    table.add_column("weights")
    table.add_column("noise limit", justify="right")
    measured = ("accuracy", "top-1") if kind == "probabilities" else ("mean F1", "same labels")
    for heading in ("kB", "gzip", *measured, "largest diff."):
        table.add_column(heading, justify="right")
    table.add_column("")
    for trial in search.trials:
        limited = "none" if trial.weights == "uint8" else ""
        table.add_row(
            trial.weights,
            limited if trial.noise_limit is None else f"{trial.noise_limit:g}",
            f"{trial.bytes / 1000:,.0f}",
            f"{trial.gzip_bytes / 1000:,.0f}",
            share_text(trial.accuracy),
            share_text(trial.top1_agreement),
            f"{trial.max_absolute_difference:.3f}",
            Text("chosen", "green") if trial.chosen else "",
        )
    console.print(table)
