"""Where the commands write: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer
from rich.console import Console

__all__ = ["messages", "print_json", "results", "suggest"]

messages = Console(stderr=True, highlight=False)
results = Console(highlight=False)


def print_json(value: Any) -> None:
    """Print a result for programs.

    Where the output is not UTF-8, or a text is none, JSON's own escapes stand for what it lacks.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, sort_keys=True)
    typer.echo(text)


def suggest(command: str) -> None:
    """Say which command comes next."""
    messages.print(f"Next: {command}", style="dim", markup=False, soft_wrap=True)
