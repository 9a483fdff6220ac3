"""`kerasport train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kerasport.cli.console import messages, print_json, suggest
from kerasport.cli.options import (
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
    parse_classes,
    parse_image_size,
    value_of,
)
from kerasport.cli.show import print_description
from kerasport.cli.training_options import (
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

__all__ = ["train"]


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
        print_json({"run": str(run.path), **run.description.model_dump(mode="json", by_alias=True)})
    else:
        print_description(run.description)
        messages.print(f"Report: {run.report_page}", style="dim", markup=False)
    suggest(f"kerasport export {run.path}")
