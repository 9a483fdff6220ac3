"""Names that stand for several files: `train-{000..015}.tar`, `part-*.parquet`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from kerasport.errors import DataError

__all__ = ["expand", "is_pattern"]

_MOST_NAMES = 100_000
_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})")


def is_pattern(text: str) -> bool:
    """Return whether a name stands for several, by its spelling."""
    return "*" in text or _BRACES.search(text) is not None


def expand(text: str) -> list[str]:
    """Return the names that braces stand for, in their order: `{000..015}` and `{a,b}`.

    Raises:
        DataError: they are more than any set has.
    """
    names = [text]
    while any(map(_BRACES.search, names)):
        expanded = (name for each in names for name in _expanded(each))
        names = list(itertools.islice(expanded, _MOST_NAMES + 1))
        if len(names) > _MOST_NAMES:
            raise DataError(
                f"'{text}' stands for more than {_MOST_NAMES:,} files. Check its braces."
            )
    return names


def _expanded(text: str) -> Iterator[str]:
    found = _BRACES.search(text)
    if found is None:
        yield text
        return
    before, after = text[: found.start()], text[found.end() :]
    bounds = _RANGE.fullmatch(found[1])
    if bounds is None:
        yield from (f"{before}{each}{after}" for each in found[1].split(","))
        return
    first, last = int(bounds[1]), int(bounds[2])
    if last - first >= _MOST_NAMES:
        raise DataError(f"'{text}' stands for more than {_MOST_NAMES:,} files. Check its braces.")
    width = len(bounds[1])
    yield from (f"{before}{number:0{width}d}{after}" for number in range(first, last + 1))
