"""Browsers that are asked about a bundle reach this machine and nothing else."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import ENGINES, find_engine, opened

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><script>
const ask = (address) => fetch(address, { mode: "no-cors" }).catch(() => {});
const far = new Image();
far.src = "%(far)s/picture";
ask("%(far)s/fetched");
navigator.sendBeacon("%(far)s/beacon", "x");
// Behind the others, so that they had their time.
setTimeout(() => ask("%(near)s/near"), 3000);
</script>"""


class Heard(ThreadingHTTPServer):
    """Listens on every address of this machine, and notes what is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.page = b""
        super().__init__(("0.0.0.0", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Heard

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        body = self.server.page if self.path == "/" else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def own_address() -> str:
    """Return an address of this machine that is not that of the loop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        # Nothing is sent: the system only says which way it would go.
        probe.connect(("192.0.2.1", 9))
        address = str(probe.getsockname()[0])
        if not address.startswith("127."):
            return address
    pytest.skip("this machine has no address but that of the loop")


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A server whose page asks for something near and something far."""
    server = Heard()
    port = server.server_address[1]
    far, near = f"http://{own_address()}:{port}", f"http://127.0.0.1:{port}"
    server.page = (PAGE % {"far": far, "near": near}).encode()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def wait_for(server: Heard, path: str) -> None:
    end = time.monotonic() + 60
    while path not in server.paths:
        assert time.monotonic() < end, server.paths
        time.sleep(0.05)


@pytest.mark.parametrize("name", ENGINES)
def test_an_opened_page_reaches_this_machine_alone(name: str, heard: Heard) -> None:
    """Neither a picture, a request nor a beacon of a page leaves; what is near comes."""
    try:
        engine = find_engine(name)
    except BrowserError as error:
        pytest.skip(str(error))

    with opened(engine, f"http://127.0.0.1:{heard.server_address[1]}/"):
        wait_for(heard, "/near")

    assert {path for path in heard.paths if path != "/favicon.ico"} == {"/", "/near"}


def test_a_driven_page_reaches_this_machine_alone(
    heard: Heard, browser: Any, tmp_path: Path
) -> None:
    """The same for a page on `file://` in the browser that is driven."""
    document = tmp_path / "page.html"
    document.write_bytes(heard.page)

    page = browser.new_page()
    page.goto(document.as_uri())
    wait_for(heard, "/near")
    page.close()

    assert heard.paths == ["/near"]
