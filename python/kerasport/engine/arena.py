"""Where the pieces of one memory lie, so that those that are needed at once do not overlap.

The twin of the client's `engine/arena.ts`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ALIGNMENT", "Region", "lay_out", "round_up"]

ALIGNMENT = 64
"""Vectors lie at multiples of it, and a kernel may read as far behind a region."""

_NEVER = 1 << 62


@dataclass(eq=False)
class Region:
    """Bytes that are needed from one call of a list to another, both included."""

    bytes: int
    first: int = _NEVER
    last: int = -1
    address: int = -1


def round_up(size: int) -> int:
    """Return a size and what may be read behind it, as a multiple of `ALIGNMENT`."""
    return -(-(size + ALIGNMENT) // ALIGNMENT) * ALIGNMENT


def lay_out(regions: Iterable[Region], start: int) -> int:
    """Give every region an address from `start` on, and return where the last one ends.

    The largest first, each at the lowest address where nothing lies that is needed at the same
    time (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
    """
    placed: list[Region] = []
    end = start
    for region in sorted(regions, key=lambda each: -each.bytes):
        size = round_up(region.bytes)
        address = start
        # In the order of their addresses, so that the first gap that is wide enough is the lowest.
        for other in placed:
            if other.last < region.first or region.last < other.first:
                continue
            if address + size <= other.address:
                break
            address = max(address, other.address + round_up(other.bytes))
        region.address = address
        end = max(end, address + size)
        insort(placed, region, key=lambda each: each.address)
    return end
