"""How `kerasport check` shows what it found on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from kerasport.dataset import DataReport, Finding

__all__ = ["print_data_report"]

_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}
_SHOWN = 3


def print_data_report(report: DataReport, console: Console) -> None:
    """Print counts per class, what the pictures look like, and each finding with its remedy."""
    counts, weights = report.counts, report.class_weights
    table = Table("class", "train", "validation", "test", "class weight")
    for column in table.columns[1:]:
        column.justify = "right"
    rows = zip(report.class_names, counts.train, counts.validation, counts.test, strict=True)
    for name, *numbers in rows:
        weight = f"{weights[name]:.3f}" if weights else ""
        table.add_row(escape(name), *(f"{number:,}" for number in numbers), weight)
    totals = [sum(numbers) for numbers in (counts.train, counts.validation, counts.test)]
    table.add_section()
    table.add_row("all", *(f"{total:,}" for total in totals), "")
    console.print(table)
    _print_facts(report, console)
    for finding in report.findings:
        _print_finding(finding, console)
    if not report.findings:
        console.print("Nothing was found that speaks against training on this data.")


def _print_facts(report: DataReport, console: Console) -> None:
    facts = report.pictures
    width, height = facts.median_size
    sizes = f"{width}x{height}"
    if len(facts.sizes) > 1:
        sizes = f"{len(facts.sizes):,} sizes, median {sizes}"
    console.print(
        f"{_listed(facts.formats)}; {_listed(facts.modes)}; {sizes} (width x height)",
        markup=False,
        soft_wrap=True,
    )


def _print_finding(finding: Finding, console: Console) -> None:
    style = _STYLES[finding.severity]
    console.print(f"[{style}]{finding.severity}[/] {escape(finding.text)}", soft_wrap=True)
    for group in finding.examples[:_SHOWN]:
        console.print(f"    {' = '.join(group)}", markup=False, style="dim", soft_wrap=True)
    more = len(finding.examples) - _SHOWN
    if more > 0:
        console.print(f"    and {more:,} more; all with --json", style="dim", markup=False)


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in numbers.items())
