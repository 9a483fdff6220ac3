"""Options of `kerasport train` that no other command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kerasport.literals import ClassWeights, Schedule

__all__ = [
    "ArchitectureOption",
    "BackboneOption",
    "CalibrateOption",
    "ClassWeightsOption",
    "FineTuneEpochsOption",
    "FineTuneLayersOption",
    "FineTuneRateOption",
    "LabelSmoothingOption",
    "MixedPrecisionOption",
    "OptimizerOption",
    "PatienceOption",
    "ResumeOption",
    "ScheduleOption",
    "TensorboardOption",
    "UnfrozenOption",
    "ValidationOption",
    "ViewsOption",
    "WeightsOption",
    "WidthOption",
    "refuse_beside_resume",
]

_PANEL = "Backbone (recipe transfer)"


ValidationOption = Annotated[
    Path | None,
    typer.Option(help="Folder with class folders for validation, where the data has none."),
]
ResumeOption = Annotated[
    Path | None,
    typer.Option(
        help="Go on with the interrupted training of this run folder; takes no other choices."
    ),
]
PatienceOption = Annotated[
    int | None,
    typer.Option(min=1, help="Stop after so many epochs without a lower validation loss."),
]
ScheduleOption = Annotated[
    Schedule | None, typer.Option(help="How the learning rate goes over the epochs.")
]
OptimizerOption = Annotated[
    str | None, typer.Option(help="Any of Keras' by name: adam, rmsprop, sgd, adamw ...")
]
ArchitectureOption = Annotated[
    str | None,
    typer.Option(
        help="Network: dense, flat_cnn, pooled_cnn, three_block_cnn, five_block_cnn, paired_cnn, "
        "or auto."
    ),
]
ClassWeightsOption = Annotated[
    Literal[ClassWeights, "none"] | None,
    typer.Option(help="balanced: every class counts alike, however small."),
]
LabelSmoothingOption = Annotated[
    float | None, typer.Option(help="Part of each label that is spread over all classes.")
]
MixedPrecisionOption = Annotated[
    bool | None,
    typer.Option(
        "--mixed-precision/--no-mixed-precision",
        help="Compute in float16 on a GPU; weights stay float32.",
    ),
]
CalibrateOption = Annotated[
    bool | None,
    typer.Option(
        "--calibrate/--no-calibrate",
        help="Make the probabilities say how often the model is right, by validation pictures.",
    ),
]
TensorboardOption = Annotated[
    bool | None,
    typer.Option("--tensorboard/--no-tensorboard", help="Write logs to tensorboard/ in the run."),
]
BackboneOption = Annotated[
    str | None,
    typer.Option(help="Name in keras.applications, like MobileNetV2.", rich_help_panel=_PANEL),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        help="imagenet (downloaded once), a weights file without top, or none.",
        rich_help_panel=_PANEL,
    ),
]
WidthOption = Annotated[
    float | None, typer.Option(help="Keras' alpha of the MobileNets.", rich_help_panel=_PANEL)
]
UnfrozenOption = Annotated[
    int | None,
    typer.Option(
        min=0, help="Last layers that are trained from the beginning.", rich_help_panel=_PANEL
    ),
]
ViewsOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Random changes of each picture whose features are computed while it is frozen.",
        rich_help_panel=_PANEL,
    ),
]
FineTuneEpochsOption = Annotated[
    int | None,
    typer.Option(min=0, help="Epochs of a second phase, partly thawed.", rich_help_panel=_PANEL),
]
FineTuneLayersOption = Annotated[
    int | None,
    typer.Option(min=1, help="Last layers that are trained in it.", rich_help_panel=_PANEL),
]
FineTuneRateOption = Annotated[
    float | None, typer.Option(help="Its learning rate.", rich_help_panel=_PANEL)
]

_FINE_BESIDE_RESUME = {"as_json", "data", "resume"}


def refuse_beside_resume(context: typer.Context) -> None:
    """Report wrong usage when a choice was given: an unfinished training has its own."""
    given = [
        name
        for name in context.params
        if name not in _FINE_BESIDE_RESUME
        and (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    ]
    if given:
        listed = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise typer.BadParameter(
            f"--resume goes on with the choices of the interrupted training; leave out {listed}."
        )
