"""Options that several commands share, and the choices they take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import typer

from kerasport.literals import Fit, FormatName, LabelsChoice, PassName, Resample, WeightType
from kerasport.training_choices import Declared, TrainingChoices

__all__ = [
    "AlsoOption",
    "CacheOption",
    "ClassesOption",
    "DropTestDuplicatesOption",
    "FitOption",
    "ForceOption",
    "JsonOption",
    "LabelsOption",
    "MinPerClassOption",
    "Pass",
    "ResampleOption",
    "RootOption",
    "TestShareOption",
    "UnreadableOption",
    "ValidationShareOption",
    "Weights",
    "WithoutOption",
    "WitnessOption",
    "one_of",
    "option_of",
    "parse_classes",
    "parse_image_size",
]


Weights = Literal[WeightType, "auto"]
"""Choices of --quantize."""

Pass = Literal["all", PassName]
"""Choices of --without."""


def option_of(name: str) -> Any:
    """Return Typer's option for a choice of a training, as `TrainingChoices` declares it."""
    hint = get_type_hints(TrainingChoices, include_extras=True)[name]
    declared: Declared = hint.__metadata__[0]
    flag = f"--{name.replace('_', '-')}"
    if bool in get_args(hint.__origin__) and not declared.one_way:
        flag += f"/--no-{flag[2:]}"
    return typer.Option(
        flag, help=declared.help, min=declared.minimum, rich_help_panel=declared.panel
    )


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
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        parser=one_of(Pass),
        metavar="PASS",
        help=f"Pass to leave out; may be repeated: {', '.join(get_args(Pass))}.",
    ),
]
AlsoOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FORMAT",
        help="Other format to write into a folder of the bundle; may be repeated, or several with "
        f"commas: {', '.join(get_args(FormatName))}.",
    ),
]
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
        help="Folder for decoded pictures.  \\[default: $KERASPORT_CACHE, else .cache/kerasport]"
    ),
]

LabelsOption = Annotated[LabelsChoice | None, option_of("labels")]
ClassesOption = Annotated[str | None, option_of("classes")]
RootOption = Annotated[Path | None, option_of("root")]
TestShareOption = Annotated[float, option_of("test_share")]
ValidationShareOption = Annotated[float, option_of("validation_share")]
DropTestDuplicatesOption = Annotated[bool, option_of("drop_test_duplicates")]
UnreadableOption = Annotated[int | None, option_of("max_unreadable")]
MinPerClassOption = Annotated[int, option_of("min_per_class")]
FitOption = Annotated[Fit | None, option_of("fit")]
ResampleOption = Annotated[Resample | None, option_of("resample")]


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
