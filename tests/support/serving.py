"""A web server for tests: a folder on a free port of this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _QuietHandler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, cache_control: str | None = None, **options: Any) -> None:
        self._cache_control = cache_control
        super().__init__(*args, **options)

    def end_headers(self) -> None:
        if self._cache_control:
            self.send_header("Cache-Control", self._cache_control)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path, *, cache_control: str | None = None) -> Iterator[str]:
    """Serve `folder`, with that header in every answer, and yield its address."""
    handler = partial(_QuietHandler, directory=str(folder), cache_control=cache_control)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
