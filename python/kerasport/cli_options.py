"""Options that several commands share, and the choices they take."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "Backend",
    "CacheOption",
    "ColorMode",
    "Fit",
    "FitOption",
    "ForceOption",
    "JsonOption",
    "Resample",
    "ResampleOption",
    "UnreadableOption",
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


JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is already there.")]
FitOption = Annotated[
    Fit | None,
    typer.Option(
        help="How a picture is brought to the model's shape: both sides independently, by a "
        "centre crop, or whole on the background."
    ),
]
UnreadableOption = Annotated[
    int | None, typer.Option(min=0, help="Go on with up to this many unreadable files.")
]
ResampleOption = Annotated[Resample | None, typer.Option(help="Resampling filter.")]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder for decoded pictures.  [default: $KERASPORT_CACHE, else .cache/kerasport]"
    ),
]


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
