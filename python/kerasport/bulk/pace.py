"""How fast it goes and how long it will take."""

from __future__ import annotations

import time
from collections import deque

from kerasport.progress import Task

__all__ = ["Pace", "duration_text"]

_LINE_SECONDS = 30.0
# The rate is that of the last minute or so: a folder of large pictures may follow one of small.
_REMEMBERED_SECONDS = 60.0


class Pace:
    """Tells a task how many pictures are done, at which rate, and the time left."""

    def __init__(self, task: Task, total: int | None, done: int) -> None:
        self._task = task
        self._total = total
        self._done = done
        self._marks = deque([(time.monotonic(), done)])
        self._line = time.monotonic()
        task.advance(done)

    def advance(self, count: int) -> None:
        """Count pictures as done."""
        now = time.monotonic()
        self._done += count
        self._marks.append((now, self._done))
        while len(self._marks) > 2 and self._marks[1][0] < now - _REMEMBERED_SECONDS:
            self._marks.popleft()
        text = self.text()
        self._task.advance(count, detail=text)
        if now - self._line >= _LINE_SECONDS:
            self._line = now
            of = "" if self._total is None else f" of {self._total:,}"
            self._task.milestone(f"{self._done:,}{of}, {text}")

    def text(self) -> str:
        """Return the rate and the time left, in words."""
        (start, before), (now, done) = self._marks[0], self._marks[-1]
        if done == before or now == start:
            return ""
        rate = (done - before) / (now - start)
        told = f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second"
        if self._total is None:
            return told
        return f"{told}, {duration_text(max(0, self._total - done) / rate)} left"


def duration_text(seconds: float) -> str:
    """Return a time in its two largest units.

    >>> [duration_text(seconds) for seconds in (8.2, 75, 3_700, 200_000)]
    ['8 s', '1 min 15 s', '1 h 1 min', '2 d 7 h']
    """
    whole = round(seconds)
    for size, unit, smaller, smaller_unit in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {smaller_unit}" if rest else "")
    return f"{whole} s"
