"""A share of the pictures, one of several that machines take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from kerasport.errors import UsageError

__all__ = ["Shard"]

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Shard:
    """The shard `number` of `count`, counted from 1.

    Pictures are dealt by their place in the order of the inputs, like cards: the first to shard 1,
    the second to shard 2. So the shards are equally large, and who takes which depends on no
    machine; all of them are to be given the same inputs.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise UsageError(
                f"The shard is {self.number}/{self.count}. Expected one of 1/{max(1, self.count)} "
                f"to {max(1, self.count)}/{max(1, self.count)}."
            )

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard in a text like `3/16`.

        Raises:
            UsageError: it is none.
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip(), re.ASCII)
        if found is None:
            raise UsageError(f"{text!r} is no shard. Expected one like 3/16, the third of sixteen.")
        return cls(int(found[1]), int(found[2]))

    def of(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yield this shard's items."""
        return islice(iter(items), self.number - 1, None, self.count)

    def share_of(self, total: int) -> int:
        """Return how many of `total` items are this shard's."""
        return max(0, -(-(total - self.number + 1) // self.count))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
