"""`kerasport export`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from kerasport.cli.console import messages, print_json, results, suggest
from kerasport.cli.formats import print_formats
from kerasport.cli.optimization import optimization_as_json, print_optimization
from kerasport.cli.quantization import print_quantization, quantize_options
from kerasport.cli.shared_options import (
    AlsoOption,
    CacheOption,
    FitOption,
    ForceOption,
    JsonOption,
    ResampleOption,
    Weights,
    WithoutOption,
)
from kerasport.cli.winograd import print_winograd
from kerasport.literals import OutputKind

if TYPE_CHECKING:
    from kerasport.exporter import ExportedBundle

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
            "\\[default: labels.txt or metadata.json beside the model]"
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
    image_size: Annotated[
        str | None,
        typer.Option(
            help="Size of the pictures, HEIGHTxWIDTH or one number, of a model for any size or for "
            "all pixels in one row."
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            help="Name of the model in keras.applications, such as MobileNetV2, for a file of "
            "weights alone."
        ),
    ] = None,
    output_kind: Annotated[
        OutputKind | None,
        typer.Option(
            help="Of a model with a sigmoid for each output: labels, of which any number holds, or "
            "probabilities, of which one class wins."
        ),
    ] = None,
    thresholds: Annotated[
        str | None,
        typer.Option(
            help="Probability from which on each label holds, in output order: 0.3,0.5,0.7.  "
            "\\[default: 0.5 for each]"
        ),
    ] = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    quantize: Annotated[
        Weights,
        typer.Option(help="Type of the stored weights; auto takes the smallest that is good."),
    ] = "float32",
    max_accuracy_drop: Annotated[
        float | None,
        typer.Option(
            min=0, help="Percentage points of accuracy that auto may lose.  \\[default: 0.5]"
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Class folders that auto measures on, and that litert-int8 is made for.  "
            "\\[default: the run's validation pictures]"
        ),
    ] = None,
    cache: CacheOption = None,
    also: AlsoOption = None,
    without: WithoutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Convert a trained model to a TensorFlow.js bundle and compare it with Keras on the way.

    [bold]kerasport export runs/digits[/]\n
    [bold]kerasport export model.keras --labels labels.txt --out bundle[/]\n
    [bold]kerasport export keras_model.h5 --rescaling 1/127.5,-1[/]\n
    [bold]kerasport export tags.keras --output-kind labels --thresholds 0.3,0.5,0.5[/]
    [bold]kerasport export runs/digits --also onnx,litert[/]
    """
    from kerasport.exporter import export as export_model
    from kerasport.progress import RichProgress

    formats = [name for each in also or () for name in each.split(",")]
    options = quantize_options(
        quantize, max_accuracy_drop, images, cache, calibrates="litert-int8" in formats
    )
    steps = {"fit": fit, "resample": resample}
    # A console draws one thing that moves at a time: here the bar of the measurements.
    measuring = quantize == "auto"
    waiting = messages.status("Converting, writing and comparing with Keras ...")
    with contextlib.nullcontext() if measuring else waiting:
        bundle = export_model(
            source,
            out,
            class_names=labels,
            name=name,
            preprocessing={key: value for key, value in steps.items() if value} or None,
            rescaling=rescaling,
            image_size=image_size,
            architecture=architecture,
            output_kind=output_kind,
            thresholds=thresholds,
            quantize=options,
            force=force,
            without=without or (),
            also=formats,
            progress=RichProgress(messages),
        )
    if as_json:
        print_json(
            {
                "bundle": str(bundle.path),
                "integrity": bundle.integrity,
                "optimization": optimization_as_json(bundle),
                **bundle.metadata.model_dump(mode="json", by_alias=True),
            }
        )
    else:
        _print_bundle(bundle, results)
    suggest(f"kerasport verify {bundle.path}")


def _floats(bundle: ExportedBundle) -> str:
    rounding = bundle.metadata.float_rounding
    return "float32" if rounding and rounding.limit else "float64"


def _print_bundle(bundle: ExportedBundle, console: Console) -> None:
    """Print what the passes saved, what the stored types cost, what was written, its digest."""
    from kerasport.bundle import MODEL_SCRIPT

    metadata = bundle.metadata
    size = sum(entry.bytes for entry in metadata.files)
    print_optimization(bundle, console)
    print_quantization(metadata.quantization, metadata.output.kind, console)
    print_winograd(metadata, console)
    console.print(
        f"{bundle.path}: {metadata.name}, {len(metadata.class_names)} "
        f"{'labels' if metadata.labels_output else 'classes'}, "
        f"{size / 1000:,.0f} kB, compared with {bundle.compared_with} in {_floats(bundle)}: "
        f"at most {bundle.difference:.0e} apart",
        soft_wrap=True,
    )
    console.print(f"{MODEL_SCRIPT}: {bundle.integrity}", soft_wrap=True)
    print_formats(metadata, console)
