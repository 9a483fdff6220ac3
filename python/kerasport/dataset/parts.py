"""One of several equal parts of a piece of work, dealt out to machines that share nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from kerasport.errors import UsageError

__all__ = ["Part"]

_Item = TypeVar("_Item")

_SPELLED = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`, numbered from 1; all of them are to be given the same whole."""

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise _no_part(str(self))

    @classmethod
    def parse(cls, text: str) -> Part:
        """Return what `3/16` says.

        Raises:
            UsageError: it says no such thing.
        """
        found = _SPELLED.fullmatch(text.strip())
        if found is None:
            raise _no_part(text)
        return cls(int(found[1]), int(found[2]))

    def of(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Return the items of this part: neighbors stay together, all parts make up the whole."""
        start, end = (
            len(items) * number // self.count for number in (self.number - 1, self.number)
        )
        return items[start:end]

    def dealt(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yield the items of this part, dealt like cards: for a whole whose length is not known."""
        return islice(iter(items), self.number - 1, None, self.count)

    def share_of(self, total: int) -> int:
        """Return how many of `total` items are dealt to this part."""
        return max(0, -(-(total - self.number + 1) // self.count))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def _no_part(text: str) -> UsageError:
    return UsageError(
        f"{text!r:.40} is no part of the work. Expected its number and how many there are, "
        "like 3/16, from 1/16 to 16/16."
    )
