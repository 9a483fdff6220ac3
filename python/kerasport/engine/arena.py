"""Where the pieces of one memory lie, so that those that are needed at once do not overlap.

The twin of the client's `engine/arena.ts`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ALIGNMENT", "Region", "lay_out", "lay_out_in_order", "round_up"]

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
        end = max(end, _put(region, placed, start))
    return end


def lay_out_in_order(regions: Iterable[Region], start: int) -> int:
    """Do the same in the order in which they are needed, for many that are needed for a short time.

    No region is compared with those that are gone by then.
    """
    placed: list[Region] = []
    end = start
    for region in sorted(regions, key=lambda each: each.first):
        placed = [other for other in placed if other.last >= region.first]
        end = max(end, _put(region, placed, start))
    return end


def _put(region: Region, placed: list[Region], start: int) -> int:
    """Put a region among others, in the order of their addresses, and return where it ends."""
    size = round_up(region.bytes)
    address = start
    # In this order the first gap that is wide enough is the lowest.
    for other in placed:
        if other.last < region.first or region.last < other.first:
            continue
        if address + size <= other.address:
            break
        address = max(address, other.address + round_up(other.bytes))
    region.address = address
    insort(placed, region, key=lambda each: each.address)
    return address + size
