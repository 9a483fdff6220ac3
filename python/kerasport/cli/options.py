"""Options that several commands share, and the choices they take."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "Backend",
    "CacheOption",
    "ClassesOption",
    "ColorMode",
    "DropTestDuplicatesOption",
    "Fit",
    "FitOption",
    "ForceOption",
    "JsonOption",
    "Pass",
    "Resample",
    "ResampleOption",
    "RootOption",
    "UnreadableOption",
    "Weights",
    "WithoutOption",
    "WitnessOption",
    "parse_classes",
    "parse_image_size",
    "value_of",
]


class ColorMode(str, Enum):
    """Choices of --color-mode."""

    rgb = "rgb"
    grayscale = "grayscale"


class Fit(str, Enum):
    """Choices of --fit."""

    stretch = "stretch"
    crop = "crop"
    pad = "pad"


class Resample(str, Enum):
    """Choices of --resample."""

    nearest = "nearest"
    bilinear = "bilinear"
    bicubic = "bicubic"
    lanczos = "lanczos"


class Backend(str, Enum):
    """Choices of --backend."""

    cpu = "cpu"
    wasm = "wasm"
    webgl = "webgl"
    webgpu = "webgpu"


class Weights(str, Enum):
    """Choices of --quantize."""

    float32 = "float32"
    float16 = "float16"
    uint16 = "uint16"
    uint8 = "uint8"
    auto = "auto"


class Pass(str, Enum):
    """Choices of --without: the passes, spelled out so that --help loads no numpy."""

    all = "all"
    remove_unused = "remove-unused"
    share_equal_layers = "share-equal-layers"
    remove_identities = "remove-identities"
    separate_activations = "separate-activations"
    merge_padding = "merge-padding"
    merge_rescaling = "merge-rescaling"
    fold_batch_normalization = "fold-batch-normalization"
    fuse_activations = "fuse-activations"
    replace_batch_normalization = "replace-batch-normalization"


JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is already there.")]
FitOption = Annotated[
    Fit | None,
    typer.Option(
        help="How a picture is brought to the model's shape: both sides independently, by a "
        "centre crop, or whole on the background."
    ),
]
WithoutOption = Annotated[
    list[Pass] | None,
    typer.Option(
        metavar="PASS",
        help=f"Pass to leave out; may be repeated: {', '.join(each.value for each in Pass)}.",
    ),
]
UnreadableOption = Annotated[
    int | None, typer.Option(min=0, help="Go on with up to this many unreadable files.")
]
ResampleOption = Annotated[Resample | None, typer.Option(help="Resampling filter.")]
WitnessOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Who is asked, like chromium/wasm or 'firefox/*', or all; may be repeated. 'kerasport "
        "doctor' lists them."
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder for decoded pictures.  [default: $KERASPORT_CACHE, else .cache/kerasport]"
    ),
]

ClassesOption = Annotated[
    str | None,
    typer.Option(help="Use some of the classes only, separated by commas: daisy,tulips"),
]
RootOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder that the paths of a .csv start from, or that holds prepared TensorFlow "
        "Datasets.  [default: the folder of the .csv]"
    ),
]
DropTestDuplicatesOption = Annotated[
    bool,
    typer.Option(
        "--drop-test-duplicates",
        help="Leave out of the test the pictures that are also in train or validation.",
    ),
]


def parse_classes(text: str | None) -> list[str] | None:
    """Return the class names in `daisy, tulips`; None stands for all."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def parse_image_size(text: str | None) -> tuple[int, int] | None:
    """Return height and width of `96x128` or `128`; wrong usage otherwise."""
    if text is None:
        return None
    try:
        sides = [int(side) for side in text.lower().split("x")]
        height, width = sides * 2 if len(sides) == 1 else sides
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a size. Expected HEIGHTxWIDTH in pixels, like 96x128, or one number."
        ) from None
    if min(height, width) < 1:
        raise typer.BadParameter(f"{text!r} is not a size. Both sides must be at least 1 pixel.")
    return height, width


def value_of(choice: Enum | None) -> Any:
    """Return what the Python API takes for a choice."""
    return None if choice is None else choice.value
