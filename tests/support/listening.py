"""A progress that keeps what it is told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kerasport.progress import SilentProgress, Task


class Listening(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []
        self.milestones: list[str] = []

    def say(self, message: str) -> None:
        """Keep the message."""
        self.said.append(message)

    def warn(self, message: str) -> None:
        """Keep the warning."""
        self.warned.append(message)

    @contextlib.contextmanager
    def task(self, title: str, *, total: int | None) -> Iterator[Task]:
        """Open a task whose milestones are kept."""
        yield _ListeningTask(self.milestones)


class _ListeningTask:
    def __init__(self, milestones: list[str]) -> None:
        self._milestones = milestones

    def advance(self, steps: int = 1, *, detail: str | None = None) -> None:
        """Count nothing."""

    def milestone(self, text: str) -> None:
        """Keep the line."""
        self._milestones.append(text)
