"""Where the commands write: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer
from rich.console import Console

from kerasport.displayed import displayed_lines, json_encodable

__all__ = ["messages", "print_json", "results", "suggest"]


class _Console(Console):
    """A console that shows any name of a file, whatever bytes it is made of."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as `Console` does."""
        shown = (displayed_lines(each) if isinstance(each, str) else each for each in objects)
        super().print(*shown, **options)


messages: Console = _Console(stderr=True, highlight=False)
results: Console = _Console(highlight=False)


def print_json(value: Any) -> None:
    """Print a result for programs, in JSON's own escapes where the output is not UTF-8."""
    text = json_encodable(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2, sort_keys=True)
    typer.echo(text)


def suggest(command: str) -> None:
    """Say which command comes next."""
    messages.print(f"Next: {command}", style="dim", markup=False, soft_wrap=True)
