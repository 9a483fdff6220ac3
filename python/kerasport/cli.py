"""The command line: one short function per command, each a thin layer over the Python API.

Results go to stdout, progress and messages to stderr. Heavy packages are imported inside the
commands, so that `kerasport --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from kerasport.cli_options import (
    Backend,
    CacheOption,
    ColorMode,
    FitOption,
    ForceOption,
    JsonOption,
    ResampleOption,
    UnreadableOption,
    parse_image_size,
    value_of,
)
from kerasport.errors import CheckFailed, DataError, KerasportError

if TYPE_CHECKING:
    from kerasport.metadata import ClassifierDescription

__all__ = ["app", "main"]

app = typer.Typer(
    name="kerasport",
    help="Train a Keras image classifier, ship it to the browser, prove that it predicts the same."
    "\n\nThe commands follow the way: [bold]train[/], [bold]evaluate[/], [bold]export[/], "
    "[bold]verify[/]. [bold]predict[/] and [bold]inspect[/] take a run or a bundle.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

messages = Console(stderr=True, highlight=False)
results = Console(highlight=False)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from kerasport.version import VERSION

        results.print(f"kerasport {VERSION}")
        raise typer.Exit


@app.command()
def train(
    recipe: Annotated[
        str, typer.Argument(help="How to train: 'digits', or 'folder' for pictures of your own.")
    ] = "digits",
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of class folders, or with train/, test/ and val/ inside."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write.  [default: runs/RECIPE]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most this many epochs.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pictures per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the optimizer.")] = None,
    image_size: Annotated[
        str | None, typer.Option(help="Size of the model's input, HEIGHTxWIDTH or one number.")
    ] = None,
    color_mode: Annotated[ColorMode | None, typer.Option(help="Channels of the input.")] = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    augment: Annotated[
        bool | None, typer.Option("--augment/--no-augment", help="Random changes while training.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Equal seeds on equal data give equal models.")
    ] = None,
    test_share: Annotated[
        float | None, typer.Option(help="Part of the pictures kept for the test, 0 to 1.")
    ] = None,
    validation_share: Annotated[
        float | None, typer.Option(help="Part of the pictures kept for validation, 0 to 1.")
    ] = None,
    max_unreadable: UnreadableOption = None,
    min_per_class: Annotated[
        int | None, typer.Option(min=1, help="Smallest class that is trained on.")
    ] = None,
    cache: CacheOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier and write a run folder with model, history and report.

    [bold]kerasport train digits[/]\n
    [bold]kerasport train folder --data pictures --out runs/pictures[/]
    """
    from kerasport.progress import RichProgress
    from kerasport.recipes import get_recipe
    from kerasport.training import TrainingOptions
    from kerasport.training import train as train_recipe

    options = TrainingOptions(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        image_size=parse_image_size(image_size),
        color_mode=value_of(color_mode),
        fit=value_of(fit),
        resample=value_of(resample),
        seed=seed,
        augment=augment,
        test_share=test_share,
        validation_share=validation_share,
        max_unreadable=max_unreadable,
        min_per_class=min_per_class,
    )
    run = train_recipe(
        get_recipe(recipe),
        out=out or Path("runs") / recipe,
        data=data,
        options=options,
        cache=cache,
        force=force,
        progress=RichProgress(messages),
    )
    if as_json:
        _print_json(
            {"run": str(run.path), **run.description.model_dump(mode="json", by_alias=True)}
        )
    else:
        _print_description(run.description)
        messages.print(f"Report: {run.report_page}", style="dim", markup=False)
    _suggest(f"kerasport export {run.path}")


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder, as 'kerasport train' wrote it.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of class folders to measure on.  [default: the run's test set]"),
    ] = None,
    max_unreadable: UnreadableOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a trained model: accuracy, and precision and recall of each class."""
    from kerasport.evaluation import evaluate as evaluate_run
    from kerasport.progress import RichProgress
    from kerasport.run import Run

    evaluation = evaluate_run(
        Run.open(run),
        data=data,
        max_unreadable=max_unreadable,
        cache=cache,
        progress=RichProgress(messages),
    )
    if as_json:
        _print_json(evaluation.to_dict())
        return
    table = Table("class", "precision", "recall", "f1", "pictures", title="Per class")
    for column in table.columns[1:]:
        column.justify = "right"
    for score in evaluation.classes:
        table.add_row(
            _plain(score.name),
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.f1:.3f}",
            f"{score.support}",
        )
    results.print(table)
    total = sum(score.support for score in evaluation.classes)
    results.print(f"Accuracy {evaluation.accuracy:.2%} on {total:,} pictures")


@app.command()
def export(
    source: Annotated[Path, typer.Argument(help="Run folder, or a .keras file with --labels.")],
    out: Annotated[Path, typer.Option(help="Bundle folder to write.")] = Path("web/model"),
    labels: Annotated[
        Path | None,
        typer.Option(help="Class names of a .keras file: text, one per line, in output order."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the page calls a model from a .keras file.")
    ] = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Convert a trained model to a TensorFlow.js bundle and compare it with Keras on the way.

    [bold]kerasport export runs/digits[/]\n
    [bold]kerasport export model.keras --labels labels.txt --out bundle[/]
    """
    from kerasport.exporter import export as export_model
    from kerasport.exporter import export_run
    from kerasport.labels import read_label_file
    from kerasport.metadata import Preprocessing
    from kerasport.run import Run

    with messages.status("Converting, writing and comparing with Keras ..."):
        if source.is_dir():
            _refuse_for_runs(labels=labels, name=name, fit=fit, resample=resample)
            bundle = export_run(Run.open(source), out, force=force)
        else:
            if not source.is_file():
                raise DataError(f"There is nothing at '{source}'. Expected a run or a .keras file.")
            if labels is None:
                raise typer.BadParameter(
                    "A .keras file does not know its class names. Give them with --labels "
                    "labels.txt, one per line, in the order of the outputs."
                )
            choices = {"fit": value_of(fit), "resample": value_of(resample)}
            bundle = export_model(
                source,
                out,
                class_names=read_label_file(labels),
                name=name or source.stem,
                preprocessing=Preprocessing(**{k: v for k, v in choices.items() if v}),
                force=force,
            )
    size = sum(entry.bytes for entry in bundle.metadata.files)
    if as_json:
        _print_json(
            {"bundle": str(bundle.path), **bundle.metadata.model_dump(mode="json", by_alias=True)}
        )
    else:
        results.print(
            f"{bundle.path}: {bundle.metadata.name}, {len(bundle.metadata.class_names)} classes, "
            f"{size / 1000:,.0f} kB, compared with Keras",
            markup=False,
            soft_wrap=True,
        )
    _suggest(f"kerasport verify {bundle.path}")


