"""Values of a JSON document, each with its place, so that a complaint can name it.

The twin of the client's `bundle/fields.ts`: the same documents are refused in the same words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from kerasport.bundle.document import PATH_PATTERN
from kerasport.errors import BundleError
from kerasport.labels import is_blank

__all__ = ["MISSING", "Field", "dimensions", "quote"]

MISSING = object()
"""What stands where nothing does; null is a value."""

_SAFE = 2**53 - 1
"""Largest whole number that JavaScript holds for sure."""

_SHOWN, _SHOWN_ITEMS = 80, 8

Item = TypeVar("Item")


class Field:
    """A value in a document: `value` is what `json.loads` gives, or `MISSING`."""

    def __init__(self, document: str, place: str, value: Any) -> None:
        self.document = document
        self.place = place
        self.value = value

    def get(self, key: str) -> Field:
        """Return the field of an object; its value is `MISSING` where there is none."""
        if not isinstance(self.value, dict):
            self.fail("an object")
        place = f"{self.place}.{key}" if self.place else key
        return Field(self.document, place, self.value.get(key, MISSING))

    def each(self, read: Callable[[Field], Item]) -> list[Item]:
        """Return what `read` makes of each item of a list."""
        return [read(item) for item in self.items()]

    def items(self) -> list[Field]:
        """Return the items of a list."""
        if not isinstance(self.value, list):
            self.fail("a list")
        return [
            Field(self.document, f"{self.place}[{index}]", item)
            for index, item in enumerate(self.value)
        ]

    def optional(self, read: Callable[[Field], Item]) -> Item | None:
        """Return what `read` makes of the value, None where there is none or null."""
        return None if self.value is None or self.value is MISSING else read(self)

    def text(self) -> str:
        """Return a text that shows something."""
        if not isinstance(self.value, str) or is_blank(self.value):
            self.fail("a text")
        found: str = self.value
        return found

    def path(self) -> str:
        """Return a relative path that leads out of no folder."""
        text = self.text()
        if not re.fullmatch(PATH_PATTERN.removesuffix("$"), text):
            self.fail("a relative path of plain characters")
        return text

    def number(self, minimum: float = -math.inf, maximum: float = math.inf) -> float:
        """Return a finite number."""
        value = self.value
        if not is_number(value) or not minimum <= value <= maximum:
            self.fail("a number" if minimum == -math.inf else f"a number from {_number(minimum)}")
        return float(value)

    def integer(self, minimum: int = -_SAFE, maximum: int = _SAFE) -> int:
        """Return a whole number; 2.0 is one, as in JavaScript."""
        value = self.value
        whole = is_number(value) and float(value).is_integer()
        if not whole or not minimum <= value <= maximum:
            self.fail("a whole number" + bounds(minimum, maximum))
        return int(value)

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.fail("true or false")
        found: bool = self.value
        return found

    def one_of(self, *choices: str) -> str:
        """Return one of these words."""
        if not isinstance(self.value, str) or self.value not in choices:
            self.fail(" or ".join(choices))
        found: str = self.value
        return found

    def shown(self) -> str:
        """Return the value as messages quote it."""
        return quote(self.value)

    def fail(self, expected: str) -> NoReturn:
        """Raise BundleError: this value is not what was expected."""
        self.refuse(f"{self.place or 'the document'} is {self.shown()}. Expected {expected}.")

    def refuse(self, problem: str) -> NoReturn:
        """Raise BundleError with a sentence about the document and what was expected."""
        raise BundleError(f"'{self.document}' is not valid: {problem} Export the bundle again.")


def bounds(minimum: int, maximum: int) -> str:
    """Return what a message says of the bounds of whole numbers."""
    lower = f" from {minimum}" if minimum > -_SAFE else ""
    return lower + (f" to {maximum}" if maximum < _SAFE else "")


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; true is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def dimensions(sides: Sequence[int]) -> str:
    """Return a shape as messages show it: 3 x 3 x 8."""
    return " x ".join(map(str, sides)) if sides else "1"


def quote(value: Any) -> str:
    """Return a value as messages quote it: short, on one line, as JavaScript writes it."""
    if isinstance(value, str):
        text = json.dumps(value[: _SHOWN + 1], ensure_ascii=False)
    elif isinstance(value, list):
        text = f"[{', '.join(quote(item) for item in value[:_SHOWN_ITEMS])}]"
    else:
        text = _describe(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _describe(value: Any) -> str:
    if value is MISSING:
        return "undefined"
    if isinstance(value, dict):
        return "an object"
    return _number(value) if is_number(value) else json.dumps(value)


def _number(value: float) -> str:
    """Return a number as JavaScript writes it: the shortest digits of its double."""
    try:
        double = float(value)
    except OverflowError:
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if double < 0 else ""
    mantissa, _, exponent = f"{abs(double)!r}".partition("e")
    before, _, behind = mantissa.partition(".")
    behind = "" if behind == "0" else behind
    if not exponent:
        # Python goes to powers of ten below 1e-4, JavaScript below 1e-6.
        return sign + before + (f".{behind}" if behind else "")
    power = int(exponent)
    digits = before + behind
    if 0 <= power < 21:
        return sign + digits.ljust(power + 1, "0")
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    return f"{sign}{before}{f'.{behind}' if behind else ''}e{power:+d}"
