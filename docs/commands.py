"""Write docs/commands.md from the command line itself; with --check, say whether it is fresh.

.venv/bin/python docs/commands.py
"""

from __future__ import annotations

import argparse
import enum
import inspect
import re
import sys
import types
import typing
from pathlib import Path
from typing import Any

import typer.main

from kerasport.cli import app

PAGE = Path(__file__).with_suffix(".md")

HEAD = """\
# Commands

Every command with its arguments and options. This page is written by `make docs` from the command
line itself, so it says what `kerasport COMMAND --help` says. Results go to stdout, progress and
messages to stderr. Exit codes: 0 done, 1 an error that says what to do, 2 wrong usage, 3 a check
that failed.
"""

VALUES = {bool: "", str: "text", int: "whole number", float: "number", Path: "path"}


def page() -> str:
    """Return the whole page."""
    commands = typing.cast(Any, typer.main.get_command(app)).commands
    index = [f"* [`kerasport {name}`](#kerasport-{name})" for name in commands]
    sections = [section(name, command) for name, command in commands.items()]
    return "\n".join([HEAD, "\n".join(index), "", "\n".join(sections)])


def section(name: str, command: Any) -> str:
    """Return the part of one command."""
    paragraphs = [plain(part) for part in inspect.cleandoc(command.help).split("\n\n")]
    examples = [part for part in paragraphs if part.startswith("kerasport ")]
    lines = [f"## `kerasport {name}`", ""]
    for paragraph in paragraphs:
        if paragraph not in examples:
            lines += [escaped(paragraph), ""]
    if examples:
        lines += ["```sh", *"\n".join(examples).splitlines(), "```", ""]
    taken = inspect.signature(command.callback, eval_str=True).parameters
    lines += ["| argument or option | value | what |", "|---|---|---|"]
    lines += [row(parameter, taken[parameter.name].annotation) for parameter in shown(command)]
    return "\n".join([*lines, ""])


def shown(command: Any) -> list[Any]:
    """Return the arguments and then the options of a command, without the hidden ones."""
    parameters = [parameter for parameter in command.params if not parameter.hidden]
    return sorted(parameters, key=lambda parameter: parameter.param_type_name != "argument")


def row(parameter: Any, hint: Any) -> str:
    """Return the table row of one argument or option."""
    if parameter.param_type_name == "argument":
        names = f"`{parameter.name.upper()}`"
    else:
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    text = plain(parameter.help or "")
    default = parameter.default
    if isinstance(default, enum.Enum):
        default = default.value
    # None, False and an empty list are "not given".
    if default and "[default:" not in text:
        text = f"{text}  [default: {default}]"
    value = value_of(hint)
    # Words to choose from say more than their placeholder.
    if parameter.metavar and "`" not in value:
        value = f"`{parameter.metavar}`"
    if parameter.nargs == -1:
        value += ", one or more"
    return f"| {names} | {value} | {escaped(text)} |"


def value_of(hint: Any) -> str:
    """Return in words what an annotation takes."""
    choices: tuple[Any, ...] = ()
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is list:
        return value_of(typing.get_args(hint)[0])
    if typing.get_origin(hint) is typing.Literal:
        choices = typing.get_args(hint)
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        choices = tuple(member.value for member in hint)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    return VALUES[hint]


def plain(text: str) -> str:
    """Return a help text without its styles; what else stands in brackets stays."""
    return re.sub(r"\[(bold|dim|italic|/)\]", "", text).replace("\\[", "[").strip()


def escaped(text: str) -> str:
    """Return text as one line that Markdown shows as it is, in a table too."""
    text = " ".join(text.split())
    for character in ("\\", "|", "*", "<"):
        text = text.replace(character, f"\\{character}")
    return text


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when it is stale")
    options = parser.parse_args()
    fresh = page()
    if not options.check:
        PAGE.write_text(fresh, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != fresh:
        sys.exit(f"Error: docs/{PAGE.name} is older than the command line. Run: make docs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
