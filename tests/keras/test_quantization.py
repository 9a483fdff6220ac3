"""Quantised exports: against the official writer, against Keras, and chosen by measuring."""

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
from PIL import Image
from support import zoo

from kerasport.bundle import Bundle
from kerasport.errors import DataError, ExportError
from kerasport.exporter import Quantize, export
from kerasport.exporter.answering import GraphReference, choose_engine
from kerasport.exporter.answering.engines import KerasEngine, NumpyEngine
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering import end_in_probabilities, lower
from kerasport.exporter.passes.optimize import optimize
from kerasport.exporter.quantize.schemes import quantize_graph
from kerasport.exporter.readers import read_model
from kerasport.exporter.stored_weight import quantize_array
from kerasport.preprocess import preprocess
from kerasport.runtime import Runtime

pytestmark = pytest.mark.keras

# In a process of its own: the package brings JAX, tf_keras and their warnings with it.
WRITER = """
import json, sys
from pathlib import Path
import numpy as np
from tensorflowjs.write_weights import write_weights
folder = Path(sys.argv[1])
arrays = np.load(folder / "arrays.npz")
for kind in ("float16", "uint16", "uint8"):
    out = folder / kind
    out.mkdir()
    group = [{"name": name, "data": arrays[name]} for name in arrays.files]
    write_weights([group], str(out), quantization_dtype_map={kind: True})
"""


def mobile_network(keras: Any) -> Any:
    """An inverted residual block as in MobileNetV2, with random statistics."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input(zoo.INPUT_SHAPE)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    for layer in (
        keras.layers.Conv2D(24, 3, use_bias=False),
        keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False),
        keras.layers.Conv2D(16, 1, use_bias=False),
    ):
        x = layer(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU(max_value=6)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))
    draw = np.random.default_rng(8)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([draw.uniform(0.3, 2.0, w.shape) for w in layer.get_weights()])
    return model


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflowjs") is None,
    reason="tensorflowjs has no wheel for this platform or Python",
)
def test_the_official_writer_gives_the_same_bytes(tmp_path: Path) -> None:
    """Stored values, scales and minima are those of tensorflowjs, for ranges of every kind."""
    draw = np.random.default_rng(11)
    arrays = {
        "normal": draw.normal(0, 1, (3, 3, 8, 16)),
        "tiny": draw.normal(0, 1e-6, 300),
        "positive": draw.uniform(0.5, 0.9, 300),
        "negative": draw.uniform(-90, -1, 300),
        "from-zero": draw.uniform(0, 1, 300),
        "lopsided": draw.normal(0.001, 0.01, 300).clip(-0.0001),
        "zeros": np.zeros(70),
        "equal": np.full(70, 0.1),
        "single": np.full((1,), -3.3),
    }
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    np.savez(tmp_path / "arrays.npz", **arrays)
    result = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        env={**os.environ, "TFDF_DISABLE_WELCOME_MESSAGE": "1", "TF_USE_LEGACY_KERAS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]

    for kind in ("float16", "uint16", "uint8"):
        (group,) = json.loads((tmp_path / kind / "weights_manifest.json").read_text())
        data = b"".join((tmp_path / kind / path).read_bytes() for path in group["paths"])
        for entry in group["weights"]:
            ours = quantize_array(arrays[entry["name"]], kind)
            theirs, data = data[: ours.data.nbytes], data[ours.data.nbytes :]
            assert ours.data.tobytes() == theirs, (kind, entry["name"])
            assert ours.quantization == entry["quantization"], (kind, entry["name"])
        assert data == b""


@pytest.mark.parametrize("kind", ["float16", "uint16", "uint8"])
def test_a_quantized_bundle_answers_for_its_own_weights(
    kind: str, keras: Any, tmp_path: Path
) -> None:
    """Samples hold what the stored weights give, beside what Keras gave in float32."""
    model = mobile_network(keras)
    plain = export(model, tmp_path / "plain", class_names=zoo.CLASS_NAMES)

    bundle = export(model, tmp_path / kind, class_names=zoo.CLASS_NAMES, quantize=kind)

    samples, spec = bundle.samples(), bundle.metadata.image_spec
    pixels = np.stack([preprocess(bundle.path / sample.file, spec) for sample in samples])
    stated = np.array([sample.probabilities for sample in samples], np.float32)
    # The same code on the same numbers, in batches of another size.
    np.testing.assert_allclose(Runtime(bundle).predict(pixels), stated, rtol=0, atol=1e-6)
    exact = [sample.float_probabilities for sample in samples]
    # Keras itself may add in another order from one call to the next.
    expected = np.array([sample.probabilities for sample in plain.samples()])
    np.testing.assert_allclose(np.array(exact), expected, rtol=0, atol=1e-6)
    agreement = bundle.metadata.quantization.agreement
    assert agreement is not None
    assert agreement.max_absolute_difference == pytest.approx(
        np.abs(stated - exact).max(), abs=1e-8
    )
    assert 0 < agreement.max_absolute_difference < 0.1
    assert bundle.metadata.quantization.weights == kind
    assert weight_bytes(bundle) < weight_bytes(plain)
    assert plain.metadata.quantization.agreement is None
    assert plain.samples()[0].float_probabilities is None


def weight_bytes(bundle: Bundle) -> int:
    return sum(entry.bytes for entry in bundle.metadata.files if entry.path.endswith(".bin"))


def test_wrongly_stored_weights_never_leave(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle whose files give other numbers than the graph is not put in place."""

    def spoiled(graph: Any, *arguments: Any) -> Any:
        rounded, stored = quantize_graph(graph, *arguments)
        kernel = next(node for node in rounded if "kernel" in node.weights)
        stored[f"{kernel.name}/kernel"] = quantize_array(1.01 * kernel.weights["kernel"], "uint8")
        return rounded, stored

    monkeypatch.setattr("kerasport.exporter.quantize.step.quantize_graph", spoiled)

    with pytest.raises(ExportError, match="differs from the graph before it was written by"):
        export(
            mobile_network(keras),
            tmp_path / "model",
            class_names=zoo.CLASS_NAMES,
            quantize="uint8",
        )

    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", ["residual", "depthwise", "conv-same-stride", "logits"])
