"""Bytes, and time from navigation to the first prediction, from `file://`: this library and stock.

Two pages with the same MobileNetV2 (random weights) and the same picture: `kerasport.iife.js` with
`model.js`, and `tf.min.js` with its WebAssembly backend, `loadLayersModel` and the weights as the
fastest common way of embedding has them: one base64 text, decoded by `Uint8Array.fromBase64`. Fresh
pages in turns; compare within a round.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.exporter import export
from kerasport.models import import_keras
from kerasport.parity.browsers.chromium import launched_chromium

PACKAGES = Path(__file__).parents[1] / "web" / "node_modules" / "@tensorflow"
STOCK_SCRIPTS = ("tfjs/dist/tf.min.js", "tfjs-backend-wasm/dist/tf-backend-wasm.min.js")
STOCK_BINARY = "tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"

OURS = """\
<!doctype html><meta charset="utf-8">
<script src="kerasport.iife.js" data-start-worker></script>
<script src="bundle/model.js"></script>
<script>
  (async () => {
    const classifier = await kerasport.loadClassifier(undefined, { backend: "wasm" });
    const picture = { data: new Uint8Array(224 * 224 * 3).fill(90), width: 224, height: 224 };
    const { probabilities } = await classifier.classify({ ...picture, channels: 3 });
    globalThis.answer = { milliseconds: performance.now(), first: probabilities[0] };
  })().catch((error) => { globalThis.answer = { failure: String(error) }; });
</script>
"""

STOCK = """\
<!doctype html><meta charset="utf-8">
<script src="tf.min.js"></script>
<script src="tf-backend-wasm.min.js"></script>
<script src="stock-model.js"></script>
<script>
  (async () => {
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    const names = ["", "-simd", "-threaded-simd"].map((kind) => `tfjs-backend-wasm${kind}.wasm`);
    tf.wasm.setWasmPaths(Object.fromEntries(names.map((name) => [name, stockModel.wasm])));
    await tf.setBackend("wasm");
    const model = await tf.loadLayersModel(tf.io.fromMemory({
      modelTopology: stockModel.topology,
      weightSpecs: stockModel.weightSpecs,
      weightData: Uint8Array.fromBase64(stockModel.weights).buffer,
    }));
    const output = tf.tidy(() => model.predict(tf.fill([1, 224, 224, 3], 90)));
    const [first] = await output.data();
    globalThis.answer = { milliseconds: performance.now(), first };
  })().catch((error) => { globalThis.answer = { failure: String(error) }; });
</script>
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="fresh pages of each (default 15)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kerasport-bench-") as folder:
        root = Path(folder)
        write_pages(root)
        print_bytes(root)
        times = measure(root, options.rounds)
    ratios = [own / stock for own, stock in zip(times["ours"], times["stock"], strict=True)]
    for name, label in {"ours": "kerasport", "stock": "stock tf.min.js"}.items():
        low, middle = min(times[name]), statistics.median(times[name])
        print(f"{label:18} first prediction after {middle:6.0f} ms (median), {low:6.0f} ms (least)")
    ratio = min(times["ours"]) / min(times["stock"])
    print(f"ratio: {statistics.median(ratios):.2f} (median of rounds), {ratio:.2f} (of the least)")


def write_pages(root: Path) -> None:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2(weights=None)
    generator = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    names = [f"class {index:04}" for index in range(1000)]
    export(model, root / "bundle", class_names=names, rescaling="1/127.5,-1")
    shutil.copy(web_asset(CLIENT_SCRIPT), root)
    for script in STOCK_SCRIPTS:
        shutil.copy(PACKAGES / script, root)
    document = json.loads((root / "bundle" / "model.json").read_text("utf-8"))
    (manifest,) = document["weightsManifest"]
    weights = b"".join((root / "bundle" / path).read_bytes() for path in manifest["paths"])
    binary = base64.b64encode((PACKAGES / STOCK_BINARY).read_bytes()).decode()
    stock = {
        "topology": document["modelTopology"],
        "weightSpecs": manifest["weights"],
        "weights": base64.b64encode(weights).decode(),
        "wasm": f"data:application/wasm;base64,{binary}",
    }
    (root / "stock-model.js").write_text(f"const stockModel = {json.dumps(stock)};")
    (root / "ours.html").write_text(OURS)
    (root / "stock.html").write_text(STOCK)


def print_bytes(root: Path) -> None:
    """Print what the code of each page weighs, without the model."""
    stock = [(PACKAGES / name).read_bytes() for name in (*STOCK_SCRIPTS, STOCK_BINARY)]
    for label, files in {
        "kerasport": [(root / CLIENT_SCRIPT).read_bytes()],
        "stock tf.min.js": stock,
    }.items():
        packed = sum(len(gzip.compress(content, 9)) for content in files)
        raw = sum(map(len, files))
        print(f"{label:18} {raw / 1000:6.0f} kB of code, {packed / 1000:6.0f} kB gzip")


def measure(root: Path, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"ours": [], "stock": []}
    with launched_chromium() as browser:
        # The first page of each fills the disk's cache, and is not counted.
        for round_ in range(rounds + 1):
            answers = {name: first_prediction(browser, root / f"{name}.html") for name in times}
            if abs(answers["ours"]["first"] - answers["stock"]["first"]) > 1e-5:
                raise SystemExit(f"The pages do not agree: {answers}")
            if round_:
                for name, answer in answers.items():
                    times[name].append(answer["milliseconds"])
    return times


def first_prediction(browser: Any, document: Path) -> Any:
    page = browser.new_page()
    try:
        page.goto(document.as_uri())
        page.wait_for_function("globalThis.answer", timeout=120_000)
        answer = page.evaluate("answer")
        if "failure" in answer:
            raise SystemExit(f"{document.name}: {answer['failure']}")
        return answer
    finally:
        page.close()


if __name__ == "__main__":
    main()
