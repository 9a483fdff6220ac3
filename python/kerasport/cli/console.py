"""Where the commands write: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import typer
from rich.console import Console

__all__ = ["in_unicode", "messages", "print_json", "print_json_list", "results", "suggest"]

messages = Console(stderr=True, highlight=False)
results = Console(highlight=False)


def print_json(value: Any) -> None:
    """Print a result for programs."""
    typer.echo(in_unicode(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)))


def print_json_list(items: Iterable[Any]) -> None:
    """Print a list as `print_json` does, each item as it comes; nothing before the first."""
    count = 0
    for item in items:
        text = in_unicode(json.dumps(item, indent=2, sort_keys=True, ensure_ascii=False))
        indented = text.replace("\n", "\n  ")
        typer.echo(f"{',' if count else '['}\n  {indented}", nl=False)
        count += 1
    typer.echo("\n]" if count else "[]")


def in_unicode(text: str) -> str:
    r"""Return `text` with `\udcff` for bytes of file names that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def suggest(command: str) -> None:
    """Say which command comes next."""
    messages.print(f"Next: {command}", style="dim", markup=False, soft_wrap=True)
