"""`kerasport export`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasport.cli.console import messages, print_json, results, suggest
from kerasport.cli.optimization import print_saving, saving_as_json
from kerasport.cli.options import (
    CacheOption,
    FitOption,
    ForceOption,
    JsonOption,
    ResampleOption,
    Weights,
    WithoutOption,
    value_of,
)
from kerasport.cli.quantization import print_quantization, quantize_options
from kerasport.errors import DataError

__all__ = ["export"]


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
    from kerasport.bundle.metadata import Preprocessing
    from kerasport.exporter import export as export_model
    from kerasport.exporter import export_run
    from kerasport.exporter.readers import is_model_folder, read_model
    from kerasport.labels import find_label_file, read_label_file
    from kerasport.progress import RichProgress
    from kerasport.runs.run import Run

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
        print_json(
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
    suggest(f"kerasport verify {bundle.path}")


def _refuse_for_runs(**options: Any) -> None:
    for option, value in options.items():
        if value is not None:
            raise typer.BadParameter(
                f"--{option} is for models of your own; a run already knows it from its training."
            )
