"""What a file that holds pictures is to those who read one of them by its name in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

__all__ = ["Container"]


class Container(Protocol):
    """Files and folders by their paths in a file, `""` for the file itself.

    Several threads may read at once. `lent` is what has to live as long as this does.
    """

    lent: object

    @property
    def path(self) -> Path:
        """What it is called; its address where it came from elsewhere."""

    @property
    def stamp(self) -> tuple[int, ...]:
        """What changes when the file does."""

    @property
    def guessed(self) -> str | None:
        """A name whose encoding is a guess, if there is one."""

    @property
    def names(self) -> Iterable[str]:
        """The paths of its files, in the order in which they lie."""

    def folder(self, name: str) -> Mapping[str, bool] | None:
        """Return what lies in a folder, and whether each is a folder; None where there is none."""

    def has_file(self, name: str) -> bool:
        """Return whether there is a file of that path."""

    def size_of(self, name: str) -> int:
        """Return the bytes that a file has, as it will be read.

        Raises:
            OSError: there is no such file.
        """

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            OSError: there is none, or it cannot be read; the message is the reason alone.
        """
