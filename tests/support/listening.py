"""A progress that keeps what it is told."""

from __future__ import annotations

from kerasport.progress import SilentProgress


class Listening(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, message: str) -> None:
        """Keep the message."""
        self.said.append(message)

    def warn(self, message: str) -> None:
        """Keep the warning."""
        self.warned.append(message)
