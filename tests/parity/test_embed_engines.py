"""`model.js` in each installed engine: opened from file://, and served with another charset."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.engines import engine_here

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle.script import PIECE_BYTES, embed
from kerasport.parity.browsers.engines import ENGINES, WebEngine, opened

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"

# Every pair of bytes, in pieces; an odd number of bytes; none.
AWKWARD = {
    "pairs.bin": np.arange(1 << 16, dtype="<u2").tobytes() * (PIECE_BYTES >> 16) + b"\x5c",
    "empty.bin": b"",
}

PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>kerasport</title>
<script src="model.js"></script>
<script src="client.js"></script>
<script>
(async () => {
  const report = { files: {} };
  try {
    for (const [path, pieces] of kerasportBundles.at(-1).files) {
      const bytes = await new Blob(pieces).arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      report.files[path] = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    const classifier = await kerasport.loadClassifier(undefined, { backend: "wasm" });
    report.selfTest = await classifier.selfTest();
  } catch (error) {
    report.failure = String(error);
  }
  await fetch("DESK", { method: "POST", mode: "no-cors", body: JSON.stringify(report) });
})();
</script>
"""


class Desk:
    """A loopback server: serves a folder in a wrong charset, keeps what a page posts."""

    def __init__(self, folder: Path) -> None:
        self.reports: queue.Queue[dict[str, Any]] = queue.Queue()
        reports = self.reports

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204)
                self.end_headers()
                reports.put(json.loads(body))

            def do_GET(self) -> None:
                path = folder / Path(self.path).name
                content = path.read_bytes() if path.is_file() else b""
                kind = "html" if path.suffix == ".html" else "javascript"
                self.send_response(200 if content else 404)
                self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The server of `tmp_path`, which holds the client."""
    (tmp_path / "client.js").write_bytes(web_asset(CLIENT_SCRIPT).read_bytes())
    desk = Desk(tmp_path)
    (tmp_path / "page.html").write_text(PAGE.replace("DESK", desk.address))
    thread = threading.Thread(target=desk.server.serve_forever, daemon=True)
    thread.start()
    yield desk
    desk.server.shutdown()
    desk.server.server_close()
    thread.join()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> WebEngine:
    """Each engine that this machine has."""
    return engine_here(request.param)


def test_an_engine_reads_the_embedded_bundle(engine: WebEngine, desk: Desk, tmp_path: Path) -> None:
    """Every byte arrives and the classifier runs, whatever charset page and server declare."""
    metadata = json.loads((FROZEN / "metadata.json").read_text("utf-8"))
    paths = ["metadata.json", *(entry["path"] for entry in metadata["files"])]
    files = {path: (FROZEN / path).read_bytes() for path in paths} | AWKWARD
    (tmp_path / "model.js").write_bytes(embed("frozen", 1, files))
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}

    for address in ((tmp_path / "page.html").as_uri(), desk.address + "page.html"):
        with opened(engine, address):
            report = desk.reports.get(timeout=90)

        assert "failure" not in report, address
        assert report["files"] == hashes
        assert report["selfTest"]["passed"]


def test_an_engine_reads_a_script_of_the_first_release(
    engine: WebEngine, desk: Desk, tmp_path: Path
) -> None:
    """The frozen base64 script loads for ever."""
    (tmp_path / "model.js").write_bytes((FROZEN / "model.js").read_bytes())

    with opened(engine, (tmp_path / "page.html").as_uri()):
        report = desk.reports.get(timeout=90)

    assert "failure" not in report
    assert report["selfTest"]["passed"]
