"""The choices of a training: declared once, and to be had everywhere."""

from __future__ import annotations

import dataclasses
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import typer
from typer.main import get_command

from kerasport.cli import app
from kerasport.dataset import ReadOptions
from kerasport.models import Transfer
from kerasport.recipes import Recipe
from kerasport.training import TrainingOptions
from kerasport.training_choices import TrainingChoices

GUIDE = Path(__file__).parents[2] / "docs" / "training.md"
# What makes a recipe that recipe; the fields of `transfer` are choices of their own.
NO_CHOICE = {"name", "summary", "prepare", "transfer"}
# A choice that stands for a field under another name.
UNDER_ANOTHER_NAME = {"augmentation": "augment"}
# Choices with a word more than the field has.
WITH_NONE = {"class_weights": Literal["balanced", "none"]}
PYTHON_ONLY = {"class_names"}
FIELDS = sorted(
    {
        UNDER_ANOTHER_NAME.get(field.name, field.name)
        for kind in (Recipe, Transfer, ReadOptions)
        for field in dataclasses.fields(kind)
    }
    - NO_CHOICE
)
ON_THE_COMMAND_LINE = [name for name in FIELDS if name not in PYTHON_ONLY]


def options_of_train() -> dict[str, Any]:
    """Return the parameters of `kerasport train` by their names."""
    group: Any = get_command(app)
    return {parameter.name: parameter for parameter in group.commands["train"].params}


def without_none(hint: Any) -> set[Any]:
    """Return the types that a field takes, `None` apart."""
    is_union = get_origin(hint) in (Union, types.UnionType)
    members = get_args(hint) if is_union else (hint,)
    return set(members) - {type(None)}


def test_every_field_that_can_be_chosen_is_an_option() -> None:
    """No field of a recipe, a backbone or the reading lacks one, and no option is about nothing."""
    assert sorted(field.name for field in dataclasses.fields(TrainingOptions)) == FIELDS


@pytest.mark.parametrize("kind", [Recipe, Transfer, ReadOptions])
def test_an_option_takes_what_its_field_takes(kind: type) -> None:
    """The types are the same, and None stands for the recipe's choice."""
    chosen = get_type_hints(TrainingOptions)

    for name, hint in get_type_hints(kind).items():
        if name in chosen:
            expected = {WITH_NONE[name]} if name in WITH_NONE else without_none(hint)
            assert without_none(chosen[name]) == expected
            assert type(None) in get_args(chosen[name])


@pytest.mark.parametrize("name", ON_THE_COMMAND_LINE)
def test_every_choice_is_on_the_command_line_and_in_the_guide(name: str) -> None:
    """With a help text, and with a word in the guide to training."""
    parameter = options_of_train()[name]

    assert parameter.help
    assert parameter.default is None
    guide = GUIDE.read_text(encoding="utf-8")
    assert any(
        f"`{flag}" in guide or f" {flag}" in guide
        for flag in (*parameter.opts, *parameter.secondary_opts)
    )


def test_what_is_given_on_the_command_line_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every choice reaches the training, as the type that Python takes."""
    from kerasport import training

    seen: dict[str, Any] = {}

    def train(recipe: Recipe, **arguments: Any) -> None:
        seen.update(arguments)
        raise typer.Exit

    monkeypatch.setattr(training, "train", train)
    arguments = ["train", "folder", "--image-size", "20x24", "--classes", "a, b", "--no-augment"]
    arguments += ["--fit", "pad", "--class-weights", "none", "--drop-test-duplicates"]
    arguments += ["--fine-tune-rate", "0.1", "--max-unreadable", "0", "--root", "somewhere"]

    app(arguments, standalone_mode=False)

    assert seen["options"] == TrainingOptions(
        image_size=(20, 24),
        classes=["a", "b"],
        augment=False,
        fit="pad",
        class_weights="none",
        drop_test_duplicates=True,
        fine_tune_rate=0.1,
        max_unreadable=0,
        root=Path("somewhere"),
    )


def test_the_declaration_is_all_there_is() -> None:
    """`TrainingOptions` adds what is done with the choices, and no choice."""
    names = [field.name for field in dataclasses.fields(TrainingOptions)]

    assert names == [field.name for field in dataclasses.fields(TrainingChoices)]
