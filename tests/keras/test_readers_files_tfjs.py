"""Files of TensorFlow.js: converted models, our own bundles, Teachable Machine."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.model_files import (
    PIXELS,
    TOLERANCE,
    answer_of,
    exported,
    modern_model,
    needs_tf_keras,
    randomise,
)

from kerasport.errors import ExportError, ModelError
from kerasport.exporter import export
from kerasport.exporter.answering import reference_of
from kerasport.exporter.readers import read_model, tf_keras_models
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

needs_converter = pytest.mark.skipif(
    importlib.util.find_spec("tensorflowjs") is None,
    reason="tensorflowjs has no wheel for this platform or Python",
)

# In a process of its own: the package brings JAX and its warnings with it.
CONVERTER = """
import sys
from pathlib import Path
import numpy as np
import tf_keras, keras
from tensorflowjs.converters import save_keras_model
from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model
folder = Path(sys.argv[1])
legacy = tf_keras.models.load_model(folder / "legacy.h5", compile=False)
save_keras_model(legacy, str(folder / "legacy"), weight_shard_size_bytes=600)
save_keras_model(legacy, str(folder / "legacy-uint8"), quantization_dtype_map={"uint8": "*"})
save_keras_model(legacy, str(folder / "legacy-float16"), quantization_dtype_map={"float16": "*"})
for name in ("functional", "sequential"):
    save_keras_model(keras.models.load_model(folder / f"{name}.keras"), str(folder / name))
