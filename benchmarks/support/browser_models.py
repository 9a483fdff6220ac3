"""A Keras model as each inference engine takes it: as a bundle, `.tflite` and `.onnx`.

    python -m support.browser_models NAME FOLDER

writes one, in a process of its own that gives all its memory back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from kerasport.exporter import export
from kerasport.models import build, import_keras, probabilities
from kerasport.recipes.catalog import get_recipe
from support.random_weights import randomise

__all__ = ["MODELS", "write_apart"]

_CLASSES = 1000
_SIDE = 224
_RECIPES = {"casting": 2, "cifar10": 10}
"""Recipe -> number of classes."""
# Those without a scaling of their own.
_SCALED = {"MobileNetV2", "ResNet50V2", "DenseNet121"}

MODELS = (
    "MobileNetV2",
    *_RECIPES,
    "EfficientNetB0",
    "MobileNetV3Small",
    "ResNet50V2",
    "DenseNet121",
)
"""Networks of recipes, and architectures of keras.applications at 224 x 224, 1,000 classes."""


def write_apart(name: str, folder: Path, onnx_packages: Path | None) -> None:
    """Write the model into a folder; what is there from an earlier run stays, but the bundle.

    The folder then has `model.keras`, `bundle/`, `pixels.bin` (uint8), `answer.bin` (Keras'
    float32), `model.tflite`, and `model.onnx` where `onnx_packages` has tf2onnx.

    Raises:
        RuntimeError: a converter failed.
    """
    paths = [Path(__file__).parents[1], *map(Path, os.environ.get("PYTHONPATH", "").split(":"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    _run([sys.executable, "-m", "support.browser_models", name, str(folder)], environment)
    if onnx_packages is None or (folder / "model.onnx").exists():
        return
    environment["PYTHONPATH"] += os.pathsep + str(onnx_packages)
    first, last = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    graph = ["--graphdef", str(folder / "graph.pb"), "--inputs", first, "--outputs", last]
    command = ["tf2onnx.convert", *graph, "--output", str(folder / "model.onnx"), "--opset", "17"]
    _run([sys.executable, "-m", *command], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:4])}: {done.stderr.strip()[-600:]}")


def _build(name: str) -> Any:
    """Return the model with its scaling inside; equal names give equal weights."""
    if name in _RECIPES:
        recipe = get_recipe(name)
        height, width = recipe.image_size or (_SIDE, _SIDE)
        shape = (height, width, 1 if recipe.color_mode == "grayscale" else 3)
        return build(recipe.architecture, input_shape=shape, num_classes=_RECIPES[name], seed=7)
    keras = import_keras()
    keras.utils.set_random_seed(7)
    application = getattr(keras.applications, name)
    model = application(weights=None, input_shape=(_SIDE, _SIDE, 3), classes=_CLASSES)
    if name in _SCALED:
        inputs = keras.Input((_SIDE, _SIDE, 3))
        scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
        model = keras.Model(inputs, model(scaled))
    randomise(model, _CLASSES)
    return model


def _answers(model: Any, batch: Any) -> Any:
    """Return probabilities, as the bundle does: some models of recipes end in logits."""
    import tensorflow

    output = model(batch, training=False)
    is_logits = getattr(model.layers[-1], "activation", None) is import_keras().activations.linear
    return tensorflow.nn.softmax(output) if is_logits else output


def _write(name: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / "model.keras"
    model = import_keras().saving.load_model(stored) if stored.exists() else _build(name)
    pixels = np.random.default_rng(1).integers(0, 256, (1, *model.input_shape[1:]), dtype=np.uint8)
    (folder / "pixels.bin").write_bytes(pixels.tobytes())
    expected = np.asarray(probabilities(model, pixels)[0], np.float32)
    (folder / "answer.bin").write_bytes(expected.tobytes())
    shutil.rmtree(folder / "bundle", ignore_errors=True)
    names = [f"class {number}" for number in range(expected.size)]
    export(model, folder / "bundle", class_names=names)
    if stored.exists():
        return
    import tensorflow
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # One picture at a time: a size that is known beforehand is faster in every engine.
    signature = tensorflow.TensorSpec(pixels.shape, tensorflow.float32)
    predict = tensorflow.function(lambda batch: _answers(model, batch), [signature])
    frozen = convert_variables_to_constants_v2(predict.get_concrete_function())
    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([frozen])
    (folder / "model.tflite").write_bytes(converter.convert())
    (folder / "graph.pb").write_bytes(frozen.graph.as_graph_def().SerializeToString())
    names = [frozen.inputs[0].name, frozen.outputs[0].name]
    (folder / "graph.json").write_text(json.dumps(names), encoding="utf-8")
    # The last one, because it says that all are there.
    model.save(stored)


if __name__ == "__main__":
    _write(sys.argv[1], Path(sys.argv[2]))
