"""Export a classifier of every family in KerasHub and compare it in stock TensorFlow.js.

    make hub                                            # installs KerasHub, once
    python benchmarks/kerashub.py                           # a small selection
    python benchmarks/kerashub.py --all --results runs/hub.jsonl
    python benchmarks/kerashub.py ViT SwinTransformer

Every model is small, with random weights, and of the kinds of blocks that the pretrained models of
its family use. Asked are Keras, the written files in numpy, and a page in Chromium that holds stock
tf.min.js and the stock wasm backend. With `--results` a second run skips what is measured already.

The file is not called keras_hub.py, because Python would take it for the package.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from support import hub
from support.serving import served

from kerasport.exporter import export
from kerasport.exporter.answering.patterns import patterns
from kerasport.models import import_keras
from kerasport.parity.browsers.chromium import launched_chromium
from kerasport.preprocess import ImageSpec
from kerasport.runtime import Runtime

MODULES = Path(__file__).parents[1] / "web" / "node_modules" / "@tensorflow"
SELECTION = ["ResNet", "ViT"]
TOLERANCE = 1e-5
"""Both sides compute in float32 and differ in the order of their sums."""
HEADER = """\
| family | input | layers in Keras | layers exported | between pictures | float difference \
| browser difference | |
|---|---|---|---|---|---|---|---|"""

PREDICT = """\
async ([path, shape]) => {
  tf.wasm.setWasmPaths("wasm/");
  await tf.setBackend("wasm");
  const pixels = new Uint8Array(await (await fetch("pixels.bin")).arrayBuffer());
  const model = await tf.loadLayersModel(path);
  const output = model.predict(tf.tensor(Float32Array.from(pixels), shape, "float32"));
  return { backend: tf.getBackend(), values: Array.from(await output.data()) };
}
"""


def measure(name: str, keras_hub: Any) -> dict[str, Any]:
    """Export and compare one family; return its line of the results."""
    started = time.monotonic()
    model = hub.build(name, keras_hub)
    side, _ = model.preprocessor.image_converter.image_size
    pixels = np.stack(list(patterns(ImageSpec(side, side)).values()))
    logits = np.asarray(model(model.preprocessor(pixels), training=False), np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(MODULES / "tfjs" / "dist" / "tf.min.js", folder)
        shutil.copytree(MODULES / "tfjs-backend-wasm" / "dist", folder / "wasm")
        (folder / "pixels.bin").write_bytes(pixels.tobytes())
        (folder / "index.html").write_text(
            '<!doctype html><script src="tf.min.js"></script>'
            '<script src="wasm/tf-backend-wasm.min.js"></script>'
        )
        bundle = export(model, folder / "model", class_names=hub.CLASS_NAMES)
        layers = bundle.model()["modelTopology"]["model_config"]["config"]["layers"]
        in_numpy = Runtime(bundle).predict(pixels)
        with launched_chromium() as browser, served(folder) as address:
            page = browser.new_page()
            page.goto(f"{address}/index.html")
            answer = page.evaluate(PREDICT, ["model/model.json", pixels.shape])
    if answer["backend"] != "wasm":
        raise RuntimeError(f"the browser ran on {answer['backend']}, not on wasm")
    received = np.array(answer["values"]).reshape(expected.shape)
    return {
        "family": name,
        "side": side,
        "layers_before": sum(1 for _ in model._flatten_layers(include_self=False)),
        "layers_after": len(layers),
        "between_pictures": float(np.ptp(expected, axis=0).max()),
        "float_difference": float(np.abs(in_numpy - expected).max()),
        "browser_difference": float(np.abs(received - expected).max()),
        "seconds": round(time.monotonic() - started),
    }


def row(line: dict[str, Any]) -> str:
    """Return a line of the results as a row of the table."""
    if "error" in line:
        return f"| {line['family']} | | | | | | | {line['error']} |"
    verdict = "pass" if line["browser_difference"] <= TOLERANCE else "FAIL"
    return (
        f"| {line['family']} | {line['side']} | {line['layers_before']} | {line['layers_after']} "
        f"| {line['between_pictures']:.2g} | {line['float_difference']:.1e} "
        f"| {line['browser_difference']:.1e} | {verdict} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"families: {', '.join(hub.names())}")
    parser.add_argument("--all", action="store_true", help="every family")
    parser.add_argument(
        "--results", type=Path, help="JSON Lines file; what passed in it is not measured again"
    )
    options = parser.parse_args()
    names = options.names or (hub.names() if options.all else SELECTION)
    unknown = sorted(set(names) - set(hub.names()))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(hub.names())}")
    import_keras()
    try:
        import keras_hub
    except ModuleNotFoundError:
        print("KerasHub is not installed. make hub installs it.")
        return
    done: dict[str, dict[str, Any]] = {}
    if options.results and options.results.is_file():
        lines = map(json.loads, options.results.read_text().splitlines())
        done = {line["family"]: line for line in lines if "error" not in line}
    print(HEADER)
    for name in names:
        line = done.get(name)
        if line is None:
            try:
                line = measure(name, keras_hub)
            except Exception as error:
                line = {"family": name, "error": f"{type(error).__name__}: {error}"[:300]}
            if options.results:
                with options.results.open("a") as stream:
                    stream.write(json.dumps(line) + "\n")
        print(row(line), flush=True)


if __name__ == "__main__":
    main()
