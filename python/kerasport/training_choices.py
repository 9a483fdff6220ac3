"""What may be chosen in a training, declared once: name, type, limits and what it means.

`kerasport.training.TrainingOptions` and the options of the command line are made from this. Each
field has the name of the field that it decides in `kerasport.recipes.Recipe`, in
`kerasport.models.Transfer` or in `kerasport.dataset.ReadOptions`, which hold the defaults and
check the values. No numpy is imported, so that `kerasport train --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from kerasport.literals import ClassWeights, ColorMode, Fit, LabelsChoice, Resample, Schedule

__all__ = ["Declared", "TrainingChoices"]

_BACKBONE_PANEL = "Backbone (recipe transfer)"
"""Heading of the choices about a backbone."""


@dataclass(frozen=True)
class Declared:
    """What the command line says of a choice.

    Attributes:
        help: what it means.
        minimum: the smallest number that it takes.
        one_way: a switch without `--no-`, for what no recipe switches on.
        panel: heading that it stands under.
    """

    help: str
    minimum: int | None = None
    one_way: bool = False
    panel: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingChoices:
    """Every choice, in the order of the help; None leaves it to the recipe."""

    epochs: Annotated[int | None, Declared("At most this many epochs.", minimum=1)] = None
    patience: Annotated[
        int | None,
        Declared("Stop after so many epochs without a lower validation loss.", minimum=1),
    ] = None
    batch_size: Annotated[int | None, Declared("Pictures per step.", minimum=1)] = None
    learning_rate: Annotated[float | None, Declared("Of the optimizer.")] = None
    schedule: Annotated[
        Schedule | None, Declared("How the learning rate goes over the epochs.")
    ] = None
    optimizer: Annotated[
        str | None, Declared("Any of Keras' by name: adam, rmsprop, sgd, adamw ...")
    ] = None
    architecture: Annotated[
        str | None,
        Declared(
            "Network: dense, flat_cnn, pooled_cnn, three_block_cnn, five_block_cnn, paired_cnn, "
            "or auto."
        ),
    ] = None
    image_size: Annotated[
        tuple[int, int] | None,
        Declared("Size of the model's input, HEIGHTxWIDTH or one number."),
    ] = None
    color_mode: Annotated[ColorMode | None, Declared("Channels of the input.")] = None
    fit: Annotated[
        Fit | None,
        Declared(
            "How a picture is brought to the model's shape: both sides independently, by a "
            "centre crop, or whole on the background."
        ),
    ] = None
    resample: Annotated[Resample | None, Declared("Resampling filter.")] = None
    augment: Annotated[bool | None, Declared("Random changes while training.")] = None
    class_weights: Annotated[
        Literal[ClassWeights, "none"] | None,
        Declared("balanced: every class counts alike, however small."),
    ] = None
    label_smoothing: Annotated[
        float | None, Declared("Part of each label that is spread over all classes.")
    ] = None
    mixed_precision: Annotated[
        bool | None, Declared("Compute in float16 on a GPU; weights stay float32.")
    ] = None
    tensorboard: Annotated[bool | None, Declared("Write logs to tensorboard/ in the run.")] = None
    calibrate: Annotated[
        bool | None,
        Declared(
            "Make the probabilities say how often the model is right, by validation pictures."
        ),
    ] = None

    label_precision: Annotated[
        float | None,
        Declared(
            "Precision that the threshold of each label keeps, 0 to 1, where pictures have "
            "several.  \\[default: the best F1]"
        ),
    ] = None

    backbone: Annotated[
        str | None,
        Declared("Name in keras.applications, like MobileNetV2.", panel=_BACKBONE_PANEL),
    ] = None
    weights: Annotated[
        str | None,
        Declared(
            "imagenet (downloaded once), a weights file without top, or none.",
            panel=_BACKBONE_PANEL,
        ),
    ] = None
    width: Annotated[
        float | None, Declared("Keras' alpha of the MobileNets.", panel=_BACKBONE_PANEL)
    ] = None
    unfrozen_layers: Annotated[
        int | None,
        Declared(
            "Last layers that are trained from the beginning.", minimum=0, panel=_BACKBONE_PANEL
        ),
    ] = None
    augmented_views: Annotated[
        int | None,
        Declared(
            "Random changes of each picture whose features are computed while it is frozen.",
            minimum=0,
            panel=_BACKBONE_PANEL,
        ),
    ] = None
    fine_tune_epochs: Annotated[
        int | None,
        Declared("Epochs of a second phase, partly thawed.", minimum=0, panel=_BACKBONE_PANEL),
    ] = None
    fine_tune_layers: Annotated[
        int | None,
        Declared("Last layers that are trained in it.", minimum=1, panel=_BACKBONE_PANEL),
    ] = None
    fine_tune_rate: Annotated[
        float | None, Declared("Its learning rate.", panel=_BACKBONE_PANEL)
    ] = None

    labels: Annotated[
        LabelsChoice | None,
        Declared(
            "How many labels a picture has: one, its class, or many (any number, none too).  "
            "\\[default: as the data says]"
        ),
    ] = None
    classes: Annotated[
        Sequence[str] | None,
        Declared("Use some of the classes only, separated by commas: daisy,tulips"),
    ] = None
    # Names the classes of arrays, which the command line does not read.
    class_names: Sequence[str] | None = None
    root: Annotated[
        Path | None,
        Declared(
            "Folder that the paths of a table start from, or that holds prepared TensorFlow "
            "Datasets.  \\[default: the folder of the table]"
        ),
    ] = None
    seed: Annotated[int | None, Declared("Equal seeds on equal data give equal models.")] = None
    test_share: Annotated[
        float | None, Declared("Part of the pictures kept for the test, 0 to 1.")
    ] = None
    validation_share: Annotated[
        float | None, Declared("Part of the pictures kept for validation, 0 to 1.")
    ] = None
    drop_test_duplicates: Annotated[
        bool | None,
        Declared(
            "Leave out of the test the pictures that are also in train or validation.",
            one_way=True,
        ),
    ] = None
    max_unreadable: Annotated[
        int | None, Declared("Go on with up to this many unreadable files.", minimum=0)
    ] = None
    min_per_class: Annotated[
        int | None, Declared("Smallest class that is trained on.", minimum=1)
    ] = None
