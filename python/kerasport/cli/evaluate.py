"""`kerasport evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.shared_options import CacheOption, JsonOption, UnreadableOption
from kerasport.displayed import displayable
from kerasport.shares import share_text

__all__ = ["evaluate"]


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder, as 'kerasport train' wrote it.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of class folders, a .zip of it, or .parquet or .tar files.  "
            "\\[default: the run's test set]"
        ),
    ] = None,
    max_unreadable: UnreadableOption = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Page to write, like the run's report.html but about these pictures."),
    ] = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a trained model: accuracy, calibration, precision and recall of each class."""
    from kerasport.evaluation import evaluate as evaluate_run
    from kerasport.files import check_place, write_text
    from kerasport.progress import RichProgress
    from kerasport.report import LISTED, lowest_recall, render_page, report_on, without_folder
    from kerasport.runs import Run

    opened = Run.open(run)
    if report is not None:
        check_place(report, folder=False)
    evaluation = evaluate_run(
        opened,
        data=data,
        max_unreadable=max_unreadable,
        cache=cache,
        progress=RichProgress(messages),
    )
    if report is not None:
        pictures = f"in '{without_folder(str(data))}'" if data else "kept for the test"
        write_text(report, render_page(report_on(opened, evaluation, pictures=pictures)))
        messages.print(f"Report: {report}", style="dim", soft_wrap=True)
    if as_json:
        print_json(evaluation.to_dict())
        return
    shown = lowest_recall(evaluation, LISTED)
    left = len(evaluation.classes) - len(shown)
    title = "Per class"
    if left:
        title += f": the {len(shown):,} with the lowest recall, {left:,} more with --json"
    table = Table("class", "precision", "recall", "f1", "pictures", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for score in shown:
        table.add_row(
            displayable(score.name),
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.f1:.3f}",
            f"{score.support}",
        )
    results.print(table)
    results.print(
        f"Accuracy {share_text(evaluation.accuracy)} on {evaluation.pictures:,} pictures, "
        f"expected calibration error {share_text(evaluation.expected_calibration_error)}"
    )
