"""Ask Chromium what it makes of picture files: the whole path, from `file://`, in two pages."""

from __future__ import annotations

import base64
import contextlib
import html
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.parity.compare.tally import Answer, Engine, Expectation
from kerasport.site import file_name_of, write_single_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["CLASSIFY_FILES", "ChromiumPage", "ask_browser", "chromium_page", "single_file_page"]

BATCH = 64
"""Pictures handed over at once: enough to hide the round trip, few enough to stay in memory."""

_READY = "#status:is([data-state=ready], [data-state=problem])"
"""Selector: the demo page has loaded its model, or says why not."""

CLASSIFY_FILES = """\
const classifyFiles = async (files, answer) => {
  // Four at a time: one is decoded while another one is in the model.
  const results = new Array(files.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < files.length; i = next++) {
      try {
        results[i] = await answer(await classifier.classify(files[i]), i);
      } catch (error) {
        results[i] = { error: String((error && error.message) || error) };
      }
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return results;
};
"""
"""Script: the answers to files, through the client library; every page that holds it uses it."""

_PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>kerasport parity</title>
<script src="{client}"></script>
<script src="{model}"></script>
"""

# The way in for files is no part of a document: pages that are handed on are asked as they are.
_LOAD = (
    """\
async (backend) => {
"""
    + CLASSIFY_FILES
    + """\
  const input = document.createElement("input");
  Object.assign(input, { id: "parity-files", type: "file", multiple: true, hidden: true });
  document.body.append(input);
  Object.assign(globalThis, { classifyFiles, parityFiles: input });
  globalThis.classifier = await kerasport.loadClassifier(undefined, { backend });
  const { metadata } = classifier;
  return { backend: classifier.backend, tfjs: kerasport.tfjsVersion, metadata };
}
"""
)

# Pixels travel only where their hash is not the expected one.
_CLASSIFY = """\
(hashes) => {
  const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return classifyFiles(parityFiles.files, async (found, i) => {
    const { probabilities, input } = found;
    const hash = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", input.data)));
    let pixels = null;
    if (hash !== hashes[i]) {
      let binary = "";
      for (const level of input.data) binary += String.fromCharCode(level);
      pixels = btoa(binary);
    }
    return { probabilities: Array.from(probabilities), pixels };
  });
}
"""

_INPUT = "#parity-files"

_READ = """\
async () => {
  const pixels = await kerasport.readPixels(parityFiles.files[0]);
  const { data, width, height, channels } = pixels;
  let binary = "";
  for (const level of data) binary += String.fromCharCode(level);
  return { width, height, channels, data: btoa(binary) };
}
"""


class ChromiumPage:
    """The bundle in a page of Playwright's, through `model.js`. Made by `chromium_page`.

    Attributes:
        engine: who answers.
        metadata: what the page found in `model.js`.
    """

    def __init__(self, page: Any, engine: Engine, metadata: dict[str, Any]) -> None:
        self.engine = engine
        self.metadata = metadata
        self._page = page

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the files of a batch, in their order.

        Raises:
            BrowserError: the page is gone.
        """
        with _translated(f"{self.engine.witness} stopped answering"):
            self._page.set_input_files(_INPUT, [expected.path for expected in batch])
            replies = self._page.evaluate(_CLASSIFY, [each.pixels_sha256 for each in batch])
        return [_answer(expected, reply) for expected, reply in zip(batch, replies, strict=True)]

    def read(self, path: Path) -> NDArray[np.uint8]:
        """Return the upright picture at full size, uint8 `[height, width, channels]`."""
        with _translated(f"{self.engine.witness} could not read '{path}'"):
            self._page.set_input_files(_INPUT, [path])
            found = self._page.evaluate(_READ)
        data = np.frombuffer(base64.b64decode(found["data"]), np.uint8)
        return data.reshape(found["height"], found["width"], found["channels"])


