"""A loopback server between Python and one page: work goes out, answers come back.

A page that fetches its work needs no driver, so that any installed browser can be asked. The
address holds a secret: other programs on this machine cannot guess it.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import is_over, memory_of
from kerasport.parity.witnesses.page_files import page_file, page_files

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Desk", "WorkDesk", "WorkFailed"]

_LONGEST_REQUEST_SECONDS = 20
"""Browsers give up requests that last for minutes; the page then asks again."""

_POLL_SECONDS = 0.5

_MAX_BODY = 1 << 30
"""Bytes of the longest answer: the largest picture at full size takes a third of it."""

_UNKNOWN = "unknown"
"""What is asked for without the secret."""

_TYPES = {
    "": "text/html",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
}


class WorkFailed(BrowserError):
    """The page did take up the work, and answers that it cannot be done."""


class Desk(ABC):
    """A server on a free port of this machine, at `address`."""

    changing: frozenset[str] = frozenset()
    """Names of the requests whose answers a browser must not cache. All other files may be cached:
    a browser that asks for many files at once, and may keep none of them, waits for ever."""

    def __init__(self) -> None:
        self._secret = secrets.token_urlsafe(16)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/{self._secret}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @abstractmethod
    def get(self, action: str) -> bytes | None:
        """Return what a page may read; `action` is the path behind the secret, "" the page."""

    @abstractmethod
    def post(self, action: str, options: dict[str, list[str]], body: bytes) -> bytes | None:
        """Take what a page says, and return the answer to it."""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        desk, secret = self, self._secret

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                action, _ = self._action()
                changes = action in desk.changing
                self._answer(desk.get(action), Path(action).suffix, changes=changes)

            def do_POST(self) -> None:
                action, options = self._action()
                length = self.headers.get("Content-Length", "0")
                # Whoever does not know the secret is not listened to, nor what has no end.
                is_taken = length.isdecimal() and len(length) < 12 and int(length) <= _MAX_BODY
                if action == _UNKNOWN or not is_taken:
                    self.close_connection = True
                    self._answer(None, ".json", changes=True)
                    return
                body = self.rfile.read(int(length))
                self._answer(desk.post(action, options, body), ".json", changes=True)

            def _action(self) -> tuple[str, dict[str, list[str]]]:
                url = urlsplit(self.path)
                _, given, action = f"{url.path}//".split("/", 2)
                known = secrets.compare_digest(given.encode(), secret.encode())
                return action.rstrip("/") if known else _UNKNOWN, parse_qs(url.query)

            def _answer(self, body: bytes | None, suffix: str, *, changes: bool) -> None:
                self.send_response(404 if body is None else 200)
                kind = _TYPES.get(suffix, "application/octet-stream")
                charset = "; charset=utf-8" if kind == "text/html" else ""
                self.send_header("Content-Type", kind + charset)
                self.send_header("Content-Length", str(len(body or b"")))
                if changes:
                    self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that is ended drops its connections."""


class WorkDesk(Desk):
    """Hands pieces of work to a page one at a time; `pages/serve.js` is the other side.

    The page posts to `next` and gets a task as JSON, or null after a while without one. It reads
    the bytes of the task from `work`, and posts to `answer?task=ID` the length of a header (uint32,
    little end first), the header as JSON, and bytes; where the work fails, the header has `error`.

    Args:
        page: name of the document in `pages/`, whose scripts are served beside it.
        files: more files by name, read when they are asked for.

    Attributes:
        is_visited: whether the page has asked for work.
    """

    changing = frozenset({"work"})

    def __init__(self, page: str, files: Mapping[str, Callable[[], bytes]]) -> None:
        super().__init__()
        self.is_visited = False
        self._page = page
        self._page_files = page_files()
        self._files = files
        self._tasks: queue.Queue[dict[str, Any]] = queue.Queue()
        self._answers: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self._work = b""
        self._count = 0

    def ask(
        self,
        kind: str,
        body: bytes = b"",
        *,
        session: int,
        limit_seconds: float,
        memory_bytes: int = 8 << 30,
        **task: Any,
    ) -> tuple[dict[str, Any], bytes]:
        """Return the header and the bytes that the page answers to a piece of work.

        Args:
            kind: which of its handlers the page calls.
            body: the bytes of the work.
            session: of the browser, see `opened`.
            limit_seconds: how long the answer may take.
            memory_bytes: what all processes of the browser together may hold.
            task: what else the handler is told, as JSON.

        Raises:
            WorkFailed: the page says why it cannot do it.
            BrowserError: no answer in time, too much memory, or the browser has ended.
        """
        self._count += 1
        self._work = body
        self._tasks.put({"kind": kind, "id": self._count, **task})
        content = self._await_answer(session, limit_seconds, memory_bytes)
        length = int.from_bytes(content[:4], "little")
        header = json.loads(content[4 : 4 + length])
        if "error" in header:
            raise WorkFailed(str(header["error"]))
        return header, content[4 + length :]

    def _await_answer(self, session: int, limit_seconds: float, memory_bytes: int) -> bytes:
        end = time.monotonic() + limit_seconds
        while True:
            try:
                number, content = self._answers.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if is_over(session):
                    raise BrowserError("the browser has ended") from None
                if memory_of(session) > memory_bytes:
                    raise BrowserError(f"more than {memory_bytes >> 30} GiB of memory") from None
                if time.monotonic() > end:
                    raise BrowserError(f"no answer in {limit_seconds:.0f} s") from None
                continue
            # An answer to an earlier task may come late, when nobody waits for it any more.
            if number == self._count:
                return content

    def get(self, action: str) -> bytes | None:
        """Return the page, its scripts, the work, or one of the files."""
        name = action or self._page
        if name == "work":
            return self._work
        if name in self._files:
            return self._files[name]()
        return page_file(name).encode() if name in self._page_files else None

    def post(self, action: str, options: dict[str, list[str]], body: bytes) -> bytes | None:
        """Give the next task, waiting for one, or take an answer."""
        if action == "next":
            self.is_visited = True
            try:
                return json.dumps(self._tasks.get(timeout=_LONGEST_REQUEST_SECONDS)).encode()
            except queue.Empty:
                return b"null"
        if action != "answer":
            return None
        self._answers.put((int(options["task"][0]), body))
        return b""
