"""One of several equal parts of a piece of work, dealt out to machines that share nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from kerasport.errors import DataError

__all__ = ["Part"]

_Item = TypeVar("_Item")

_SPELLED = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`, numbered from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """Return what `3/16` says.

        Raises:
            DataError: it says no such thing.
        """
        found = _SPELLED.fullmatch(text.strip())
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise DataError(
                f"{text!r:.40} is no part of the work. Expected its number and how many there are, "
                "like 3/16, from 1/16 to 16/16."
            )
        return cls(int(found[1]), int(found[2]))

    def of(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Return the items of this part: neighbors stay together, all parts make up the whole."""
        start, end = (
            len(items) * number // self.count for number in (self.number - 1, self.number)
        )
        return items[start:end]
