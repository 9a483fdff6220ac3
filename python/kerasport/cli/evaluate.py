"""`kerasport evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from kerasport.cli.console import messages, print_json, results
from kerasport.cli.shared_options import CacheOption, JsonOption, UnreadableOption
from kerasport.displayed import displayable
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.evaluation import LabelEvaluation

__all__ = ["evaluate"]


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder, as 'kerasport train' wrote it.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of class folders, a .zip of it, a table, or an .npz, .parquet or .tar "
            "file.  "
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
    from kerasport.evaluation import LabelEvaluation
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
    if isinstance(evaluation, LabelEvaluation):
        _print_labels(evaluation)
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


def _print_labels(evaluation: LabelEvaluation) -> None:
    """Print the figures of each label, and of all together."""
    table = Table("label", "AP", "precision", "recall", "f1", "from", "pictures", title="Per label")
    for column in table.columns[1:]:
        column.justify = "right"
    for score in evaluation.labels:
        precision = score.average_precision
        table.add_row(
            displayable(score.name),
            "" if precision is None else f"{precision:.3f}",
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.f1:.3f}",
            f"{score.threshold:.3g}",
            f"{score.support}",
        )
    results.print(table)
    mean = evaluation.mean_average_precision
    results.print(
        f"Mean average precision {'unknown' if mean is None else share_text(mean)}, "
        f"F1 {share_text(evaluation.macro_f1)} (mean of the labels), "
        f"{share_text(evaluation.micro_f1)} (all together), all labels right for "
        f"{share_text(evaluation.exact_match)} of {evaluation.pictures:,} pictures, expected "
        f"calibration error {share_text(evaluation.expected_calibration_error)}",
        soft_wrap=True,
    )
