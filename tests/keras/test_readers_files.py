"""Model files of every kind that is read: the bundle answers like the model that was saved."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support import zoo

from kerasport.errors import ExportError, KerasportError, ModelError
from kerasport.exporter import export
from kerasport.exporter.answering import reference_of
from kerasport.exporter.lowering.input_scaling import parse_rescaling
from kerasport.exporter.readers import read_model, tf_keras_models
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

needs_tf_keras = pytest.mark.skipif(
    importlib.util.find_spec("tf_keras") is None, reason="tf-keras is not installed"
)
needs_converter = pytest.mark.skipif(
    importlib.util.find_spec("tensorflowjs") is None,
    reason="tensorflowjs has no wheel for this platform or Python",
)

PIXELS = np.random.default_rng(8).integers(0, 256, (4, *zoo.INPUT_SHAPE), dtype=np.uint8)

# float32 on both sides; the order of the sums differs, and here the scaling is a step of its own.
TOLERANCE = 2e-6


def randomise(model: Any) -> Any:
    """Give every weight a value of its own; variances stay positive."""
    generator = np.random.default_rng(5)
    for weight in model.weights:
        low = 0.3 if "variance" in weight.name else -0.5
        weight.assign(generator.uniform(low, 1.1, weight.shape))
    return model


def legacy_model(tf: Any, layers: Any, keras: Any) -> Any:
    """A Keras 2 model with what changed since: nesting, operations, activations, weight names."""
    inner = keras.Sequential(
        [
            keras.Input((13, 10, 4)),
            layers.DepthwiseConv2D(3, name="depthwise"),
            layers.BatchNormalization(name="block/bn"),
            layers.Conv2D(4, 3, activation="hard_sigmoid"),
        ],
        name="inner",
    )
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = layers.Conv2D(4, 3, padding="same", activation="swish")(inputs)
    x = inner(x)
    x = layers.Add()([x, layers.ReLU(max_value=0.6)(x)])
    x = 2.0 - x * 2.0
    x = x + inner(layers.ZeroPadding2D(2)(x)) / 3
    x = tf.reduce_mean(x, [1, 2], keepdims=True) * x
    x = layers.LeakyReLU(0.1)(tf.nn.relu(x) - 0.5)
    x = layers.SeparableConv2D(5, 2)(layers.Dropout(0.5)(x))
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(4, activation="softmax")(x)
    return randomise(keras.Model(inputs, outputs, name="whole"))


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Files that tf_keras wrote, and its own answers."""
    tf_keras = tf_keras_models.import_tf_keras()
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("legacy")
    model = legacy_model(tf, tf_keras.layers, tf_keras)
    for name in ("model.h5", "model.keras", "saved"):
        model.save(folder / name)
    model.save_weights(folder / "only.weights.h5")
    return folder, np.asarray(model(PIXELS / np.float32(127.5) - 1, training=False))


def exported(source: Any, out: Path) -> Any:
    bundle = export(source, out, class_names=zoo.CLASS_NAMES, rescaling="1/127.5,-1")
    answer = Runtime(bundle).predict(PIXELS)
    assert answer.std(axis=1).min() > 1e-3, "a uniform answer would hide a difference"
    return answer


@needs_tf_keras
@pytest.mark.parametrize("name", ["model.h5", "model.keras", "saved"])
def test_files_of_keras_2_answer_like_tf_keras(
    name: str, legacy: tuple[Path, Any], tmp_path: Path
) -> None:
    """HDF5, archive and SavedModel give tf_keras' probabilities, and tf_keras is the measure."""
    folder, expected = legacy

    model = read_model(folder / name)

    assert reference_of(model).name.startswith("tf_keras 2.")
    assert model.notes == ()
    np.testing.assert_allclose(exported(model, tmp_path / "out"), expected, rtol=0, atol=TOLERANCE)


