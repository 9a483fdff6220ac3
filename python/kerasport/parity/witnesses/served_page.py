"""Ask any installed browser over a loopback server: the client library with a bundle."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import MODEL_SCRIPT, Bundle
from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine, opened
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity
from kerasport.parity.witnesses.desk import WorkDesk

__all__ = ["START_SECONDS", "ClientPage", "ServedPage", "client_page", "served_page"]

START_SECONDS = 180
"""Time for a browser to open its page and to load the model."""

_BATCH_SECONDS = 600


class ServedPage:
    """A page of an installed browser that has a model loaded. Made by `served_page`.

    Attributes:
        loaded: what it said after loading: `backend`, `tfjs`, and more that depends on the page.
    """

    def __init__(self, desk: WorkDesk, session: int, loaded: dict[str, Any]) -> None:
        self.loaded = loaded
        self._desk = desk
        self._session = session

    def ask(
        self, witness: str, kind: str, body: bytes, **task: Any
    ) -> tuple[dict[str, Any], bytes]:
        """Return the header and the bytes that the page answers; see `WorkDesk.ask`.

        Raises:
            BrowserError: it gives no answer; the message names `witness`.
        """
        try:
            return self._desk.ask(
                kind, body, session=self._session, limit_seconds=_BATCH_SECONDS, **task
            )
        except BrowserError as error:
            raise BrowserError(f"{witness} stopped answering: {error}") from None


@contextlib.contextmanager
def served_page(
    found: WebEngine,
    page: str,
    files: Mapping[str, Callable[[], bytes]],
    backend: str,
    start_seconds: float,
) -> Iterator[ServedPage]:
    """Yield a page of `pages/`, opened in the engine, with its model loaded on the backend.

    Args:
        found: the engine.
        page: the document.
        files: what it loads beside its scripts, by name.
        backend: where the model is to run.
        start_seconds: what opening and loading may take.

    Raises:
        BrowserError: the page does not open, or the backend does not start.
    """
    with WorkDesk(page, files) as desk, opened(found, desk.address) as session:
        failure = f"{backend} does not start in {found.name} {found.version}"
        try:
            loaded, _ = desk.ask(
                "load", session=session, limit_seconds=start_seconds, backend=backend
            )
        except BrowserError as error:
            raise BrowserError(f"{failure}: {error}") from None
        if loaded["backend"] != backend:
            raise BrowserError(f"{failure}; {loaded['backend']} did")
        yield ServedPage(desk, session, loaded)


class ClientPage:
    """The client library and a bundle in a page of any engine. Made by `client_page`."""

    def __init__(self, page: ServedPage, identity: WitnessIdentity) -> None:
        self.identity = identity
        self.metadata: dict[str, Any] = page.loaded["metadata"]
        self._page = page

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the files of a batch; see `ChromiumPage.ask`."""
        header, body = self._ask("classify", [expected.path for expected in batch])
        answers, offset = [], 0
        for expected, reply in zip(batch, header["answers"], strict=True):
            if "error" in reply:
                nothing = np.full_like(expected.probabilities, np.nan)
                refusal = None if reply["isAnswered"] else reply["error"]
                answers.append(Answer(nothing, refusal=refusal))
                continue
            # The page fits every picture into the bundle's one shape.
            size = int(np.prod(self.metadata["inputShape"]))
            pixels = np.frombuffer(body, np.uint8, size, offset)
            offset += size
            probabilities = np.array(reply["probabilities"], np.float32)
            answers.append(Answer(probabilities, pixels, novelty=reply.get("novelty")))
        return answers

    def engine_bits(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the engine's answers without relaxed SIMD, as bits of float32 `[n, classes]`."""
        sizes = [picture.nbytes for picture in pixels]
        header, _ = self._page.ask(self.identity.name, "plain", pixels.tobytes(), sizes=sizes)
        return np.array(header["bits"], np.uint32)

    def read(self, path: Path) -> NDArray[np.uint8]:
        """Return the upright picture at full size, uint8 `[height, width, channels]`."""
        header, body = self._ask("read", [path])
        shape = header["height"], header["width"], header["channels"]
        return np.frombuffer(body, np.uint8).reshape(shape)

    def _ask(self, kind: str, paths: Sequence[Path]) -> tuple[dict[str, Any], bytes]:
        contents = [path.read_bytes() for path in paths]
        return self._page.ask(
            self.identity.name,
            kind,
            b"".join(contents),
            names=[path.name for path in paths],
            sizes=[len(content) for content in contents],
        )


@contextlib.contextmanager
def client_page(
    found: WebEngine, bundle: Bundle, backend: str, start_seconds: float = START_SECONDS
) -> Iterator[ClientPage]:
    """Yield a page of the engine with the client library and the bundle's `model.js`, written anew.

    Raises:
        BrowserError: see `served_page`.
    """
    scripts = web_asset(CLIENT_SCRIPT).parent.glob("kerasport*.js")
    files = {script.name: script.read_bytes for script in scripts}
    files[MODEL_SCRIPT] = lambda: b"".join(bundle.script_parts())
    with served_page(found, "client.html", files, backend, start_seconds) as page:
        identity = WitnessIdentity(found.name, found.version, backend, page.loaded["tfjs"])
        yield ClientPage(page, identity)
