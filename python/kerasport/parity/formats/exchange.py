"""Ask a web engine about files: a loopback server from which its page fetches them one by one."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine, memory_of, opened
from kerasport.parity.witnesses.desk import Desk

__all__ = ["Limits", "Reply", "ask_engine"]


@dataclass(frozen=True)
class Limits:
    """What one file may cost an engine before its page is given up."""

    start_seconds: float = 90
    file_seconds: float = 30
    memory_bytes: int = 6 << 30


@dataclass(frozen=True)
class Reply:
    """What an engine made of a file: `pixels` is uint8 `[height, width, 3]`, or `refusal` says why.

    `lost` is set where the engine gave no answer at all: it crashed, hung or grew too large.
    """

    path: Path
    pixels: NDArray[np.uint8] | None = None
    refusal: str | None = None
    lost: str | None = None


_PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>kerasport</title>
<script src="client.js"></script>
<script>
(async () => {
  const post = (path, body) => fetch(path, { method: "POST", body });
  for (;;) {
    const task = await (await fetch("next", { method: "POST" })).json();
    if (!task) return;
    try {
      const file = new File([await (await fetch("file")).arrayBuffer()], task.name);
      const pixels = await kerasport.readPixels(file);
      const { width, height } = pixels;
      // The same size: nothing is resized, transparency is composited.
      const spec = { width, height, colorMode: "rgb", fit: "stretch", resample: "nearest",
                     background: [255, 255, 255] };
      const { data } = await kerasport.preprocessImage(pixels, spec);
      await post(`pixels?task=${task.id}&width=${width}&height=${height}`, data);
    } catch (error) {
      await post(`refusal?task=${task.id}`, String(error && error.message || error));
    }
  }
})();
</script>
"""


def ask_engine(
    engine: WebEngine, client: Path, files: Sequence[Path], *, limits: Limits | None = None
) -> Iterator[Reply]:
    """Yield what the client library in `engine` reads of each file, in their order.

    A file on which the page crashes, hangs or grows beyond `limits` is reported as lost, and the
    rest goes on in a new browser.

    Raises:
        BrowserError: the engine does not open the page at all.
    """
    limits = limits or Limits()
    waiting = list(files)
    while waiting:
        with _FileDesk(client, waiting) as desk, opened(engine, desk.address) as session:
            limit = limits.start_seconds
            while waiting:
                outcome = _await_reply(desk, session, limit, limits.memory_bytes)
                if isinstance(outcome, str) and desk.handed_out == 0:
                    raise BrowserError(
                        f"{engine.name} {engine.version} did not open the page: {outcome}. "
                        "Start it by hand to see why."
                    )
                if isinstance(outcome, str):
                    yield Reply(waiting.pop(0), lost=outcome)
                    break
                yield replace(outcome, path=waiting.pop(0))
                limit = limits.file_seconds


def _await_reply(desk: _FileDesk, session: int, seconds: float, memory: int) -> Reply | str:
    """Return the next reply, or why there is none."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return desk.replies.get(timeout=0.25)
        except queue.Empty:
            if memory_of(session) > memory:
                return f"more than {memory >> 30} GiB of memory"
    return f"no answer in {seconds:.0f} s"


class _FileDesk(Desk):
    """Hands the files out in order and collects what comes back."""

    def __init__(self, client: Path, files: Sequence[Path]) -> None:
        super().__init__()
        self.replies: queue.Queue[Reply] = queue.Queue()
        self.handed_out = 0
        self._files = list(files)
        self._client = client

    def get(self, action: str) -> bytes | None:
        """Return what a page may read."""
        if action == "":
            return _PAGE.encode()
        if action == "client.js":
            return self._client.read_bytes()
        if action == "file" and self.handed_out:
            return self._files[self.handed_out - 1].read_bytes()
        return None

    def post(self, action: str, options: dict[str, list[str]], body: bytes) -> bytes | None:
        """Take what a page says, and return the answer to it."""
        if action == "next":
            task = None
            if self.handed_out < len(self._files):
                task = {"id": self.handed_out, "name": self._files[self.handed_out].name}
                self.handed_out += 1
            return json.dumps(task).encode()
        if int(options["task"][0]) != self.handed_out - 1:
            return None
        if action == "pixels":
            shape = int(options["height"][0]), int(options["width"][0]), 3
            pixels = np.frombuffer(body, np.uint8).reshape(shape)
            self.replies.put(Reply(Path(), pixels=pixels))
        else:
            self.replies.put(Reply(Path(), refusal=body.decode("utf-8", "replace")))
        return b""
