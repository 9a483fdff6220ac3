"""The options of `kerasport train` that are choices of a training, made from their declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Mapping
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from kerasport.cli.shared_options import option_of, parse_classes, parse_image_size
from kerasport.training_choices import TrainingChoices

__all__ = ["given_choices", "parsed", "refuse_beside_resume", "with_training_choices"]

Command = TypeVar("Command", bound=Callable[..., None])

# Choices whose text on the command line is not yet the value.
_PARSERS: dict[str, Callable[[str | None], Any]] = {
    "classes": parse_classes,
    "image_size": parse_image_size,
}
_FINE_BESIDE_RESUME = {"as_json", "data", "processes", "resume"}


def with_training_choices(*, before: str) -> Callable[[Command], Command]:
    """Return a decorator that gives a command with `**choices` an option for each of them.

    Args:
        before: name of the parameter that comes after them in the help.
    """

    def give(command: Command) -> Command:
        parameters = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            if parameter.name == before:
                parameters += _parameters()
            if parameter.kind is not parameter.VAR_KEYWORD:
                parameters.append(parameter)
        vars(command)["__signature__"] = inspect.Signature(parameters)
        return command

    return give


def _parameters() -> list[inspect.Parameter]:
    hints = get_type_hints(TrainingChoices, include_extras=True)
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[
                str | None if name in _PARSERS else hint.__origin__, option_of(name)
            ],
        )
        for name, hint in hints.items()
        if hasattr(hint, "__metadata__")
    ]


def parsed(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of a command line as `TrainingOptions` takes them.

    Raises:
        typer.BadParameter: a text is none that the choice can be read from.
    """
    return {
        name: _PARSERS[name](value) if name in _PARSERS else value
        for name, value in choices.items()
    }


def given_choices(context: typer.Context, *, among: Container[str]) -> str:
    """Return the options that were given on the command line, as a list in words."""
    given = [
        name
        for name in context.params
        if name in among
        and (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    ]
    # --from is no name that Python takes.
    flags = {"from_run": "--from"}
    return ", ".join(flags.get(name, f"--{name.replace('_', '-')}") for name in given)


def refuse_beside_resume(context: typer.Context) -> None:
    """Report wrong usage when a choice was given: an unfinished training has its own."""
    if given := given_choices(context, among=set(context.params) - _FINE_BESIDE_RESUME):
        raise typer.BadParameter(
            f"--resume goes on with the choices of the interrupted training; leave out {given}."
        )
