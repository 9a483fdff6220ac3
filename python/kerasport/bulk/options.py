"""How many pictures are classified, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kerasport.dataset import Part
from kerasport.errors import UsageError
from kerasport.literals import EngineChoice

__all__ = ["BulkOptions", "BulkSummary"]


@dataclass(frozen=True)
class BulkOptions:
    """How many pictures are classified.

    `engine` is what answers for a bundle, `workers` how many pictures it computes at a time (None:
    one a core). `top` keeps the best classes alone (None: all probabilities). `max_unreadable` is
    how many pictures may have an error for an answer (None: 10 or 1 %, whichever is more); more
    stop nothing. `force` replaces a file that is there.
    """

    engine: EngineChoice = "auto"
    workers: int | None = None
    top: int | None = None
    shard: Part = field(default_factory=Part)
    max_unreadable: int | None = None
    force: bool = False

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("top", 1), ("max_unreadable", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}. Expected {least} or more.")


@dataclass(frozen=True)
class BulkSummary:
    """What became of many pictures.

    Attributes:
        output: the table.
        pictures: rows in it.
        unreadable: rows that have an error instead of an answer.
        allowed: how many of those were to be expected at most.
        answered_by: `keras`, `wasm` or `numpy`; empty where nothing was left to be answered.
        seconds: that this took.
        continued: rows that were there before, from an interrupted command.
    """

    output: Path
    pictures: int
    unreadable: int
    allowed: int
    answered_by: str
    seconds: float
    continued: int

    @property
    def is_fine(self) -> bool:
        """Whether no more pictures than allowed were unreadable."""
        return self.unreadable <= self.allowed
