"""Compare the speed of MobileNetV2 1.0 at 224x224 in the browser, exported in several ways.

    python benchmarks/mobilenet_speed.py
    python benchmarks/mobilenet_speed.py --rounds 100 --loads 5

The same weights as: the official converter's layers model (from tf_keras), the official graph
model (from a SavedModel), kerasport's bundle with none, some and all of its passes. All are loaded
by stock tf.min.js in one page of Chromium, on wasm with SIMD and one thread, and take turns, one
prediction each. A page is loaded several times, because a fresh one is sometimes slow as a whole.
Every answer is compared with Keras. `ratio` is that of the medians within a load, and of the loads
the median, smallest and largest; `fastest` is the ratio of the fastest predictions of all loads,
which other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from support.serving import served

from kerasport.exporter import export
from kerasport.exporter.readers.tf_keras_models import import_tf_keras
from kerasport.models import import_keras, probabilities
from kerasport.parity.browsers.chromium import launched_chromium

SIDE = 224
CLASSES = 1000
ROOT = Path(__file__).parents[1]
MODULES = ROOT / "web" / "node_modules" / "@tensorflow"
TOLERANCE = 2e-5
"""Float32 sums in another order; the graph model folds and fuses by rules of its own."""

OFFICIAL_LAYERS = "official converter, layers model"
OFFICIAL_GRAPH = "official converter, graph model"
KERASPORT = {
    "kerasport --without all": ["all"],
    "kerasport, normalisations kept": ["fold-batch-normalization", "replace-batch-normalization"],
    "kerasport, normalisations replaced, not folded": ["fold-batch-normalization"],
    "kerasport": [],
}
"""Name -> passes that are left out."""

MEASURE = """\
async ([paths, side, rounds]) => {
  tf.wasm.setWasmPaths("wasm/");
  await tf.setBackend("wasm");
  const bytes = new Uint8Array(await (await fetch("pixels.bin")).arrayBuffer());
  const input = tf.tensor(Float32Array.from(bytes), [1, side, side, 3], "float32");
  const models = [];
  for (const [path, graph] of paths) {
    models.push(await (graph ? tf.loadGraphModel(path) : tf.loadLayersModel(path)));
  }
  const answers = [];
  const times = models.map(() => []);
  for (let round = -5; round < rounds; round++) {
    for (let turn = 0; turn < models.length; turn++) {
      // Each follows each other one equally often.
      const number = (turn + round + 5) % models.length;
      const start = performance.now();
      const output = models[number].predict(input);
      const values = await output.data();
      const taken = performance.now() - start;
      if (round >= 0) times[number].push(taken);
      answers[number] = Array.from(values);
      output.dispose();
    }
  }
  // Threads need a page that is isolated from other origins.
  return { backend: tf.getBackend(), threads: self.crossOriginIsolated, times, answers };
}
"""


def build(application: Any, keras: Any) -> Any:
    """Return MobileNetV2 with its scaling inside, in Keras 3 or tf_keras."""
    core = application(weights=None, input_shape=(SIDE, SIDE, 3), classes=CLASSES)
    inputs = keras.Input((SIDE, SIDE, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    return keras.Model(inputs, core(scaled))


def randomise(model: Any, pixels: Any) -> None:
    """Give the normalisations random statistics, and the answers a spread."""
    generator = np.random.default_rng(3)
    core = model.layers[-1]
    for layer in core.layers:
        if type(layer).__name__ == "BatchNormalization":
            count = layer.moving_mean.shape
            layer.set_weights(
                [
                    generator.uniform(0.7, 1.3, count),
                    generator.normal(0, 0.2, count),
                    generator.normal(0, 0.2, count),
                    generator.uniform(0.5, 1.5, count),
                ]
            )
    kernel, bias = core.layers[-1].get_weights()
    spread = np.log(probabilities(model, pixels)).std()
    core.layers[-1].set_weights([kernel * 2 / spread, bias])


def write_variants(folder: Path, pixels: Any) -> Any:
    """Write every variant into a folder of its own; return Keras' answer."""
    keras, tf_keras = import_keras(), import_tf_keras()
    keras.utils.set_random_seed(7)
    model = build(keras.applications.MobileNetV2, keras)
    randomise(model, pixels)

    legacy = build(tf_keras.applications.MobileNetV2, tf_keras)
    legacy.set_weights(model.get_weights())

    from tensorflowjs import converters
    from tensorflowjs.converters import tf_saved_model_conversion_v2

    converters.save_keras_model(legacy, str(folder / OFFICIAL_LAYERS))
    model.export(str(folder / "saved"), verbose=False)
    tf_saved_model_conversion_v2.convert_tf_saved_model(
        str(folder / "saved"), str(folder / OFFICIAL_GRAPH)
    )
    names = [f"class {number}" for number in range(CLASSES)]
    for name, without in KERASPORT.items():
        export(model, folder / name, class_names=names, without=without)
    return probabilities(model, pixels)[0]


def measure(browser: Any, address: str, variants: list[str], rounds: int) -> dict[str, Any]:
    """Return times and answers of one page load."""
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    paths = [[f"{name}/model.json", name == OFFICIAL_GRAPH] for name in variants]
    result: dict[str, Any] = page.evaluate(MEASURE, [paths, SIDE, rounds])
    page.close()
    if result["backend"] != "wasm" or result["threads"]:
        raise RuntimeError(f"expected wasm with one thread, got {result['backend']}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="predictions of each per load")
    parser.add_argument("--loads", type=int, default=5, help="times that the page is loaded")
    options = parser.parse_args()
    pixels = np.random.default_rng(1).integers(0, 256, (1, SIDE, SIDE, 3), dtype=np.uint8)
    variants = [OFFICIAL_LAYERS, *KERASPORT, OFFICIAL_GRAPH]
    with tempfile.TemporaryDirectory() as temporary, launched_chromium() as browser:
        folder = Path(temporary)
        expected = write_variants(folder, pixels)
        (folder / "pixels.bin").write_bytes(pixels.tobytes())
        shutil.copy(MODULES / "tfjs" / "dist" / "tf.min.js", folder)
        shutil.copytree(MODULES / "tfjs-backend-wasm" / "dist", folder / "wasm")
        (folder / "index.html").write_text(
            '<!doctype html><script src="tf.min.js"></script>'
            '<script src="wasm/tf-backend-wasm.min.js"></script>'
        )
        with served(folder) as address:
            loads = [
                measure(browser, address, variants, options.rounds) for _ in range(options.loads)
            ]
    print(f"Largest probability {expected.max():.3f}, smallest {expected.min():.1e}.")
    print("| | ms | ratio | smallest | largest | fastest | difference from Keras |")
    print("|---|---|---|---|---|---|---|")
    fastest = [min(min(load["times"][number]) for load in loads) for number in range(len(variants))]
    failed = False
    for number, name in enumerate(variants):
        medians = [statistics.median(load["times"][number]) for load in loads]
        first = [statistics.median(load["times"][0]) for load in loads]
        ratios = [own / other for own, other in zip(medians, first, strict=True)]
        difference = max(
            float(np.abs(np.array(load["answers"][number]) - expected).max()) for load in loads
        )
        failed |= not difference <= TOLERANCE
        print(
            f"| {name} | {statistics.median(medians):.1f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} | {max(ratios):.2f} | {fastest[number] / fastest[0]:.2f} "
            f"| {difference:.1e} |"
        )
    if failed:
        sys.exit(f"An answer differs from Keras by more than {TOLERANCE:g}.")


if __name__ == "__main__":
    main()
