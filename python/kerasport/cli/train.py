"""`kerasport train`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasport.cli.console import messages, print_json, suggest
from kerasport.cli.shared_options import CacheOption, ForceOption, JsonOption
from kerasport.cli.show import print_description
from kerasport.cli.training_options import parsed, refuse_beside_resume, with_training_choices

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
    [bold]kerasport train --resume runs/pictures[/]
    """
    from kerasport import training
    from kerasport.dataset import leads_somewhere
    from kerasport.progress import RichProgress
    from kerasport.recipes import RECIPES, get_recipe

    progress = RichProgress(messages)
    name = recipe
    if resume is not None:
        refuse_beside_resume(context)
    elif data is None and recipe not in RECIPES and leads_somewhere(recipe):
        recipe, data = "folder", recipe
        # Of a pattern, what comes before its numbers.
        name = re.split(r"[.{*]", Path(data).absolute().name)[0].rstrip("-_") or "folder"
    target = resume or out or Path("runs") / name
    if processes is not None and training.needs_others(processes):
        raise typer.Exit(training.train_in_processes(context.obj, processes, out=target))
    with training.training_together(target) as world:
        if not world.leads:
            given = None if resume is not None else get_recipe(recipe)
            training.follow(given, data=data, cache=cache)
            return
        if resume is not None:
            run = training.resume(target, data=data, progress=progress)
        else:
            run = training.train(
                get_recipe(recipe),
                out=target,
                data=data,
                validation=validation,
                options=training.TrainingOptions(**parsed(choices)),
                cache=cache,
                force=force,
                progress=progress,
            )
    if as_json:
        print_json({"run": str(run.path), **run.description.model_dump(mode="json", by_alias=True)})
    else:
        print_description(run.description)
        messages.print(f"Report: {run.report_page}", style="dim")
    suggest(f"kerasport export {run.path}")
