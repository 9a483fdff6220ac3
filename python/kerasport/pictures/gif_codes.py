"""GIF's compressed data (LZW), decoded by whole arrays: a loop over codes would take seconds.

Between two clear codes the length of each code depends on its number alone, so that all of them are
cut out at once. A code that is no colour stands for what was written where its entry was made, and
one pixel more: every pixel is a colour or a copy of an earlier one, and the copies are followed
back in doubling steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.pictures.problem import Problem, damaged

__all__ = ["MAX_CLEARS", "decode_codes"]

MAX_CLEARS = 100_000
"""Clear codes of a picture: beginning anew costs much more than a code."""

_MAX_BITS = 12
# Codes that are cut out at once: few first, because most clear codes come early.
_FIRST_CODES, _MOST_CODES = 512, 1 << 18
_PIXELS_AT_ONCE = 1 << 18


def decode_codes(data: bytes, code_size: int, pixels: int) -> NDArray[np.uint8]:
    """Return the indices of `pixels` pixels: uint8, flat; what follows them is not looked at.

    Raises:
        Problem: the data ends before the last pixel, or has a code that is not defined yet.
    """
    bits = _Bits(data, code_size)
    indices = np.empty(pixels, np.uint8)
    filled = clears = 0
    while filled < pixels:
        codes = bits.to_clear(pixels - filled)
        filled += _expand(codes, 1 << code_size, indices[filled:])
        if filled < pixels and not bits.is_clear:
            raise _wrong_data()
        clears += 1
        if clears > MAX_CLEARS:
            raise Problem(f"it is a GIF that begins its table anew more than {MAX_CLEARS:,} times")
    return indices


class _Bits:
    """Cuts codes out of bytes; `is_clear` tells whether those that it gave end at a clear code."""

    def __init__(self, data: bytes, code_size: int) -> None:
        self._bytes = np.frombuffer(data + bytes(3), np.uint8)
        self._end = 8 * len(data)
        self._clear = 1 << code_size
        self._position = 0
        self.is_clear = False

    def to_clear(self, most: int) -> NDArray[np.int64]:
        """Return the codes, as many as `most`, up to the next clear code or the end."""
        parts: list[NDArray[np.int64]] = []
        count, size = 0, _FIRST_CODES
        self.is_clear = False
        while count < most:
            codes, ends = self._cut(count, min(size, most - count))
            special = np.flatnonzero(codes >> 1 == self._clear >> 1)
            if len(special):
                first = int(special[0])
                parts.append(codes[:first])
                self.is_clear = bool(codes[first] == self._clear)
                self._position = int(ends[first])
                break
            if not len(codes):
                break
            parts.append(codes)
            count += len(codes)
            self._position = int(ends[-1])
            size = min(2 * size, _MOST_CODES)
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _cut(self, first: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return codes, those that are there, and where each ends; `first` came since a clear."""
        # The number of the next entry decides; each code makes one, but for the first.
        entries = self._clear + 1 + np.arange(first, first + count)
        lengths = np.minimum(np.frexp(entries)[1].astype(np.int64), _MAX_BITS)
        ends = self._position + np.cumsum(lengths)
        there = int(np.searchsorted(ends, self._end, side="right"))
        lengths, ends = lengths[:there], ends[:there]
        starts = ends - lengths
        at = starts >> 3
        words = sum(self._bytes[at + byte].astype(np.int64) << 8 * byte for byte in range(3))
        return (words >> (starts & 7)) & ((1 << lengths) - 1), ends


def _expand(codes: NDArray[np.int64], clear: int, indices: NDArray[np.uint8]) -> int:
    """Write what the codes stand for into `indices`, as far as it goes, and return how far.

    Raises:
        Problem: a code that is needed is not defined yet.
    """
    # Entry n is made where code n + 1 is read, and begins with what code n stands for.
    entries = codes - (clear + 2)
    undefined = np.flatnonzero(entries >= np.arange(len(codes)))
    if len(undefined):
        codes, entries = codes[: undefined[0]], entries[: undefined[0]]
    ends = np.cumsum(_lengths(entries))
    if len(undefined) and (not len(ends) or ends[-1] < len(indices)):
        raise _wrong_data()
    needed = int(np.searchsorted(ends, len(indices))) + 1
    codes, entries, ends = codes[:needed], entries[:needed], ends[:needed]
    starts = np.concatenate([[0], ends[:-1]])
    first = 0
    while first < len(codes):
        last = int(np.searchsorted(ends, starts[first] + _PIXELS_AT_ONCE))
        last = min(max(first + 1, last), len(codes))
        part = slice(first, last)
        start, end = int(starts[first]), min(int(ends[part][-1]), len(indices))
        numbers = np.arange(first, last)
        which = np.repeat(numbers, ends[part] - starts[part])[: end - start]
        pixels = np.arange(start, end)
        copied = entries[which] >= 0
        source = starts[np.maximum(entries, 0)][which] + pixels - starts[which]
        indices[start:end] = codes[which]
        earlier = copied & (source < start)
        indices[start:end][earlier] = indices[source[earlier]]
        follow = np.where(copied & ~earlier, source, pixels) - start
        while True:
            further = follow[follow]
            if np.array_equal(further, follow):
                break
            follow = further
        indices[start:end] = indices[start:end][follow]
        first = last
    return min(int(ends[-1]), len(indices)) if len(ends) else 0


def _lengths(entries: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many pixels each code stands for: one more than the code of its entry."""
    count = len(entries)
    # Colours lead to one place more, which stands for nothing.
    parents = np.append(np.where(entries < 0, count, entries), count)
    lengths = np.append(np.ones(count, np.int64), 0)
    while (parents != count).any():
        lengths += lengths[parents]
        parents = parents[parents]
    return lengths[:-1]


def _wrong_data() -> Problem:
    return damaged("its compressed data is wrong")
