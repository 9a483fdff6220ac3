"""`kerasport train`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasport.cli.console import messages, print_json, suggest
from kerasport.cli.shared_options import CacheOption, ForceOption, JsonOption
from kerasport.cli.show import print_description
from kerasport.cli.training_options import (
    given_choices,
    parsed,
    refuse_beside_resume,
    with_training_choices,
)

__all__ = ["train"]


@with_training_choices(before="cache")
def train(
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(
            help="How to train: digits, folder (pictures of your own), flowers, transfer, casting, "
            "mnist or cifar10. A path stands for folder with that data."
        ),
    ] = "digits",
    data: Annotated[
        str | None,
        typer.Option(
            help="Folder of class folders, or with train/, test/ and val/ inside, or a .zip of it; "
            "or .csv, .parquet, .tar, .npz, an address like s3://, keras:NAME, tfds:NAME."
        ),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(help="Folder with class folders for validation, where the data has none."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write.  \\[default: runs/RECIPE]")
    ] = None,
    add: Annotated[
        list[Path] | None,
        typer.Option(
            help="Corrections of labels, .csv or .zip, as a page saved them; may be repeated, the "
            "later ones win."
        ),
    ] = None,
    from_run: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Start from this run's weights, with its recipe and data unless others are named, "
            "and compare both models.",
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Go on with the interrupted training of this run folder; takes no other choices."
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Train in so many processes on this machine, with Keras on JAX. One process uses "
            "all GPUs by itself.",
        ),
    ] = None,
    cache: CacheOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    **choices: Any,
) -> None:
    """Train a classifier and write a run folder with model, history and report.

    [bold]kerasport train digits[/]\n
    [bold]kerasport train folder --data pictures --out runs/pictures[/]\n
    [bold]kerasport train pictures.zip[/]\n
    [bold]kerasport train --resume runs/pictures[/]\n
    [bold]kerasport train --from runs/pictures --add corrections.zip --out runs/better[/]
    """
    from kerasport import training
    from kerasport.dataset import leads_somewhere
    from kerasport.progress import RichProgress
    from kerasport.recipes import RECIPES, get_recipe

    progress = RichProgress(messages)
    name, is_named = recipe, bool(given_choices(context, among={"recipe"}))
    if resume is not None:
        refuse_beside_resume(context)
    elif data is None and recipe not in RECIPES and leads_somewhere(recipe):
        recipe, data, is_named = "folder", recipe, False
        # Of a pattern, what comes before its numbers.
        name = re.split(r"[.{*]", Path(data).absolute().name)[0].rstrip("-_") or "folder"
    options = training.TrainingOptions(**parsed(choices))
    chosen = None if resume is not None or (from_run and not is_named) else get_recipe(recipe)
    if from_run is not None:
        origin = training.Origin.open(from_run)
        takes_data = data is None and not is_named
        options = origin.options(options, same_data=takes_data)
        chosen = chosen or origin.recipe()
        if takes_data:
            data, validation = origin.source(), validation or origin.validation()
            name = f"{from_run.absolute().name}-2"
    target = resume or out or Path("runs") / name
    if processes is not None and training.needs_others(processes):
        raise typer.Exit(training.train_in_processes(context.obj, processes, out=target))
    with training.training_together(target) as world:
        if not world.leads:
            training.follow(chosen, data=data, cache=cache)
            return
        if chosen is None:
            run = training.resume(target, data=data, progress=progress)
        else:
            run = training.train(
                chosen,
                out=target,
                data=data,
                validation=validation,
                options=options,
                cache=cache,
                force=force,
                add=add or (),
                origin=from_run,
                progress=progress,
            )
    if as_json:
        print_json({"run": str(run.path), **run.description.model_dump(mode="json", by_alias=True)})
    else:
        print_description(run.description)
        messages.print(f"Report: {run.report_page}", style="dim")
    suggest(f"kerasport export {run.path}")
