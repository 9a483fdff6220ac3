"""All engines in frames of one page, which any browser can open, timed by the page's own clock."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import find_engine, is_over, opened
from support.engine_pages import Engine

__all__ = ["clocked"]

_PAGE = "engines.html"
_HTML = """\
<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Engines, one by one</title>
<pre id="log">The engines take turns. Leave this page in front.
</pre>
<script>
  const say = (line) => document.querySelector("#log").append(`${line}\\n`);
  const bytes = async (name) => (await fetch(name)).arrayBuffer();
  const opened = async (name) => {
    const frame = document.createElement("iframe");
    frame.src = name;
    document.body.append(frame);
    for (let round = 0; !frame.contentWindow.engine; round++) {
      if (round > 3000) throw new Error(`${name} did not start`);
      await new Promise((done) => setTimeout(done, 20));
    }
    return frame.contentWindow.engine;
  };
  const turn = async (engine, pixels, milliseconds) => {
    const start = performance.now();
    let count = 0;
    let now = start;
    while (now < start + milliseconds) {
      await engine.predict(pixels);
      count++;
      now = performance.now();
    }
    return (now - start) / count;
  };
  (async () => {
    const { pages, rounds } = await (await fetch("work.json")).json();
    const pixels = new Uint8Array(await bytes("pixels.bin"));
    const expected = new Float32Array(await bytes("answer.bin"));
    const engines = [];
    const lines = [];
    const refused = [];
    for (const [name, page] of Object.entries(pages)) {
      say(`${name} loads ...`);
      try {
        const engine = await opened(page);
        await engine.load(true);
        const answer = await engine.predict(pixels);
        const differences = expected.map((value, i) => Math.abs(value - answer[i]));
        const line = { name, difference: Math.max(...differences), milliseconds: [] };
        await turn(engine, pixels, 1500);
        engines.push(engine);
        lines.push(line);
      } catch (error) {
        say(`${name} does not run here: ${error}`);
        refused.push(`${name}: ${error}`);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (let place = 0; place < engines.length; place++) {
        const which = (round + place) % engines.length;
        lines[which].milliseconds.push(await turn(engines[which], pixels, 250));
      }
      say(`round ${round + 1} of ${rounds}`);
    }
    for (const { name, milliseconds } of lines) {
      const middle = [...milliseconds].sort((a, b) => a - b)[milliseconds.length >> 1];
      say(`${name}: ${middle.toFixed(1)} ms`);
    }
    await fetch("found", { method: "POST", body: JSON.stringify({ lines, refused }) });
  })().catch((error) => {
    say(error);
    return fetch("found", { method: "POST", body: JSON.stringify({ error: String(error) }) });
  });
</script>
"""
_LIMIT_SECONDS = 900


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, found: queue.Queue[bytes], **options: Any) -> None:
        self._found = found
        super().__init__(*args, **options)

    def do_POST(self) -> None:
        self._found.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def _served(folder: Path, host: str) -> Iterator[tuple[int, queue.Queue[bytes]]]:
    """Serve a folder; yield the port, and the queue of what pages post."""
    found: queue.Queue[bytes] = queue.Queue()
    handler = partial(_Handler, directory=str(folder), found=found)
    with ThreadingHTTPServer((host, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], found
        finally:
            server.shutdown()


def clocked(
    browser: str, folder: Path, shape: list[int], engines: list[Engine], rounds: int
) -> dict[str, list[float]]:
    """Return the milliseconds of a prediction in every turn of every engine that runs.

    Args:
        browser: `chromium`, `firefox` or `webkit`; or `any`, which prints an address for whoever
            opens it, also on another device of this network.
        folder: of the model and all that the pages need.
        shape: of the model's input, with the batch.
        engines: who takes turns.
        rounds: turns of each.

    Raises:
        BrowserError: the browser is not there, ends, or gives no answer.
    """
    pages = {engine.name: engine.write_page(folder, shape, is_served=True) for engine in engines}
    work = {"pages": {name: page.name for name, page in pages.items()}, "rounds": rounds}
    (folder / "work.json").write_text(json.dumps(work), encoding="utf-8")
    (folder / _PAGE).write_text(_HTML, encoding="utf-8")
    host = "0.0.0.0" if browser == "any" else "127.0.0.1"
    with contextlib.ExitStack() as stack:
        port, found = stack.enter_context(_served(folder, host))
        session = None
        if browser == "any":
            print(f"Open http://ADDRESS-OF-THIS-MACHINE:{port}/{_PAGE} in a browser.", flush=True)
        else:
            engine = find_engine(browser)
            print(f"  {browser} {engine.version}", flush=True)
            session = stack.enter_context(opened(engine, f"http://127.0.0.1:{port}/{_PAGE}"))
        answer = _await(found, session)
    if "error" in answer:
        raise BrowserError(f"The page failed: {answer['error']}")
    for reason in answer["refused"]:
        print(f"  does not run here: {reason}", flush=True)
    for line in answer["lines"]:
        print(f"  {line['name']}: {line['difference']:.1e} from Keras", flush=True)
    return {line["name"]: line["milliseconds"] for line in answer["lines"]}


def _await(found: queue.Queue[bytes], session: int | None) -> dict[str, Any]:
    for _ in range(_LIMIT_SECONDS):
        with contextlib.suppress(queue.Empty):
            answer: dict[str, Any] = json.loads(found.get(timeout=1))
            return answer
        if session is not None and is_over(session):
            raise BrowserError("The browser has ended.")
    raise BrowserError(f"The page gave no answer in {_LIMIT_SECONDS} s.")
