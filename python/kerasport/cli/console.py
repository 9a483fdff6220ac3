"""Where the commands write: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import json
from typing import Any

import typer

from kerasport.terminal import PlainConsole, visible

__all__ = ["messages", "print_json", "results", "suggest"]

messages = PlainConsole(stderr=True)
results = PlainConsole()


def print_json(value: Any) -> None:
    """Print a result for programs."""
    # What is escaped stands in texts only, where JSON takes the escape for the character.
    typer.echo(visible(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)))


def suggest(command: str) -> None:
    """Say which command comes next."""
    messages.print(f"Next: {command}", style="dim", soft_wrap=True)