@needs_tf_keras
def test_without_tf_keras_the_layers_answer_for_themselves(
    legacy: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An HDF5 file of Keras 2 is read without tf_keras too, and the output says what compared."""
    folder, expected = legacy
    monkeypatch.setitem(sys.modules, "tf_keras", None)

    model = read_model(folder / "model.h5")

    assert reference_of(model).name == "the layers as they were read, run in numpy"
    assert "pip install 'kerasport[legacy]'" in model.notes[0]
    np.testing.assert_allclose(exported(model, tmp_path / "out"), expected, rtol=0, atol=TOLERANCE)
    with pytest.raises(KerasportError, match=r"pip install 'kerasport\[legacy\]'"):
        read_model(folder / "saved")


@needs_tf_keras
def test_a_lambda_layer_is_refused_unread(tmp_path: Path) -> None:
    """Code in a file is neither run nor guessed at; the layer is named with a way out."""
    keras = tf_keras_models.import_tf_keras()
    model = keras.Sequential(
        [keras.Input((4, 4, 3)), keras.layers.Lambda(lambda x: x / 255, name="scale")]
    )
    for name in ("model.h5", "model.keras", "saved"):
        model.save(tmp_path / name)

        with pytest.raises(ExportError, match=r"layer '.*' \(Lambda\): it holds Python code"):
            read_model(tmp_path / name)


@needs_tf_keras
def test_weights_alone_are_refused(legacy: tuple[Path, Any]) -> None:
    """A file of weights says what it lacks, and what to do."""
    with pytest.raises(ModelError, match=r"holds weights without a model\. Expected a whole"):
        read_model(legacy[0] / "only.weights.h5")


def modern_model(keras: Any) -> Any:
    """A Keras 3 model of what the official converter breaks."""
    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((13, 10, 4)),
            layers.DepthwiseConv2D(3, name="depthwise"),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3, name="inner_conv", activation="hard_sigmoid"),
        ],
        name="inner",
    )
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = layers.Conv2D(4, 3, padding="same", activation="silu", name="conv")(inputs)
    x = inner(x)
    x = layers.Multiply()([x, layers.ReLU()(x)])
    x = layers.LeakyReLU(negative_slope=0.1)(x * 2.0)
    x = layers.SeparableConv2D(5, 2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(4, activation="softmax")(x)
    return randomise(keras.Model(inputs, outputs, name="whole"))


def answer_of(model: Any) -> Any:
    return np.asarray(model(PIXELS / np.float32(127.5) - 1, training=False))


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_files_of_keras_3_answer_like_keras(name: str, keras: Any, tmp_path: Path) -> None:
    """Archive and HDF5 give Keras' probabilities, operations included, and Keras is the measure."""
    model = modern_model(keras)
    model.save(tmp_path / name)

    read = read_model(tmp_path / name)

    assert reference_of(read).name == f"Keras {keras.__version__}"
    np.testing.assert_allclose(
        exported(read, tmp_path / "out"), answer_of(model), rtol=0, atol=TOLERANCE
    )


@needs_tf_keras
def test_a_saved_model_without_layers_is_refused(keras: Any, tmp_path: Path) -> None:
    """What model.export() writes holds functions only; the message says what to save instead."""
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    model.export(tmp_path / "saved", verbose=False)

    with pytest.raises(ModelError, match=r"holds functions without layers.*save it as a \.keras"):
        read_model(tmp_path / "saved")


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


def test_a_model_that_scales_itself_takes_no_second_scaling(keras: Any, tmp_path: Path) -> None:
    """--rescaling on top of the model's own is an error that shows what the model does."""
    with pytest.raises(ExportError, match=r"already scales its input: x \* 0\.0078.* \+ -1"):
        export(
            zoo.build("conv", keras),
            tmp_path / "out",
            class_names=zoo.CLASS_NAMES,
            rescaling="1/255",
        )
    assert not (tmp_path / "out").exists()


def test_a_scaling_per_channel_is_put_in(keras: Any, tmp_path: Path) -> None:
    """Mean and deviation of each channel become one Rescaling layer, which the metadata names."""
    model = randomise(
        keras.Sequential(
            [
                keras.Input(zoo.INPUT_SHAPE),
                keras.layers.Conv2D(4, 3, activation="tanh"),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(4, activation="softmax"),
            ]
        )
    )
    text = "1/58.395,1/57.12,1/57.375;-0.485/0.229,-0.456/0.224,-0.406/0.225"

    bundle = export(model, tmp_path / "out", class_names=zoo.CLASS_NAMES, rescaling=text)

    assert bundle.metadata.rescaling == parse_rescaling(text)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    inputs = ((PIXELS / 255 - mean) / deviation).astype(np.float32)
    np.testing.assert_allclose(
        Runtime(bundle).predict(PIXELS), np.asarray(model(inputs)), rtol=0, atol=TOLERANCE
    )


def test_a_wrong_number_of_labels_names_both(keras: Any, tmp_path: Path) -> None:
    """Three names for four outputs are refused with both counts."""
    with pytest.raises(ExportError, match="has 4 outputs, but there are 3 class names"):
        export(zoo.build("conv", keras), tmp_path / "out", class_names=["a", "b", "c"])


def test_the_missing_scaling_is_named_for_known_architectures(keras: Any, tmp_path: Path) -> None:
    """A MobileNetV2 without scaling is refused with the value that it usually takes."""
    model = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, weights=None, classes=4
    )

    with pytest.raises(ExportError) as error:
        export(model, tmp_path / "out", class_names=zoo.CLASS_NAMES)

    assert "looks like MobileNetV2, which takes --rescaling 1/127.5,-1." in str(error.value)


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


@needs_tf_keras
def test_a_renamed_layer_keeps_its_weights(tmp_path: Path) -> None:
    """Keras 2 lets a layer be renamed after its weights were named; the group's name counts."""
    keras = tf_keras_models.import_tf_keras()
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Dense(2, name="old")])
    model.layers[0]._name = "new"
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        assert list(file["model_weights"]["new"]) == ["old"]

    graph = read_model(tmp_path / "model.h5").graph

    np.testing.assert_array_equal(graph.nodes["new"].weights["kernel"], model.weights[0].numpy())
