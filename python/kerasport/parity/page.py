"""Ask a browser what it makes of picture files: the whole path, from `file://`."""

from __future__ import annotations

import base64
import html
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.parity.comparison import Answer, Engine, Expectation

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["ask_browser"]

BATCH = 64
"""Pictures handed over at once: enough to hide the round trip, few enough to stay in memory."""

_PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>kerasport parity</title>
<input id="files" type="file" multiple>
<script src="{client}"></script>
<script src="{model}"></script>
"""

_LOAD = """\
async (backend) => {
  globalThis.classifier = await kerasport.loadClassifier(undefined, { backend });
  return { backend: classifier.backend, tfjs: kerasport.tfjsVersion };
}
"""

# Pixels travel only where their hash is not the expected one.
_CLASSIFY = """\
async (hashes) => {
  const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  const answers = [];
  const files = document.querySelector("#files").files;
  for (let i = 0; i < files.length; i++) {
    try {
      const { probabilities, input } = await classifier.classify(files[i]);
      const hash = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", input.data)));
      let pixels = null;
      if (hash !== hashes[i]) {
        let binary = "";
        for (const level of input.data) binary += String.fromCharCode(level);
        pixels = btoa(binary);
      }
      answers.push({ probabilities: Array.from(probabilities), pixels });
    } catch (error) {
      answers.push({ error: String(error) });
    }
  }
  return answers;
}
"""


def ask_browser(
    browser: Browser,
    bundle: Bundle,
    expectations: Sequence[Expectation],
    *,
    backend: str,
    advance: Callable[[int], None] = lambda count: None,
) -> tuple[Engine, list[Answer]]:
    """Return the browser's answers for the files of `expectations`, in their order.

    Args:
        browser: a running browser of Playwright.
        bundle: what its page loads, through `model.js`.
        expectations: the picture files with the hashes of their pixels.
        backend: `cpu`, `wasm` or `webgl`.
        advance: called with the number of pictures done since the last call.

    Raises:
        BrowserError: the page does not load, the backend does not start, or a picture that
            Python read is refused.
    """
    from playwright.sync_api import Error

    page = browser.new_page()
    try:
        with tempfile.TemporaryDirectory(prefix="kerasport-") as folder:
            document = Path(folder) / "parity.html"
            document.write_text(
                _PAGE.format(
                    client=html.escape(web_asset(CLIENT_SCRIPT).as_uri()),
                    model=html.escape(bundle.script.absolute().as_uri()),
                ),
                encoding="utf-8",
            )
            page.goto(document.as_uri())
            loaded = page.evaluate(_LOAD, backend)
            if loaded["backend"] != backend:
                raise BrowserError(
                    f"The backend {backend!r} did not start in this browser; "
                    f"{loaded['backend']!r} did. Update the browser or leave that backend out."
                )
            engine = Engine(browser.browser_type.name, browser.version, backend, loaded["tfjs"])
            answers: list[Answer] = []
            for start in range(0, len(expectations), BATCH):
                batch = expectations[start : start + BATCH]
                answers += _ask(page, batch, engine)
                advance(len(batch))
            return engine, answers
    except Error as error:
        raise BrowserError(
            f"The browser could not run the bundle '{bundle.path}' on {backend}: {error.message}"
        ) from None
    finally:
        page.close()


def _ask(page, batch: Sequence[Expectation], engine: Engine) -> list[Answer]:  # type: ignore[no-untyped-def]
    page.set_input_files("#files", [expected.path for expected in batch])
    replies = page.evaluate(_CLASSIFY, [expected.pixels_sha256 for expected in batch])
    answers = []
    for expected, reply in zip(batch, replies, strict=True):
        if "error" in reply:
            raise BrowserError(
                f"{engine.name} on {engine.backend} refused '{expected.path}', which Python "
                f"reads: {reply['error']}"
            )
        pixels = None
        if reply["pixels"] is not None:
            pixels = np.frombuffer(base64.b64decode(reply["pixels"]), np.uint8)
        answers.append(Answer(np.array(reply["probabilities"], np.float32), pixels))
    return answers
