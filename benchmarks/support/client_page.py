"""What an exported model gives in a page that holds kerasport's client, on its own kernels."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import web_asset
from kerasport.parity.browsers.chromium import launched_chromium
from support.serving import served

_TIMED = 40
_HTML = '<!doctype html><meta charset="utf-8"><script src="kerasport.iife.js"></script>'
_PREDICT = """\
async ([path, pictures, binary]) => {
  const pixels = new Uint8Array(await (await fetch("pixels.bin")).arrayBuffer());
  const classifier = await kerasport.loadClassifier(path, { backend: "wasm", binary });
  const size = pixels.length / pictures;
  const values = [];
  const milliseconds = [];
  for (let from = 0; from < pixels.length; from += size) {
    const started = performance.now();
    values.push(...(await classifier.predict({ data: pixels.slice(from, from + size) })));
    milliseconds.push(performance.now() - started);
  }
  return { backend: classifier.backend, values, milliseconds };
}
"""


def predict_in_client_page(
    bundle: Path, pixels: NDArray[np.uint8], binary: Literal["plain", "relaxed"]
) -> NDArray[np.float32]:
    """Return the probabilities `[n, classes]` of n pictures.

    Args:
        bundle: folder of the exported model.
        pixels: `[n, height, width, channels]`, of the size that the model takes.
        binary: of the two that the engine has; `relaxed` has fused multiply-adds.

    Raises:
        RuntimeError: the client did not run on WebAssembly.
    """
    answer = _answer(bundle, pixels, binary)
    return np.array(answer["values"], np.float32).reshape(len(pixels), -1)


def milliseconds_in_client_page(bundle: Path, pixels: NDArray[np.uint8]) -> float:
    """Return what a picture takes in the client, in the median of many.

    Raises:
        RuntimeError: the client did not run on WebAssembly.
    """
    many = np.resize(pixels, (1 + _TIMED, *pixels.shape[1:]))
    answer = _answer(bundle, many, "relaxed")
    return statistics.median(answer["milliseconds"][1:])


def _answer(
    bundle: Path, pixels: NDArray[np.uint8], binary: Literal["plain", "relaxed"]
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="kerasport-client-") as temporary:
        folder = Path(temporary)
        shutil.copy(web_asset("kerasport.iife.js"), folder)
        (folder / "model").symlink_to(bundle.absolute())
        (folder / "pixels.bin").write_bytes(pixels.tobytes())
        (folder / "index.html").write_text(_HTML, encoding="utf-8")
        with launched_chromium() as browser, served(folder) as address:
            page = browser.new_page()
            page.set_default_timeout(600_000)
            page.goto(f"{address}/index.html")
            answer: dict[str, Any] = page.evaluate(_PREDICT, ["model/", len(pixels), binary])
    if answer["backend"] != "wasm":
        raise RuntimeError(f"the client ran on {answer['backend']}, not on wasm")
    return answer