def _refuse_for_runs(**options: Any) -> None:
    for option, value in options.items():
        if value is not None:
            raise typer.BadParameter(
                f"--{option} is for .keras files; a run already knows it from its training."
            )


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder.")] = Path("web/model"),
    run: Annotated[
        Path | None,
        typer.Option(help="Run whose Keras model answers anew; else the answers kept at export."),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures to compare instead of the samples; needs --run."),
    ] = None,
    backend: Annotated[
        list[Backend] | None,
        typer.Option(help="Backend to compare; may be repeated.  [default: all three]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a bundle in a real browser with Keras: pixels, probabilities, best class.

    Writes parity.json into the bundle. Exits with 3 when a tolerance is broken.
    """
    from kerasport.bundle import Bundle
    from kerasport.parity import BACKENDS
    from kerasport.parity import verify as verify_bundle
    from kerasport.run import Run

    with messages.status("Starting the browser ...") as status:
        parity = verify_bundle(
            Bundle.open(bundle),
            run=Run.open(run) if run else None,
            images=images,
            backends=[choice.value for choice in backend] if backend else BACKENDS,
            advance=lambda witness, done, total: status.update(f"{witness}: {done}/{total}"),
        )
    if as_json:
        _print_json(parity.model_dump(mode="json", by_alias=True))
    else:
        table = Table()
        for heading in ("witness", "pixels off", "probabilities off", "allowed", "top-1", ""):
            table.add_column(heading, justify="left" if heading in ("witness", "") else "right")
        for witness in parity.witnesses:
            table.add_row(
                witness.name,
                f"{witness.differing_pixels:,}",
                f"{witness.max_absolute_difference:.1e}",
                f"{witness.tolerance:.0e}",
                f"{witness.top1_agreement:.1%}",
                "[green]passed[/]" if witness.passed else "[red]FAILED[/]",
            )
        results.print(table)
        first = parity.witnesses[0]
        results.print(
            f"{parity.pictures}, against {parity.reference}. "
            f"{first.engine} {first.engine_version}, TensorFlow.js {first.tfjs_version}.",
            markup=False,
        )
    for reason in parity.skipped:
        messages.print(f"Skipped: {reason}", style="yellow", markup=False, soft_wrap=True)
    if not parity.passed:
        failed = [witness for witness in parity.witnesses if not witness.passed]
        raise CheckFailed(
            "The bundle does not predict like Keras on "
            + ", ".join(f"{w.name} (worst picture: {w.worst_picture})" for w in failed)
            + ". Export it again; if it stays, please report it as a bug of kerasport."
        )


@app.command()
def predict(
    source: Annotated[Path, typer.Argument(help="Run or bundle folder.")],
    pictures: Annotated[list[Path], typer.Argument(help="Picture files.")],
    top: Annotated[int, typer.Option(min=1, help="Number of classes to show.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Classify pictures. A run answers through Keras, a bundle without TensorFlow."""
    from kerasport.prediction import open_source
    from kerasport.prediction import predict as predict_pictures

    predictions, errors = predict_pictures(open_source(source), pictures)
    if as_json:
        _print_json(
            [
                {
                    "file": str(prediction.path),
                    "predictions": [
                        {"className": name, "probability": probability}
                        for name, probability in prediction.top(top)
                    ],
                }
                for prediction in predictions
            ]
        )
    else:
        for prediction in predictions:
            answer = "  ".join(f"{name} {value:.1%}" for name, value in prediction.top(top))
            results.print(f"{prediction.path}: {answer}", markup=False, soft_wrap=True)
    for error in errors:
        messages.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
    if errors:
        raise typer.Exit(1)


@app.command()
def inspect(
    path: Annotated[Path, typer.Argument(help="Run or bundle folder.")],
    as_json: JsonOption = False,
) -> None:
    """Show what a run or a bundle says about itself; checks a bundle's files on the way."""
    from kerasport.bundle import Bundle
    from kerasport.prediction import open_source

    source = open_source(path)
    description = source.metadata if isinstance(source, Bundle) else source.description
    if as_json:
        _print_json(description.model_dump(mode="json", by_alias=True))
        return
    _print_description(description)
    if not isinstance(source, Bundle):
        return
    table = Table("file", "bytes", "SHA-256", title="Files, all as exported", title_justify="left")
    table.columns[1].justify = "right"
    for entry in source.metadata.files:
        table.add_row(entry.path, f"{entry.bytes:,}", entry.sha256[:16])
    results.print(table)
    parity = source.parity()
    if parity is None:
        _suggest(f"kerasport verify {path}")
        return
    for witness in parity.witnesses:
        results.print(
            f"{witness.name}: largest difference from Keras "
            f"{witness.max_absolute_difference:.1e} on {witness.pictures} pictures"
        )


def _print_description(description: ClassifierDescription) -> None:
    height, width, _ = description.input_shape
    steps = description.preprocessing
    rows = {
        "name": description.name,
        "classes": f"{len(description.class_names)}: {', '.join(description.class_names)}",
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
        grid.add_row(f"[dim]{label}[/]", _plain(value))
    results.print(grid)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))


def _suggest(command: str) -> None:
    messages.print(f"Next: {command}", style="dim", markup=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 our error, 2 wrong usage, 3 a check failed."""
    run: Callable[..., Any] = app
    try:
        run(args=arguments)
    except KerasportError as error:
        messages.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        messages.print("Interrupted. What was there before is unchanged.", markup=False)
        sys.exit(130)
