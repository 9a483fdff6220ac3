"""Ask Chromium what it makes of picture files: the whole path, from `file://`, in two pages."""

from __future__ import annotations

import base64
import contextlib
import html
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import MODEL_SCRIPT, Bundle
from kerasport.errors import BrowserError
from kerasport.files import scratch_folder
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity
from kerasport.parity.witnesses.page_files import page_file
from kerasport.site import file_name_of, write_single_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["ChromiumPage", "chromium_page", "single_file_page"]

_READY = "#status:is([data-state=ready], [data-state=problem])"
"""Selector: the demo page has loaded its model, or says why not."""

_INPUT = "#parity-files"
"""Selector: the way in for files, which `driven.js` makes. It is no part of a document."""

_SCRIPTS = ("classify.js", "driven.js")
_CALL = "([name, argument]) => parity[name](argument)"


class ChromiumPage:
    """The bundle in a page of Playwright's, through `model.js`. Made by `chromium_page`.

    Attributes:
        identity: who answers.
        metadata: what the page found in `model.js`.
    """

    def __init__(self, page: Any, identity: WitnessIdentity, metadata: dict[str, Any]) -> None:
        self.identity = identity
        self.metadata = metadata
        self._page = page

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the files of a batch, in their order.

        Raises:
            BrowserError: the page is gone.
        """
        with _translated(f"{self.identity.name} stopped answering"):
            self._page.set_input_files(_INPUT, [expected.path for expected in batch])
            hashes = [expected.pixels_sha256 for expected in batch]
            replies = self._page.evaluate(_CALL, ["classify", hashes])
        return [_answer(expected, reply) for expected, reply in zip(batch, replies, strict=True)]

    def engine_bits(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the engine's answers without relaxed SIMD, as bits of float32 `[n, classes]`."""
        inputs = [base64.b64encode(picture.tobytes()).decode("ascii") for picture in pixels]
        with _translated(f"{self.identity.name} could not run the engine without relaxed SIMD"):
            return np.array(self._page.evaluate(_CALL, ["plain", inputs]), np.uint32)

    def read(self, path: Path) -> NDArray[np.uint8]:
        """Return the upright picture at full size, uint8 `[height, width, channels]`."""
        with _translated(f"{self.identity.name} could not read '{path}'"):
            self._page.set_input_files(_INPUT, [path])
            found = self._page.evaluate(_CALL, ["read", None])
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
    with scratch_folder() as folder:
        document = folder / "driven.html"
        # The script of the folder is not run: it is written anew from the files that were checked.
        script = document.with_name(MODEL_SCRIPT)
        with script.open("wb") as file:
            file.writelines(bundle.script_parts())
        document.write_text(_driven_page(script), encoding="utf-8")
        with _loaded(browser, bundle, document, backend) as (page, loaded):
            identity = WitnessIdentity(
                browser.browser_type.name, browser.version, backend, loaded["tfjs"]
            )
            yield ChromiumPage(page, identity, loaded["metadata"])


def _driven_page(bundle_script: Path) -> str:
    """Return the document, which names its two scripts where they lie."""
    document = page_file("driven.html")
    for script in (web_asset(CLIENT_SCRIPT), bundle_script):
        address = html.escape(script.absolute().as_uri())
        document = document.replace(f'src="{script.name}"', f'src="{address}"')
    return document


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
    with scratch_folder() as folder:
        document = write_single_file(bundle, folder / file_name_of(bundle))
        with _loaded(browser, bundle, document, backend, ready=_READY) as (page, loaded):
            version = f"in {browser.browser_type.name} {browser.version}"
            identity = WitnessIdentity("single-file", version, backend, loaded["tfjs"])
            yield ChromiumPage(page, identity, loaded["metadata"])


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
            # One expression, whose value is no function, which Playwright would call.
            page.evaluate("\n".join(page_file(name) for name in _SCRIPTS))
            loaded = page.evaluate(_CALL, ["load", backend])
        if loaded["backend"] != backend:
            raise BrowserError(
                f"The backend {backend!r} did not start in this browser; "
                f"{loaded['backend']!r} did. Update the browser or leave that backend out."
            )
        yield page, loaded
    finally:
        page.close()


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
        return Answer(nothing, refusal=None if reply["isAnswered"] else reply["error"])
    pixels = None
    if reply["pixels"] is not None:
        pixels = np.frombuffer(base64.b64decode(reply["pixels"]), np.uint8)
    probabilities = np.array(reply["probabilities"], np.float32)
    return Answer(probabilities, pixels, novelty=reply.get("novelty"))