convert_tf_saved_model(str(folder / "saved"), str(folder / "graph"))
"""


@pytest.fixture(scope="module")
def converted(
    keras: Any, legacy: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """What the official converter makes of models, and the models' own answers."""
    folder = tmp_path_factory.mktemp("converted")
    (folder / "legacy.h5").write_bytes((legacy[0] / "model.h5").read_bytes())
    layers = keras.layers
    functional = modern_model(keras)
    sequential = randomise(
        keras.Sequential(
            [
                keras.Input(zoo.INPUT_SHAPE),
                layers.DepthwiseConv2D(3),
                layers.BatchNormalization(),
                layers.Flatten(),
                layers.Dense(4),
            ]
        )
    )
    functional.save(folder / "functional.keras")
    sequential.save(folder / "sequential.keras")
    sequential.export(folder / "saved", verbose=False)
    result = subprocess.run(
        [sys.executable, "-c", CONVERTER, str(folder)],
        env={**os.environ, "TFDF_DISABLE_WELCOME_MESSAGE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    logits = answer_of(sequential)
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return folder, {
        "legacy": legacy[1],
        "functional": answer_of(functional),
        "sequential": exponents / exponents.sum(axis=1, keepdims=True),
    }


@needs_converter
@pytest.mark.parametrize(
    ("name", "measure"),
    [("legacy", "tf_keras"), ("functional", "Keras"), ("sequential", "Keras")],
)
def test_converted_models_are_repaired(
    name: str, measure: str, converted: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """model.json of Keras 2 and the broken one of Keras 3 answer like the models they came from."""
    folder, answers = converted

    model = read_model(folder / name / "model.json")

    assert reference_of(model).name.startswith(f"{measure} ")
    assert model.notes == ()
    received = exported(model, tmp_path / "out")
    np.testing.assert_allclose(received, answers[name], rtol=0, atol=TOLERANCE)


@needs_converter
@pytest.mark.parametrize(("kind", "bound"), [("uint8", 0.05), ("float16", 0.005)])
def test_quantized_weights_are_restored(
    kind: str, bound: float, converted: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Quantised shards become float32 again; only the rounding of the weights is lost."""
    folder, answers = converted

    received = exported(folder / f"legacy-{kind}", tmp_path / "out")

    difference = np.abs(received - answers["legacy"]).max()
    # Half a step of the weights, far above float32's rounding and far below a wrong decoding.
    assert TOLERANCE < difference < bound


@needs_converter
def test_a_graph_model_is_refused(converted: tuple[Path, dict[str, Any]]) -> None:
    """A graph model has no layers left, and the message says where to look for them."""
    with pytest.raises(ModelError, match=r"is a TensorFlow\.js graph model"):
        read_model(converted[0] / "graph")


def test_our_own_bundle_is_read_again(keras: Any, tmp_path: Path) -> None:
    """A bundle exports to the same weights, name and preprocessing, compared with its layers."""
    model = zoo.build("conv", keras)
    first = export(model, tmp_path / "first", class_names=zoo.CLASS_NAMES, name="mine")

    second = export(first.path, tmp_path / "second", class_names=zoo.CLASS_NAMES)

    assert second.metadata.name == "mine"
    weights = "group1-shard1of1.bin"
    assert (second.path / weights).read_bytes() == (first.path / weights).read_bytes()


def test_missing_weights_are_refused(keras: Any, tmp_path: Path) -> None:
    """A layer without its weights would run with random ones in a browser; it is named instead."""
    bundle = export(zoo.build("conv", keras), tmp_path / "out", class_names=zoo.CLASS_NAMES)
    model = bundle.model()
    (group,) = model["weightsManifest"]
    (tmp_path / "model.json").write_text(json.dumps(model))
    last = group["weights"].pop()
    (shard,) = group["paths"]
    data = (bundle.path / shard).read_bytes()
    (tmp_path / shard).write_bytes(data[: -4 * int(np.prod(last["shape"]))])
    (tmp_path / "model.json").write_text(json.dumps(model))

    with pytest.raises(ExportError, match=r"The weights 'bias' of the layer 'dense.*are not in"):
        read_model(tmp_path / "model.json")


@needs_tf_keras
def test_a_teachable_machine_folder_brings_its_scaling(keras: Any, tmp_path: Path) -> None:
    """Teachable Machine's model.json is cropped and scaled by x/127 - 1, unless told otherwise."""
    layers = tf_keras_models.import_tf_keras().layers
    sequential = tf_keras_models.import_tf_keras().Sequential
    model = randomise(
        sequential(
            [
                sequential([layers.Conv2D(4, 3, input_shape=(12, 12, 3))], name="sequential_1"),
                layers.GlobalAveragePooling2D(),
                sequential(
                    [layers.Dense(2, activation="softmax", use_bias=False, input_shape=(4,))],
                    name="sequential_3",
                ),
            ]
        )
    )
    metadata = {"tfjsVersion": "1.3.1", "labels": ["Cat", "Dog"], "imageSize": 12}
    (tmp_path / "metadata.json").write_text(json.dumps(metadata))
    write_layers_model(tmp_path, model)
    pixels = PIXELS[:, :10].repeat(2, axis=1)[:, :12].repeat(2, axis=2)[:, :, :12]

    read = read_model(tmp_path)
    page = export(read, tmp_path / "page", class_names=["Cat", "Dog"])
    file = export(read, tmp_path / "file", class_names=["Cat", "Dog"], rescaling="1/127.5,-1")

    assert reference_of(read).name.startswith("tf_keras ")
    assert "x/127 - 1" in read.notes[0]
    assert page.metadata.preprocessing.fit == "crop"
    for bundle, scale in ((page, 127), (file, 127.5)):
        expected = np.asarray(model((pixels / scale - 1).astype(np.float32)))
        received = Runtime(bundle).predict(pixels)
        np.testing.assert_allclose(received, expected, rtol=0, atol=TOLERANCE)
    metadata["imageSize"] = 224
    (tmp_path / "metadata.json").write_text(json.dumps(metadata))
    with pytest.raises(ModelError, match="says imageSize 224, but the model's input is 12 x 12"):
        read_model(tmp_path)


def write_layers_model(folder: Path, model: Any) -> None:
    """Write a Keras 2 model as TensorFlow.js writes it: without the outer `model_config`."""
    weights = [(weight.name.partition(":")[0], weight.numpy()) for weight in model.weights]
    manifest = [
        {"name": name, "shape": list(array.shape), "dtype": "float32"} for name, array in weights
    ]
    (folder / "weights.bin").write_bytes(b"".join(array.tobytes() for _, array in weights))
    content = {
        "modelTopology": {**json.loads(model.to_json()), "keras_version": "tfjs-layers 1.3.1"},
        "weightsManifest": [{"paths": ["./weights.bin"], "weights": manifest}],
    }
    (folder / "model.json").write_text(json.dumps(content))
