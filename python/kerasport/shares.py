"""Shares of 0 to 1 as people read them: the one rule, twin of the page's `format.ts`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

__all__ = ["share_text"]

_TENTH = Decimal("0.1")
# What rounds to none and to all although it is neither.
_NONE = Decimal("0.0005")
_ALL = Decimal("0.9995")


def share_text(share: float) -> str:
    """Return a share in percent, to the nearest tenth, halves up.

    Nothing but 0 is shown as 0.0%, and nothing but 1 as 100.0%.

    >>> [share_text(share) for share in (2 / 3, 0.9999, 1.0, 0.0003)]
    ['66.7%', '> 99.9%', '100.0%', '< 0.1%']
    """
    # The decimal that the number is written as, like in JavaScript: a double's 0.0125 is less.
    exact = Decimal(repr(float(share)))
    if 0 < exact < _NONE:
        return "< 0.1%"
    if _ALL <= exact < 1:
        return "> 99.9%"
    return f"{(100 * exact).quantize(_TENTH, ROUND_HALF_UP)}%"
