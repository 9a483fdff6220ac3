"""Ask a web engine about files, one by one; after a crash it goes on in a new browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import CLIENT_SCRIPT
from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine, opened
from kerasport.parity.witnesses.desk import WorkDesk, WorkFailed

__all__ = ["Limits", "Reply", "ask_engine"]


@dataclass(frozen=True)
class Limits:
    """Time and memory that one file may cost a browser before its page is given up."""

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
        with (
            WorkDesk("formats.html", {CLIENT_SCRIPT: client.read_bytes}) as desk,
            opened(engine, desk.address) as session,
        ):
            # The first answer takes as long as the browser takes to start.
            seconds = limits.start_seconds
            reply: Reply | None = None
            while waiting and not (reply and reply.lost):
                reply = _ask(desk, session, waiting[0], seconds, limits.memory_bytes)
                if reply.lost and not desk.is_visited:
                    raise BrowserError(
                        f"{engine.name} {engine.version} did not open the page: {reply.lost}. "
                        "Start it by hand to see why."
                    )
                waiting.pop(0)
                yield reply
                seconds = limits.file_seconds


def _ask(desk: WorkDesk, session: int, path: Path, seconds: float, memory: int) -> Reply:
    content = path.read_bytes()
    try:
        header, body = desk.ask(
            "read",
            content,
            session=session,
            limit_seconds=seconds,
            memory_bytes=memory,
            names=[path.name],
            sizes=[len(content)],
        )
    except WorkFailed as refusal:
        return Reply(path, refusal=str(refusal))
    except BrowserError as error:
        return Reply(path, lost=str(error))
    pixels = np.frombuffer(body, np.uint8).reshape(header["height"], header["width"], 3)
    return Reply(path, pixels=pixels)
