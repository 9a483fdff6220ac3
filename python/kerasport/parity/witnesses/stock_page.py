"""Ask TensorFlow.js as it is published, which is handed the pixels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import stock_asset
from kerasport.bundle import MODEL_FILE, Bundle
from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine
from kerasport.parity.compare.location import Reader
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity
from kerasport.parity.witnesses.served_page import START_SECONDS, ServedPage, served_page

__all__ = ["StockPage", "is_stock_installed", "stock_page"]

_STOCK_FILES = (
    "tfjs/dist/tf.min.js",
    "tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
    "tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    "tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm",
)


def is_stock_installed() -> bool:
    """Tell whether the packages of TensorFlow.js are there, as in a checkout."""
    try:
        return all(map(stock_asset, _STOCK_FILES))
    except BrowserError:
        return False


class StockPage:
    """A bundle in stock TensorFlow.js. Made by `stock_page`."""

    metadata: dict[str, Any] | None = None
    read: Reader | None = None

    def __init__(self, page: ServedPage, identity: WitnessIdentity) -> None:
        self.identity = identity
        self._page = page

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the pixels of a batch."""
        _, body = self._ask("predict", np.stack([expected.pixels for expected in batch]))
        values = np.frombuffer(body, "<f4").astype(np.float32)
        return [Answer(answer) for answer in values.reshape(len(batch), -1)]

    def trace(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return what each layer makes of one picture, uint8 `[height, width, channels]`."""
        header, body = self._ask("trace", pixels[None])
        found, offset = {}, 0
        for name, shape in zip(header["names"], header["shapes"], strict=True):
            count = int(np.prod(shape))
            found[name] = np.frombuffer(body, "<f4", count, offset).reshape(shape)
            offset += 4 * count
        return found

    def _ask(self, kind: str, pixels: NDArray[np.uint8]) -> tuple[dict[str, Any], bytes]:
        body = np.ascontiguousarray(pixels).tobytes()
        return self._page.ask(self.identity.name, kind, body, shape=pixels.shape)


@contextlib.contextmanager
def stock_page(
    found: WebEngine, bundle: Bundle, backend: str, start_seconds: float = START_SECONDS
) -> Iterator[StockPage]:
    """Yield a page with stock TensorFlow.js that loaded the bundle over http.

    Raises:
        BrowserError: TensorFlow.js is not installed; and see `served_page`.
    """
    files = {PurePosixPath(name).name: stock_asset(name).read_bytes for name in _STOCK_FILES}
    for group in bundle.model()["weightsManifest"]:
        files |= {f"model/{name}": (bundle.path / name).read_bytes for name in group["paths"]}
    files[f"model/{MODEL_FILE}"] = (bundle.path / MODEL_FILE).read_bytes
    with served_page(found, "stock.html", files, backend, start_seconds) as page:
        version = f"in {found.name} {found.version}"
        identity = WitnessIdentity("stock-tfjs", version, backend, page.loaded["tfjs"])
        yield StockPage(page, identity)
