"""`kerasport review`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from kerasport.cli.console import messages, print_json, results, suggest
from kerasport.cli.shared_options import CacheOption, ForceOption, JsonOption
from kerasport.cli.training_options import given_choices, parsed, with_training_choices
from kerasport.displayed import displayable
from kerasport.shares import share_text

if TYPE_CHECKING:
    from kerasport.review import Review

__all__ = ["review"]

_SHOWN = 10


@with_training_choices(before="cache")
def review(
    context: typer.Context,
    data: Annotated[
        str, typer.Argument(help="Labelled pictures, as 'kerasport train' takes them.")
    ],
    recipe: Annotated[
        str, typer.Option(help="How models are trained, as of 'kerasport train'.")
    ] = "folder",
    folds: Annotated[
        int,
        typer.Option(
            min=2, help="Models to train; each answers the pictures that it had not seen."
        ),
    ] = 3,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Train nothing: take this run's answers on the pictures it was not trained with."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("review.html"),
    most: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Pictures on the page.  \\[default: a tenth of all, 100 to 1,000]",
        ),
    ] = None,
    cache: CacheOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    **choices: Any,
) -> None:
    """List the pictures whose labels are probably wrong, on a page that corrects them.

    An interrupted review is gone on with by the same command.

    [bold]kerasport review pictures[/]\n
    [bold]kerasport review pictures --recipe transfer --folds 5[/]\n
    [bold]kerasport review pictures --run runs/pictures[/]
    """
    from kerasport import review as reviewing
    from kerasport.progress import RichProgress
    from kerasport.recipes import get_recipe
    from kerasport.runs import Run
    from kerasport.training import TrainingOptions

    progress = RichProgress(messages)
    if run is not None:
        training = {*choices, "recipe", "folds"}
        if given := given_choices(context, among=training):
            raise typer.BadParameter(f"--run trains nothing; leave out {given}.")
        found = reviewing.review_with_run(
            data, Run.open(run), out=out, most=most, cache=cache, force=force, progress=progress
        )
    else:
        found = reviewing.review_data(
            data,
            get_recipe(recipe),
            out=out,
            options=TrainingOptions(**parsed(choices)),
            folds=folds,
            most=most,
            cache=cache,
            force=force,
            progress=progress,
        )
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    suggest(f"open {found.page}, save corrections.csv, and train with --add corrections.csv")


def _print(found: Review) -> None:
    names = found.dataset.class_names
    counts = {
        "copies of which have another label": "copy",
        "with a label that is probably wrong": "label",
        "far from their class": "far",
        "far from every class": "alien",
    }
    for words, kind in counts.items():
        count = sum(kind in each.kinds for each in found.suspects)
        results.print(f"{count:,} of {len(found.suspects):,} pictures {words}.")
    table = Table("picture", "label", "answered", "with", title="Most suspicious first")
    table.columns[3].justify = "right"
    for each in found.suspects[:_SHOWN]:
        table.add_row(
            displayable(each.example.path.relative_to(found.dataset.root).as_posix()),
            displayable(names[each.given]),
            displayable(names[each.proposed]),
            share_text(each.probability),
        )
    results.print(table)
    results.print(f"{found.shown:,} pictures are on the page: {found.page}", soft_wrap=True)
