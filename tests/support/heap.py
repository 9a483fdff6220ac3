"""Bytes that a page and its workers hold in Chromium, after a forced garbage collection."""

from __future__ import annotations

import json
import time
from typing import Any

_PATIENCE_SECONDS = 60.0


class Heap:
    """The heap of one page or worker, asked over Chromium's own protocol.

    Playwright speaks the protocol with pages alone, so that the messages travel in those of a
    session of the browser.
    """

    def __init__(self, session: Any, target: str) -> None:
        self._session = session
        self._answers: dict[int, dict[str, Any]] = {}
        attached = session.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        self._id = attached["sessionId"]
        session.on("Target.receivedMessageFromTarget", self._receive)

    def bytes(self) -> tuple[int, int]:
        """Return bytes of JavaScript objects, and bytes of the buffers behind them."""
        # What the first round frees may hold on to more.
        for _ in range(2):
            self._ask("HeapProfiler.collectGarbage")
        usage = self._ask("Runtime.getHeapUsage")
        return int(usage["usedSize"]), int(usage["backingStorageSize"])

    def _ask(self, method: str) -> dict[str, Any]:
        number = len(self._answers) + 1
        message = json.dumps({"id": number, "method": method})
        self._session.send(
            "Target.sendMessageToTarget", {"sessionId": self._id, "message": message}
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while number not in self._answers:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Chromium did not answer {method}")
            # Any message lets the answer in.
            self._session.send("Target.getTargets")
        answer: dict[str, Any] = self._answers[number]["result"]
        return answer

    def _receive(self, event: dict[str, Any]) -> None:
        if event["sessionId"] == self._id:
            answer = json.loads(event["message"])
            if "id" in answer:
                self._answers[answer["id"]] = answer


def heaps(page: Any) -> dict[str, Heap]:
    """Return the heaps of a page and of its workers: by `page`, `worker`, `worker 2` and so on."""
    session = page.context.browser.new_browser_cdp_session()
    targets = session.send("Target.getTargets")["targetInfos"]
    (own,) = (each for each in targets if each["type"] == "page" and each["url"] == page.url)
    workers = [each for each in targets if each["type"] == "worker"]
    names = ["page", "worker", *(f"worker {number}" for number in range(2, 1 + len(workers)))]
    return {
        name: Heap(session, each["targetId"])
        for name, each in zip(names, [own, *workers], strict=False)
    }
