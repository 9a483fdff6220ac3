"""`kerasport check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.shared_options import (
    CacheOption,
    ClassesOption,
    DropTestDuplicatesOption,
    JsonOption,
    LabelsOption,
    MinPerClassOption,
    RootOption,
    TestShareOption,
    UnreadableOption,
    ValidationShareOption,
    parse_classes,
)
from kerasport.displayed import displayable

if TYPE_CHECKING:
    from kerasport.dataset import DataFinding, DataReport

__all__ = ["check"]

_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}
_SHOWN = 3


def check(
    data: Annotated[
        str,
        typer.Argument(
            help="Folder of class folders, or a .zip of it; or .csv of path and label, "
            ".parquet, .tar, .npz, an address like s3://, keras:NAME, tfds:NAME."
        ),
    ],
    labels: LabelsOption = None,
    classes: ClassesOption = None,
    root: RootOption = None,
    seed: Annotated[int, typer.Option(help="Of the cut into splits, as in training.")] = 1,
    test_share: TestShareOption = 0.15,
    validation_share: ValidationShareOption = 0.15,
    drop_test_duplicates: DropTestDuplicatesOption = False,
    max_unreadable: UnreadableOption = None,
    min_per_class: MinPerClassOption = 5,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for what spoils a training: copies, leaks into the test, wrong labels, tiny classes.

    Reads every picture, changes none. Exits with 1 when the data cannot be trained on.
    """
    from kerasport.dataset import ReadOptions, check_data
    from kerasport.progress import RichProgress

    options = ReadOptions(
        seed=seed,
        test_share=test_share,
        validation_share=validation_share,
        max_unreadable=max_unreadable,
        min_per_class=min_per_class,
        labels=labels,
        classes=parse_classes(classes),
        root=root,
        drop_test_duplicates=drop_test_duplicates,
    )
    report = check_data(data, options=options, progress=RichProgress(messages), cache=cache)
    if as_json:
        print_json(report.to_dict(most=None))
    else:
        _print_data_report(report, results)
    if not report.usable:
        raise typer.Exit(1)


def _print_data_report(report: DataReport, console: Console) -> None:
    """Print counts per class, what the pictures look like, and each finding with its remedy."""
    counts, weights = report.counts, report.class_weights
    label = "class" if report.totals is None else "label"
    table = Table(label, "train", "validation", "test", "class weight")
    for column in table.columns[1:]:
        column.justify = "right"
    rows = zip(report.class_names, counts.train, counts.validation, counts.test, strict=True)
    for name, *numbers in rows:
        weight = f"{weights[name]:.3f}" if weights else ""
        table.add_row(displayable(name), *(f"{number:,}" for number in numbers), weight)
    totals = [sum(numbers) for numbers in (counts.train, counts.validation, counts.test)]
    if (pictures := report.totals) is not None:
        totals = [pictures.train, pictures.validation, pictures.test]
    table.add_section()
    table.add_row(
        "all" if report.totals is None else "pictures", *(f"{total:,}" for total in totals), ""
    )
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
        soft_wrap=True,
    )


def _print_finding(finding: DataFinding, console: Console) -> None:
    style = _STYLES[finding.severity]
    console.print(Text(finding.severity, style), finding.text, soft_wrap=True)
    for group in finding.examples[:_SHOWN]:
        console.print(f"    {' = '.join(group)}", style="dim", soft_wrap=True)
    more = len(finding.examples) - _SHOWN
    if more > 0:
        console.print(f"    and {more:,} more; all with --json", style="dim")


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in numbers.items())
