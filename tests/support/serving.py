"""A web server for tests: a folder on a free port of this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _QuietHandler(SimpleHTTPRequestHandler):
    def __init__(
        self,
        *args: Any,
        cache_control: str | None = None,
        trouble: Callable[[str], int | None] | None = None,
        **options: Any,
    ) -> None:
        self._cache_control = cache_control
        self._trouble = trouble
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        status = self._trouble(self.path.split("?")[0]) if self._trouble else None
        if status is None:
            # Whoever waited long enough is gone.
            with contextlib.suppress(ConnectionError):
                super().do_GET()
        else:
            self.send_error(status)

    def end_headers(self) -> None:
        if self._cache_control:
            self.send_header("Cache-Control", self._cache_control)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def served(
    folder: Path,
    *,
    cache_control: str | None = None,
    trouble: Callable[[str], int | None] | None = None,
) -> Iterator[str]:
    """Serve `folder`, with that header in every answer, and yield its address.

    `trouble` is told each path before it is answered: it may wait, or return an error's status.
    """
    handler = partial(
        _QuietHandler, directory=str(folder), cache_control=cache_control, trouble=trouble
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