def test_keras_runs_an_exported_graph_again(name: str, keras: Any) -> None:
    """What `auto` measures with gives the numbers of the graph that is written."""
    pixels = np.random.default_rng(9).integers(0, 256, (3, *zoo.INPUT_SHAPE), dtype=np.uint8)
    graph = lower(read_model(zoo.build(name, keras)).graph)
    end_in_probabilities(graph)
    optimize(graph)
    expected = GraphReference(graph, zoo.INPUT_SHAPE).probabilities(pixels)

    received = KerasEngine(graph).predict(pixels, batch_size=2)

    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)


def test_what_keras_cannot_run_again_is_run_in_numpy(keras: Any) -> None:
    """A layer that Keras refuses in the form that TensorFlow.js takes does not stop `auto`."""
    pixels = np.random.default_rng(9).integers(0, 256, (3, *zoo.INPUT_SHAPE), dtype=np.uint8)
    graph = lower(read_model(zoo.build("conv", keras)).graph)
    end_in_probabilities(graph)
    pooling = next(node for node in graph if node.class_name == "GlobalAveragePooling2D")
    # Keras takes no negative slopes; with -1 the layer gives absolute values.
    slope = Node("absolute", "LeakyReLU", {"name": "absolute", "alpha": -1.0}, pooling.inputs)
    nodes = {}
    for node in graph:
        if node is pooling:
            nodes["absolute"] = slope
            node = Node(node.name, node.class_name, node.config, ["absolute"])
        nodes[node.name] = node
    graph = Graph(graph.name, nodes, graph.input, graph.output)

    received = choose_engine(graph, zoo.INPUT_SHAPE)

    assert isinstance(received, NumpyEngine)
    assert received.predict(pixels, batch_size=2).shape == (3, 4)
    with pytest.raises(ExportError, match=r"layer 'absolute' \(LeakyReLU\): .*negative"):
        KerasEngine(graph)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Class folders: the four classes of the zoo, eight random pictures each."""
    draw = np.random.default_rng(6)
    for name in zoo.CLASS_NAMES:
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for number in range(8):
            pixels = draw.integers(0, 256, zoo.INPUT_SHAPE, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "pictures"


def test_auto_takes_the_fewest_bytes_within_the_budget(
    pictures: Path, keras: Any, tmp_path: Path
) -> None:
    """The chosen trial is the smallest of those that are accurate enough, and it is recorded."""
    options = Quantize("auto", max_accuracy_drop=1, images=pictures, cache=tmp_path / "cache")

    bundle = export(
        mobile_network(keras),
        tmp_path / "model",
        class_names=zoo.CLASS_NAMES,
        quantize=options,
    )

    search = bundle.metadata.quantization.search
    assert search is not None
    assert search.pictures == "32 pictures of 'pictures'"
    assert [trial.weights for trial in search.trials[:4]] == KINDS
    floor = search.trials[0].accuracy - 0.01
    allowed = [trial for trial in search.trials if trial.accuracy >= floor]
    (chosen,) = [trial for trial in search.trials if trial.chosen]
    assert chosen.gzip_bytes == min(trial.gzip_bytes for trial in allowed)
    assert chosen.weights == bundle.metadata.quantization.weights
    stored = (bundle.path / "model.json").stat().st_size + weight_bytes(bundle)
    # The trials leave out the name of the writer.
    assert stored - chosen.bytes == len(f"kerasport {bundle.metadata.kerasport_version}")


KINDS = ["float32", "float16", "uint16", "uint8"]


def test_auto_measures_a_run_on_its_validation_pictures(digits_run: Any, tmp_path: Path) -> None:
    """The test pictures of a run have no say in the choice."""
    bundle = export(digits_run, tmp_path / "model", quantize=Quantize("auto"))

    search = bundle.metadata.quantization.search
    counts = digits_run.description.training.counts
    assert search is not None
    assert search.trials[0].pictures == sum(counts.validation) != sum(counts.test)
    assert search.pictures == f"{sum(counts.validation):,} pictures of the validation split"
    stated = digits_run.description.metrics.validation_accuracy
    # The metadata round the accuracy to a few digits.
    assert search.trials[0].accuracy == pytest.approx(stated, abs=1e-4)


def test_auto_needs_labeled_pictures(keras: Any, tmp_path: Path) -> None:
    """Without them the message names the option that gives them, and nothing is written."""
    with pytest.raises(DataError, match=r"without labelled pictures.*--images"):
        export(
            zoo.build("conv", keras),
            tmp_path / "model",
            class_names=zoo.CLASS_NAMES,
            quantize="auto",
        )

    assert not (tmp_path / "model").exists()
