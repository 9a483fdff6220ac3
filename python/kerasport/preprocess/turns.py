"""How many pixels are decoded at once, however many threads there are."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from kerasport.pictures import MAX_PIXELS

__all__ = ["in_turn"]

# Of all pictures that are being decoded: one of the largest takes up to 1.5 GB.
_PIXELS_AT_ONCE = 2 * MAX_PIXELS


class _Turns:
    """Hands out pixels, first come, first served."""

    def __init__(self, pixels: int) -> None:
        self._free = pixels
        self._changed = threading.Condition()
        # Whoever waits for room holds it, so that small pictures do not overtake a large one.
        self._door = threading.Lock()

    @contextlib.contextmanager
    def of(self, pixels: int) -> Iterator[None]:
        with self._door, self._changed:
            self._changed.wait_for(lambda: self._free >= pixels)
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()


_TURNS = _Turns(_PIXELS_AT_ONCE)


def in_turn(pixels: int) -> contextlib.AbstractContextManager[None]:
    """Wait until there is room for a picture of `pixels`, at most `MAX_PIXELS`, and keep it."""
    return _TURNS.of(pixels)