@contextlib.contextmanager
def chromium_page(browser: Browser, bundle: Bundle, backend: str) -> Iterator[ChromiumPage]:
    """Yield a page with the bundle, loaded from `file://`.

    Args:
        browser: a running browser of Playwright.
        bundle: what the page loads, through `model.js`.
        backend: `cpu`, `wasm`, `webgl` or `webgpu`.

    Raises:
        BrowserError: the page does not load, or the backend does not start.
    """
    with tempfile.TemporaryDirectory(prefix="kerasport-") as folder:
        document = Path(folder) / "parity.html"
        document.write_text(
            _PAGE.format(
                client=html.escape(web_asset(CLIENT_SCRIPT).as_uri()),
                model=html.escape(bundle.script.absolute().as_uri()),
            ),
            encoding="utf-8",
        )
        with _loaded(browser, bundle, document, backend) as (page, loaded):
            engine = Engine(browser.browser_type.name, browser.version, backend, loaded["tfjs"])
            yield ChromiumPage(page, engine, loaded["metadata"])


@contextlib.contextmanager
def single_file_page(browser: Browser, bundle: Bundle, backend: str) -> Iterator[ChromiumPage]:
    """Yield the page of `kerasport site --single-file`, answering with what is inside it.

    Only the file input is added: the page's scripts, its policy and its bundle are those that a
    recipient opens.

    Args:
        browser: a running browser of Playwright.
        bundle: what the page is made of.
        backend: see `chromium_page`.

    Raises:
        BrowserError: the page does not get ready, or the backend does not start.
    """
    with tempfile.TemporaryDirectory(prefix="kerasport-") as folder:
        document = write_single_file(bundle, Path(folder) / file_name_of(bundle))
        with _loaded(browser, bundle, document, backend, ready=_READY) as (page, loaded):
            version = f"in {browser.browser_type.name} {browser.version}"
            engine = Engine("single-file", version, backend, loaded["tfjs"])
            yield ChromiumPage(page, engine, loaded["metadata"])


@contextlib.contextmanager
def _loaded(
    browser: Browser, bundle: Bundle, document: Path, backend: str, ready: str = "body"
) -> Iterator[tuple[Page, dict[str, Any]]]:
    """Yield a document in a page of its own once `ready` is there, and what it says of itself."""
    page = browser.new_page()
    # A software renderer on a busy machine takes its time to compile its first kernels.
    page.set_default_timeout(180_000)
    try:
        with _translated(f"The browser could not run the bundle '{bundle.path}' on {backend}"):
            page.goto(document.as_uri())
            page.wait_for_selector(ready, state="attached")
            loaded = page.evaluate(_LOAD, backend)
        if loaded["backend"] != backend:
            raise BrowserError(
                f"The backend {backend!r} did not start in this browser; "
                f"{loaded['backend']!r} did. Update the browser or leave that backend out."
            )
        yield page, loaded
    finally:
        page.close()


def ask_browser(
    browser: Browser, bundle: Bundle, expectations: Sequence[Expectation], *, backend: str
) -> tuple[Engine, list[Answer]]:
    """Return the browser's answers for all of `expectations`; see `chromium_page`."""
    with chromium_page(browser, bundle, backend) as page:
        answers: list[Answer] = []
        for start in range(0, len(expectations), BATCH):
            answers += page.ask(expectations[start : start + BATCH])
        return page.engine, answers


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    from playwright.sync_api import Error

    try:
        yield
    except Error as error:
        raise BrowserError(f"{what}: {error.message}") from None


def _answer(expected: Expectation, reply: dict[str, Any]) -> Answer:
    if "error" in reply:
        nothing = np.full_like(expected.probabilities, np.nan)
        return Answer(nothing, refusal=reply["error"])
    pixels = None
    if reply["pixels"] is not None:
        pixels = np.frombuffer(base64.b64decode(reply["pixels"]), np.uint8)
    return Answer(np.array(reply["probabilities"], np.float32), pixels)
