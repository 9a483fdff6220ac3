"""Where the commands write: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import typer

from kerasport.displayed import json_encodable
from kerasport.terminal import PlainConsole, visible

__all__ = ["messages", "print_json", "print_json_list", "results", "suggest"]

messages = PlainConsole(stderr=True)
results = PlainConsole()


def print_json(value: Any) -> None:
    """Print a result for programs, in JSON's own escapes where the output is not UTF-8."""
    typer.echo(_json(value))


def print_json_list(items: Iterable[Any]) -> None:
    """Print a list as `print_json` does, each item as it comes; nothing before the first."""
    count = 0
    for item in items:
        indented = _json(item).replace("\n", "\n  ")
        typer.echo(f"{',' if count else '['}\n  {indented}", nl=False)
        count += 1
    typer.echo("\n]" if count else "[]")


def _json(value: Any) -> str:
    text = json_encodable(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), indent=2, sort_keys=True)
    # What is escaped stands in texts only, where JSON takes the escape for the character; a byte of
    # a name that is no text has one of its own already.
    return visible(text)


def suggest(command: str) -> None:
    """Say which command comes next."""
    messages.print(f"Next: {command}", style="dim", soft_wrap=True)
