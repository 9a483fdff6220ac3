"""Export architectures of keras.applications and compare them with Keras in stock TensorFlow.js.

    python benchmarks/keras_applications.py                       # a small selection
    python benchmarks/keras_applications.py --all
    python benchmarks/keras_applications.py MobileNetV2 ResNet50

Weights are random, BatchNormalization statistics too; the input is reduced to the smallest size
that the architecture takes kindly. The page holds stock tf.min.js and the stock wasm backend.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from serving import served  # noqa: E402  (tests/ holds the server)

from kerasport.exporter import export  # noqa: E402
from kerasport.models import import_keras, probabilities  # noqa: E402
from kerasport.parity.browsers import launched_chromium  # noqa: E402

CLASSES = 10
SELECTION = ["MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "NASNetMobile"]
SIZES = {"InceptionResNetV2": 139, "InceptionV3": 139, "Xception": 128}
FIXED = {"NASNetLarge": 331, "NASNetMobile": 224}
TOLERANCE = 1e-5
MODULES = ROOT / "web" / "node_modules" / "@tensorflow"

PREDICT = """\
async ([path, shape, pixels]) => {
  tf.wasm.setWasmPaths("wasm/");
  await tf.setBackend("wasm");
  const model = await tf.loadLayersModel(path);
  const output = model.predict(tf.tensor(pixels, shape, "float32"));
  const values = Array.from(await output.data());
  tf.disposeVariables();
  return { backend: tf.getBackend(), values };
}
"""


def architectures(keras: Any) -> list[str]:
    """Return the names of all model functions of keras.applications."""
    return [name for name in dir(keras.applications) if name[0].isupper()]


def build(name: str, keras: Any) -> Any:
    """Return the architecture with random weights and an input of 0 to 255."""
    keras.utils.set_random_seed(7)
    side = FIXED.get(name) or SIZES.get(name, 96)
    core = getattr(keras.applications, name)(
        weights=None, input_shape=(side, side, 3), classes=CLASSES
    )
    generator = np.random.default_rng(3)
    for layer in core._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            values = {
                "gamma": generator.uniform(0.7, 1.3, layer.moving_mean.shape),
                "beta": generator.normal(0, 0.2, layer.moving_mean.shape),
                "moving_mean": generator.normal(0, 0.2, layer.moving_mean.shape),
                "moving_variance": generator.uniform(0.5, 1.5, layer.moving_mean.shape),
            }
            layer.set_weights([values[weight.name] for weight in layer.weights])
    if any(type(layer).__name__ == "Rescaling" for layer in core._flatten_layers()):
        return core
    inputs = keras.Input((side, side, 3))
    return keras.Model(inputs, core(keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)))


def measure(name: str, keras: Any, folder: Path, page: Any) -> str:
    """Export and compare one architecture; return its row of the table."""
    model = build(name, keras)
    shape = model.input_shape[1:]
    pixels = np.random.default_rng(1).integers(0, 256, (2, *shape), dtype=np.uint8)
    names = [f"class {number}" for number in range(CLASSES)]
    bundle = export(model, folder / name, class_names=names)
    expected = probabilities(model, pixels)
    answer = page.evaluate(PREDICT, [f"{name}/model.json", pixels.shape, pixels.ravel().tolist()])
    received = np.array(answer["values"], np.float32).reshape(expected.shape)
    difference = float(np.abs(received - expected).max())
    layers = bundle.model()["modelTopology"]["model_config"]["config"]["layers"]
    size = sum(entry.bytes for entry in bundle.metadata.files if entry.path.endswith(".bin"))
    before = sum(1 for _ in model._flatten_layers(include_self=False))
    verdict = "pass" if difference <= TOLERANCE else "FAIL"
    shutil.rmtree(folder / name)
    return (
        f"| {name} | {shape[0]} | {before} | {len(layers)} | {size / 1e6:.1f} MB "
        f"| {expected.max():.3f} | {difference:.1e} | {verdict} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="architectures, by their name in Keras")
    parser.add_argument("--all", action="store_true", help="every architecture")
    options = parser.parse_args()
    keras = import_keras()
    names = options.names or (architectures(keras) if options.all else SELECTION)
    print(
        "| architecture | input | layers in Keras | layers exported | weights "
        "| largest probability | largest difference | |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary, launched_chromium() as browser:
        folder = Path(temporary)
        shutil.copy(MODULES / "tfjs" / "dist" / "tf.min.js", folder)
        shutil.copytree(MODULES / "tfjs-backend-wasm" / "dist", folder / "wasm")
        (folder / "index.html").write_text(
            '<!doctype html><script src="tf.min.js"></script>'
            '<script src="wasm/tf-backend-wasm.min.js"></script>'
        )
        with served(folder) as address:
            for name in names:
                page = browser.new_page()
                page.goto(f"{address}/index.html")
                try:
                    print(measure(name, keras, folder, page), flush=True)
                except Exception as error:
                    reason = " ".join(str(error).split())[:200]
                    print(f"| {name} | | | | | | | {type(error).__name__}: {reason} |", flush=True)
                page.close()


if __name__ == "__main__":
    main()
