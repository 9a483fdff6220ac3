"""Telling the user what is going on: a protocol, a silent one, and one that draws bars.

Library code calls the protocol and never prints. `SILENT` is the default everywhere; the command
line passes `RichProgress`, which writes to stderr and leaves stdout to results.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from kerasport.displayed import displayed_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

__all__ = ["SILENT", "Progress", "RichProgress", "SilentProgress", "Task"]


class Task(Protocol):
    """One piece of work that goes on in steps."""

    def advance(self, steps: int = 1, *, detail: str | None = None) -> None:
        """Count `steps` as done; `detail` replaces the text beside the bar."""

    def milestone(self, text: str) -> None:
        """Report a line worth keeping where no bar can be drawn, like the end of an epoch."""


class Progress(Protocol):
    """What training and evaluation tell while they run."""

    def say(self, message: str) -> None:
        """Report a decision or a result, in one line."""

    def warn(self, message: str) -> None:
        """Report something that the user should look at, in one line."""

    def task(self, title: str, *, total: int | None) -> AbstractContextManager[Task]:
        """Open a piece of work of `total` steps, None where nobody knows how many."""


class SilentProgress:
    """Says nothing. Counts nothing."""

    def say(self, message: str) -> None:
        """Ignore the message."""

    def warn(self, message: str) -> None:
        """Ignore the message."""

    @contextlib.contextmanager
    def task(self, title: str, *, total: int | None) -> Iterator[Task]:
        """Open a task that ignores its steps."""
        yield _SilentTask()


class _SilentTask:
    def advance(self, steps: int = 1, *, detail: str | None = None) -> None:
        pass

    def milestone(self, text: str) -> None:
        pass


SILENT: Progress = SilentProgress()
"""The default of every function that takes a `Progress`."""


class RichProgress:
    """Bars on a terminal; elsewhere one plain line per milestone. Writes to stderr."""

    def __init__(self, console: Console | None = None) -> None:
        if console is None:
            from kerasport.terminal import PlainConsole

            console = PlainConsole(stderr=True)
        self._console = console

    def say(self, message: str) -> None:
        """Write the message as one line."""
        self._console.print(displayed_lines(message), markup=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        """Write the message as one line that begins with `Warning:`."""
        text = f"Warning: {displayed_lines(message)}"
        self._console.print(text, markup=False, soft_wrap=True, style="yellow")

    @contextlib.contextmanager
    def task(self, title: str, *, total: int | None) -> Iterator[Task]:
        """Draw a bar with a count and the time left, or write milestones as lines."""
        if not self._console.is_terminal:
            yield _PlainTask(self, title)
            return
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[detail]}", markup=False),
        )
        with Bars(*columns, console=self._console) as bars:
            yield _BarTask(bars, bars.add_task(title, total=total, detail=""))


class _PlainTask:
    def __init__(self, progress: RichProgress, title: str) -> None:
        self._progress = progress
        self._title = title

    def advance(self, steps: int = 1, *, detail: str | None = None) -> None:
        pass

    def milestone(self, text: str) -> None:
        self._progress.say(f"{self._title}: {text}")


class _BarTask:
    def __init__(self, bars: Bars, identifier: TaskID) -> None:
        self._bars = bars
        self._identifier = identifier

    def advance(self, steps: int = 1, *, detail: str | None = None) -> None:
        if detail is None:
            self._bars.update(self._identifier, advance=steps)
        else:
            self._bars.update(self._identifier, advance=steps, detail=detail)

    def milestone(self, text: str) -> None:
        self._bars.update(self._identifier, detail=text)
