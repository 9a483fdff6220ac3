"""Processor time of the process in which Chromium runs a page, its workers included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["PageProcess"]

_BURN = "() => { const end = performance.now() + 300; while (performance.now() < end); }"


class PageProcess:
    """The process of one page, which no other page may share."""

    def __init__(self, page: Any) -> None:
        self._session = page.context.browser.new_browser_cdp_session()
        before = self._all()
        # Whoever worked meanwhile is it: a page does not tell its process.
        page.evaluate(_BURN)
        after = self._all()
        self._number = max(after, key=lambda number: after[number] - before.get(number, 0.0))

    def seconds(self) -> float:
        """Return the processor time so far, of all threads."""
        threads = list(Path(f"/proc/{self._number}/task").glob("*/schedstat"))
        if threads:
            # In nanoseconds, where Chromium's own figure goes by hundredths of a second.
            return sum(int(each.read_text().split()[0]) for each in threads) / 1e9
        return self._all()[self._number]

    def _all(self) -> dict[int, float]:
        processes = self._session.send("SystemInfo.getProcessInfo")["processInfo"]
        return {each["id"]: each["cpuTime"] for each in processes if each["type"] == "renderer"}
