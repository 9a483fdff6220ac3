"""Options that several commands share, and the choices they take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from kerasport.literals import Fit, PassName, Resample, WeightType

__all__ = [
    "CacheOption",
    "ClassesOption",
    "DropTestDuplicatesOption",
    "FitOption",
    "ForceOption",
    "JsonOption",
    "Pass",
    "ResampleOption",
    "RootOption",
    "UnreadableOption",
    "Weights",
    "WithoutOption",
    "WitnessOption",
    "one_of",
    "parse_classes",
    "parse_image_size",
]


Weights = Literal[WeightType, "auto"]
"""Choices of --quantize."""

Pass = Literal["all", PassName]
"""Choices of --without."""


def one_of(words: Any) -> Callable[[str], str]:
    """Return a parser that takes the words of a `Literal`, for options that may be repeated.

    Typer reads a `Literal` by itself, but no list of them.
    """

    def parse(text: str) -> str:
        if text not in get_args(words):
            expected = ", ".join(repr(word) for word in get_args(words))
            raise typer.BadParameter(f"{text!r} is not one of {expected}.")
        return text

    return parse


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
    list[str] | None,
    typer.Option(
        parser=one_of(Pass),
        metavar="PASS",
        help=f"Pass to leave out; may be repeated: {', '.join(get_args(Pass))}.",
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
