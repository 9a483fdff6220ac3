"""What an exported model gives in a page that holds stock TensorFlow.js, on its wasm backend.

Nothing of kerasport's own client takes part: `tf.min.js`, `tf-backend-wasm.min.js`, `model.json`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.parity.browsers.chromium import launched_chromium
from support.serving import served

_MODULES = Path(__file__).parents[2] / "web" / "node_modules" / "@tensorflow"
_HTML = (
    '<!doctype html><script src="tf.min.js"></script>'
    '<script src="wasm/tf-backend-wasm.min.js"></script>'
)
_PREDICT = """\
async ([path, shape]) => {
  tf.wasm.setWasmPaths("wasm/");
  await tf.setBackend("wasm");
  const pixels = new Uint8Array(await (await fetch("pixels.bin")).arrayBuffer());
  const model = await tf.loadLayersModel(path);
  const output = model.predict(tf.tensor(Float32Array.from(pixels), shape, "float32"));
  return { backend: tf.getBackend(), values: Array.from(await output.data()) };
}
"""


def predict_in_stock_page(bundle: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the probabilities `[n, classes]` of n pictures.

    Args:
        bundle: folder of the exported model.
        pixels: `[n, height, width, channels]`, of the size that the model takes.

    Raises:
        RuntimeError: the page did not run on the wasm backend.
    """
    with tempfile.TemporaryDirectory(prefix="kerasport-stock-") as temporary:
        folder = Path(temporary)
        shutil.copy(_MODULES / "tfjs" / "dist" / "tf.min.js", folder)
        shutil.copytree(_MODULES / "tfjs-backend-wasm" / "dist", folder / "wasm")
        (folder / "model").symlink_to(bundle.absolute())
        (folder / "pixels.bin").write_bytes(pixels.tobytes())
        (folder / "index.html").write_text(_HTML)
        with launched_chromium() as browser, served(folder) as address:
            page = browser.new_page()
            page.goto(f"{address}/index.html")
            answer: dict[str, Any] = page.evaluate(_PREDICT, ["model/model.json", pixels.shape])
    if answer["backend"] != "wasm":
        raise RuntimeError(f"the browser ran on {answer['backend']}, not on wasm")
    return np.array(answer["values"], np.float32).reshape(len(pixels), -1)
