"""The command line: one short function per command, each a thin layer over the Python API.

Results go to stdout, progress and messages to stderr. Heavy packages are imported inside the
commands, so that `kerasport --help` answers at once.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from kerasport.cli_options import (
    CacheOption,
    ClassesOption,
    ColorMode,
    DropTestDuplicatesOption,
    FitOption,
    ForceOption,
    JsonOption,
    ResampleOption,
    RootOption,
    UnreadableOption,
    Weights,
    WithoutOption,
    parse_classes,
    parse_image_size,
    value_of,
)
from kerasport.cli_quantize import print_quantization, quantize_options
from kerasport.cli_saving import print_saving, saving_as_json
from kerasport.cli_training import (
    ArchitectureOption,
    BackboneOption,
    CalibrateOption,
    ClassWeightsOption,
    FineTuneEpochsOption,
    FineTuneLayersOption,
    FineTuneRateOption,
    LabelSmoothingOption,
    MixedPrecisionOption,
    OptimizerOption,
    PatienceOption,
    ResumeOption,
    ScheduleOption,
    TensorboardOption,
    UnfrozenOption,
    ValidationOption,
    ViewsOption,
    WeightsOption,
    WidthOption,
    refuse_beside_resume,
)
from kerasport.cli_verify import BackendOption, CertificateOption, TraceOption, WitnessOption
from kerasport.errors import CheckFailed, DataError, KerasportError

if TYPE_CHECKING:
    from kerasport.metadata import ClassifierDescription

__all__ = ["app", "main"]

app = typer.Typer(
    name="kerasport",
    help="Train a Keras image classifier, ship it to the browser, prove that it predicts the same."
    "\n\nThe commands follow the way: [bold]check[/], [bold]train[/], [bold]evaluate[/], "
    "[bold]export[/], [bold]verify[/]. [bold]predict[/] and [bold]inspect[/] take a run or a "
    "bundle.",
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
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(
            help="How to train: digits, folder (pictures of your own), flowers, transfer, casting, "
            "mnist or cifar10."
        ),
    ] = "digits",
    data: Annotated[
        str | None,
        typer.Option(
            help="Folder of class folders, or with train/, test/ and val/ inside; or .csv, .npz, "
            "keras:NAME, tfds:NAME."
        ),
    ] = None,
    validation: ValidationOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write.  [default: runs/RECIPE]")
    ] = None,
    resume: ResumeOption = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most this many epochs.")] = None,
    patience: PatienceOption = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pictures per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the optimizer.")] = None,
    schedule: ScheduleOption = None,
    optimizer: OptimizerOption = None,
    architecture: ArchitectureOption = None,
    image_size: Annotated[
        str | None, typer.Option(help="Size of the model's input, HEIGHTxWIDTH or one number.")
    ] = None,
    color_mode: Annotated[ColorMode | None, typer.Option(help="Channels of the input.")] = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    augment: Annotated[
        bool | None, typer.Option("--augment/--no-augment", help="Random changes while training.")
    ] = None,
    class_weights: ClassWeightsOption = None,
    label_smoothing: LabelSmoothingOption = None,
    mixed_precision: MixedPrecisionOption = None,
    tensorboard: TensorboardOption = None,
    calibrate: CalibrateOption = None,
    backbone: BackboneOption = None,
    weights: WeightsOption = None,
    width: WidthOption = None,
    unfrozen_layers: UnfrozenOption = None,
    augmented_views: ViewsOption = None,
    fine_tune_epochs: FineTuneEpochsOption = None,
    fine_tune_layers: FineTuneLayersOption = None,
    fine_tune_rate: FineTuneRateOption = None,
    classes: ClassesOption = None,
    root: RootOption = None,
    seed: Annotated[
        int | None, typer.Option(help="Equal seeds on equal data give equal models.")
    ] = None,
    test_share: Annotated[
        float | None, typer.Option(help="Part of the pictures kept for the test, 0 to 1.")
    ] = None,
    validation_share: Annotated[
        float | None, typer.Option(help="Part of the pictures kept for validation, 0 to 1.")
    ] = None,
    drop_test_duplicates: DropTestDuplicatesOption = False,
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
    [bold]kerasport train folder --data pictures --out runs/pictures[/]\n
    [bold]kerasport train --resume runs/pictures[/]
    """
    from kerasport import training
    from kerasport.progress import RichProgress
    from kerasport.recipes import get_recipe

    progress = RichProgress(messages)
    if resume is not None:
        refuse_beside_resume(context)
        run = training.resume(resume, data=data, progress=progress)
    else:
        options = training.TrainingOptions(
            architecture=architecture,
            epochs=epochs,
            patience=patience,
            batch_size=batch_size,
            learning_rate=learning_rate,
            schedule=value_of(schedule),
            optimizer=optimizer,
            image_size=parse_image_size(image_size),
            color_mode=value_of(color_mode),
            fit=value_of(fit),
            resample=value_of(resample),
            seed=seed,
            augment=augment,
            class_weights=value_of(class_weights),
            label_smoothing=label_smoothing,
            mixed_precision=mixed_precision,
            tensorboard=tensorboard,
            calibrate=calibrate,
            backbone=backbone,
            weights=weights,
            width=width,
            unfrozen_layers=unfrozen_layers,
            augmented_views=augmented_views,
            fine_tune_epochs=fine_tune_epochs,
            fine_tune_layers=fine_tune_layers,
            fine_tune_rate=fine_tune_rate,
            classes=parse_classes(classes),
            root=root,
            test_share=test_share,
            validation_share=validation_share,
            drop_test_duplicates=drop_test_duplicates or None,
            max_unreadable=max_unreadable,
            min_per_class=min_per_class,
        )
        run = training.train(
            get_recipe(recipe),
            out=out or Path("runs") / recipe,
            data=data,
            validation=validation,
            options=options,
            cache=cache,
            force=force,
            progress=progress,
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
def check(
    data: Annotated[
        str,
        typer.Argument(
            help="Folder of class folders, .csv of path and label, .npz, keras:NAME or tfds:NAME."
        ),
    ],
    classes: ClassesOption = None,
    root: RootOption = None,
    seed: Annotated[int, typer.Option(help="Of the cut into splits, as in training.")] = 1,
    test_share: Annotated[
        float, typer.Option(help="Part of the pictures kept for the test, 0 to 1.")
    ] = 0.15,
    validation_share: Annotated[
        float, typer.Option(help="Part of the pictures kept for validation, 0 to 1.")
    ] = 0.15,
    drop_test_duplicates: DropTestDuplicatesOption = False,
    max_unreadable: UnreadableOption = None,
    min_per_class: Annotated[
        int, typer.Option(min=1, help="Smallest class that is trained on.")
    ] = 5,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for what spoils a training: copies, leaks into the test, wrong labels, tiny classes.

    Reads every picture, changes none. Exits with 1 when the data cannot be trained on.
    """
    from kerasport.cli_check import print_data_report
    from kerasport.dataset import ReadOptions, check_data
    from kerasport.progress import RichProgress

    options = ReadOptions(
        seed=seed,
        test_share=test_share,
        validation_share=validation_share,
        max_unreadable=max_unreadable,
        min_per_class=min_per_class,
        classes=parse_classes(classes),
        root=root,
        drop_test_duplicates=drop_test_duplicates,
    )
    report = check_data(data, options=options, progress=RichProgress(messages), cache=cache)
    if as_json:
        _print_json(report.to_dict(most=None))
    else:
        print_data_report(report, results)
    if not report.usable:
        raise typer.Exit(1)


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder, as 'kerasport train' wrote it.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of class folders to measure on.  [default: the run's test set]"),
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
    from kerasport.evaluation import measure
    from kerasport.files import write_text
    from kerasport.progress import RichProgress
    from kerasport.report.stored import report_on
    from kerasport.run import Run

    opened = Run.open(run)
    measured = measure(
        opened,
        data=data,
        max_unreadable=max_unreadable,
        cache=cache,
        progress=RichProgress(messages),
    )
    evaluation = measured.evaluation
    if report is not None:
        pictures = f"in '{data}'" if data else "kept for the test"
        write_text(report, report_on(opened, measured, pictures=pictures).to_html())
        messages.print(f"Report: {report}", style="dim", markup=False, soft_wrap=True)
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
    results.print(
        f"Accuracy {evaluation.accuracy:.2%} on {total:,} pictures, "
        f"expected calibration error {evaluation.expected_calibration_error:.2%}"
    )


@app.command()
def export(
    source: Annotated[
        Path,
        typer.Argument(
            help="Run folder, or a model: .keras, .h5, SavedModel folder, TensorFlow.js model.json."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Bundle folder to write.")] = Path("web/model"),
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Class names of a model, in output order: text, one per line, or JSON.  "
            "[default: labels.txt or metadata.json beside the model]"
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the page calls the model; not for runs.")
    ] = None,
    rescaling: Annotated[
        str | None,
        typer.Option(
            help="Scaling of a model that brings none, as scale,offset: 1/127.5,-1 for -1 to 1."
        ),
    ] = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    quantize: Annotated[
        Weights,
        typer.Option(help="Type of the stored weights; auto takes the smallest that is good."),
    ] = Weights.float32,
    max_accuracy_drop: Annotated[
        float | None,
        typer.Option(
            min=0, help="Percentage points of accuracy that auto may lose.  [default: 0.5]"
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Class folders that auto measures on.  [default: the run's validation pictures]"
        ),
    ] = None,
    cache: CacheOption = None,
    without: WithoutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Convert a trained model to a TensorFlow.js bundle and compare it with Keras on the way.

    [bold]kerasport export runs/digits[/]\n
    [bold]kerasport export model.keras --labels labels.txt --out bundle[/]\n
    [bold]kerasport export keras_model.h5 --rescaling 1/127.5,-1[/]
    """
    from kerasport.exporter import export as export_model
    from kerasport.exporter import export_run
    from kerasport.exporter.readers import is_model_folder, read_model
    from kerasport.labels import find_label_file, read_label_file
    from kerasport.metadata import Preprocessing
    from kerasport.progress import RichProgress
    from kerasport.run import Run

    options = quantize_options(quantize.value, max_accuracy_drop, images, cache)
    left_out = [choice.value for choice in without or ()]
    progress = RichProgress(messages)
    # A console draws one thing that moves at a time: here the bar of the measurements.
    measuring = quantize is Weights.auto
    waiting = messages.status("Converting, writing and comparing with Keras ...")
    with contextlib.nullcontext() if measuring else waiting:
        if source.is_dir() and not is_model_folder(source):
            _refuse_for_runs(
                labels=labels, name=name, rescaling=rescaling, fit=fit, resample=resample
            )
            bundle = export_run(
                Run.open(source),
                out,
                quantize=options,
                force=force,
                without=left_out,
                progress=progress,
            )
            reference = "Keras"
        else:
            if not source.exists():
                raise DataError(
                    f"There is nothing at '{source}'. Expected a run, or a .keras file or another "
                    "model."
                )
            file = labels or find_label_file(source)
            if file is None:
                raise typer.BadParameter(
                    "The model does not know its class names, and there is no labels.txt beside "
                    "it. Give them with --labels labels.txt, one per line, in the order of the "
                    "outputs."
                )
            model = read_model(source)
            for note in model.notes:
                messages.print(note, markup=False, soft_wrap=True)
            if file != labels:
                messages.print(f"Class names: {file}", markup=False, soft_wrap=True)
            steps = model.preprocessing or Preprocessing()
            choices = {"fit": value_of(fit), "resample": value_of(resample)}
            bundle = export_model(
                model,
                out,
                class_names=read_label_file(file),
                name=name,
                preprocessing=steps.model_copy(update={k: v for k, v in choices.items() if v}),
                rescaling=rescaling,
                quantize=options,
                force=force,
                without=left_out,
                progress=progress,
            )
            reference = model.reference.name
    size = sum(entry.bytes for entry in bundle.metadata.files)
    if as_json:
        _print_json(
            {
                "bundle": str(bundle.path),
                "optimization": saving_as_json(bundle),
                **bundle.metadata.model_dump(mode="json", by_alias=True),
            }
        )
    else:
        print_saving(bundle, results)
        print_quantization(bundle.metadata.quantization, results)
        results.print(
            f"{bundle.path}: {bundle.metadata.name}, {len(bundle.metadata.class_names)} classes, "
            f"{size / 1000:,.0f} kB, compared with {reference}",
            markup=False,
            soft_wrap=True,
        )
    _suggest(f"kerasport verify {bundle.path}")


def _refuse_for_runs(**options: Any) -> None:
    for option, value in options.items():
        if value is not None:
            raise typer.BadParameter(
                f"--{option} is for models of your own; a run already knows it from its training."
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
    witness: WitnessOption = None,
    backend: BackendOption = None,
    trace: TraceOption = False,
    report: CertificateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a bundle in real browsers with Keras: pixels, probabilities, best class.

    Writes parity.json and parity.html into the bundle. Exits with 3 when a tolerance is broken.

    [bold]kerasport verify web/model --witness all[/]\n
    [bold]kerasport verify web/model --run runs/digits --images pictures --witness 'firefox/*'[/]
    """
    from kerasport.bundle import Bundle
    from kerasport.cli_verify import chosen_witnesses, failure_of, print_parity
    from kerasport.parity import verify as verify_bundle
    from kerasport.progress import RichProgress
    from kerasport.run import Run

    parity = verify_bundle(
        Bundle.open(bundle),
        run=Run.open(run) if run else None,
        images=images,
        witnesses=chosen_witnesses(witness, backend),
        trace=trace,
        report=report,
        progress=RichProgress(messages),
    )
    if as_json:
        _print_json(parity.model_dump(mode="json", by_alias=True))
    else:
        print_parity(parity, results)
    for reason in parity.skipped:
        messages.print(f"Skipped: {reason}", style="yellow", markup=False, soft_wrap=True)
    page = report or (None if images else bundle / "parity.html")
    if page is not None:
        messages.print(f"Certificate: {page}", style="dim", markup=False, soft_wrap=True)
    if not parity.passed:
        raise CheckFailed(failure_of(parity))


@app.command()
def doctor(
    witness: WitnessOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is installed, which browsers can be driven here, and what brings the rest."""
    from kerasport.cli_verify import print_health
    from kerasport.doctor import examine

    with messages.status("Starting every browser that is there, one after the other ..."):
        health = examine(witness or ["all"])
    if as_json:
        _print_json(health.to_dict())
    else:
        print_health(health, results)


@app.command()
def site(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder, as 'kerasport export' wrote it.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder or file to write.  [default: site, or NAME.html]"),
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one HTML file that holds everything.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write a page with the model in it: a folder to host, or one file to send by mail.

    [bold]kerasport site web/model --out site[/]\n
    [bold]kerasport site web/model --single-file --out digits.html[/]
    """
    from kerasport.bundle import Bundle
    from kerasport.site import file_name_of, write_single_file, write_site

    opened = Bundle.open(bundle)
    if single_file:
        page = write_single_file(opened, out or Path(file_name_of(opened)), force=force)
    else:
        page = write_site(opened, out or Path("site"), force=force)
    results.print(str(page), markup=False, soft_wrap=True)


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
