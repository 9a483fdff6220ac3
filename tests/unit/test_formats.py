"""Other formats beside a bundle: what is written, listed, checked and refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from support.graphs import chain, conv, dense, layer, run, scaling
from typer.testing import CliRunner

from kerasport.bundle import Bundle
from kerasport.bundle.metadata import (
    ClassifierDescription,
    Counts,
    Metrics,
    Preprocessing,
    Rescaling,
    Training,
)
from kerasport.bundle.output import ProbabilitiesOutput
from kerasport.bundle.weights import read_weights
from kerasport.cli import app
from kerasport.errors import BrowserError, BundleError, ExportError, UsageError
from kerasport.exporter import export
from kerasport.exporter.formats import FormatRuntime, FormatSubject, check_formats, runtime_of
from kerasport.exporter.formats.onnx import onnx_model
from kerasport.exporter.formats.runtimes import LitertRuntime, OnnxRuntime
from kerasport.exporter.formats.teachable_machine import write_teachable_machine
from kerasport.exporter.formats.transformers import write_transformers
from kerasport.exporter.formats.transformers.card import model_card
from kerasport.exporter.readers import ReadModel
from kerasport.exporter.stored_weight import quantize_array
from kerasport.parity.witnesses.format_reader import FormatReader
from kerasport.runtime import Runtime
from kerasport.shares import share_text

NAMES = ["ant", "<b>bee</b> | *"]


def exported(out: Path, **options: Any) -> Bundle:
    """A tiny classifier, made without Keras, as a bundle with a file of ONNX."""
    graph = chain(
        scaling(1 / 255), conv(), layer("GlobalAveragePooling2D"), dense(6, 2, activation="softmax")
    )
    graph.nodes["in"].config["batch_shape"] = [None, 6, 4, 3]
    for node in graph:
        node.weights = {
            name: np.cos(np.arange(array.size, dtype=np.float32)).reshape(array.shape)
            for name, array in node.weights.items()
        }
    return export(ReadModel("tiny", graph), out, class_names=NAMES, **options)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return exported(tmp_path_factory.mktemp("formats") / "bundle", also=["onnx"])


def described(**changes: Any) -> ClassifierDescription:
    fields = {
        "name": "pets: [a]\n- b",
        "class_names": NAMES,
        "input_shape": (6, 4, 3),
        "color_mode": "rgb",
        "rescaling": Rescaling(scale=1.0, offset=0.0),
        "preprocessing": Preprocessing(fit="stretch", resample="bicubic"),
        "output": ProbabilitiesOutput(activation="softmax"),
        **changes,
    }
    return ClassifierDescription.model_validate(fields)


def subject(**changes: Any) -> FormatSubject:
    graph = chain(layer("GlobalAveragePooling2D"), dense(3, 2, activation="softmax"))
    nothing = np.zeros((0, 2), np.float32)
    fields: dict[str, Any] = {
        "graph": graph,
        "stored": None,
        "description": described(),
        "gives": "distribution",
        "pixels": np.zeros((0, 6, 4, 3), np.uint8),
        "expected": nothing,
        "tolerance": 1e-5,
        "typical": lambda: np.zeros((0, 6, 4, 3), np.uint8),
        "answer": lambda pixels: nothing,
        **changes,
    }
    return FormatSubject(**fields)


def test_a_format_is_listed_by_itself(bundle: Bundle) -> None:
    """Its files stand with their hashes in a list of their own, in no script and not in `files`."""
    (other,) = bundle.metadata.other_formats or ()

    assert other.format == "onnx"
    assert [entry.path for entry in other.files] == ["onnx/model.onnx"]
    assert "onnx/model.onnx" not in bundle.names()
    assert bundle.other_format("onnx") == bundle.path / "onnx" / "model.onnx"
    assert bundle.other_format("litert") is None


def test_a_changed_file_is_refused_and_a_missing_one_is_not(bundle: Bundle, tmp_path: Path) -> None:
    """A copy may leave the other formats out; what it has of them is what was exported."""
    copy = tmp_path / "copy"
    shutil.copytree(bundle.path, copy)
    file = copy / "onnx" / "model.onnx"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"?")
    with pytest.raises(BundleError, match=r"'onnx/model.onnx' in .* was changed after the export"):
        Bundle.open(copy)
    file.unlink()

    assert Bundle.open(copy).other_format("onnx") is None


def test_equal_exports_write_equal_files(bundle: Bundle, tmp_path: Path) -> None:
    """The file of a format has the same bytes whenever it is written."""
    again = exported(tmp_path / "again", also=["onnx"])

    assert again.metadata.other_formats == bundle.metadata.other_formats


@pytest.mark.parametrize(("kind", "share"), [("float16", 0.55), ("uint8", 0.3)])
def test_weights_keep_the_type_in_which_they_are_stored(kind: Any, share: float) -> None:
    """A file of ONNX is as much smaller as the weights that the bundle stores."""
    graph = chain(layer("GlobalAveragePooling2D"), dense(3, 4000, activation="softmax"))
    weights = graph.nodes["dense"].weights
    stored = {f"dense/{name}": quantize_array(array, kind) for name, array in weights.items()}

    assert len(onnx_model(graph, stored)) < share * len(onnx_model(graph, None))


def test_an_unknown_format_is_wrong_usage() -> None:
    """The error names what there is; the order is that of the documentation, each once."""
    with pytest.raises(UsageError, match=r"There is no other format 'pt'. Expected some of: onnx"):
        check_formats(["onnx", "pt"])

    assert check_formats(["transformers", "onnx", "onnx"]) == ["onnx", "transformers"]


def test_the_command_line_takes_formats_with_commas_and_repeated(tmp_path: Path) -> None:
    """`--also onnx,pt --also litert` asks for three; an unknown one is told before all else."""
    arguments = ["export", str(tmp_path / "missing.keras"), "--also", "onnx,pt", "--also", "litert"]

    result = CliRunner().invoke(app, arguments)

    assert isinstance(result.exception, UsageError)
    assert "There is no other format 'pt'" in str(result.exception)


def test_inspect_shows_other_formats(bundle: Bundle) -> None:
    """A line for each says which file it is, and how near its runtime came."""
    result = CliRunner().invoke(app, ["inspect", str(bundle.path)])

    assert "onnx: onnx/model.onnx" in result.output


def test_transformers_get_names_and_honest_steps(tmp_path: Path) -> None:
    """The configuration has every class, and the processor neither scales nor normalises."""
    paths = write_transformers(tmp_path, subject())

    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "onnx/model.onnx",
        "config.json",
        "preprocessor_config.json",
        "README.md",
    ]
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert config["id2label"] == {"0": NAMES[0], "1": NAMES[1]}
    assert config["label2id"] == {NAMES[0]: 0, NAMES[1]: 1}
    steps = json.loads((tmp_path / "preprocessor_config.json").read_text("utf-8"))
    assert steps["size"] == {"height": 6, "width": 4}
    assert (steps["do_rescale"], steps["do_normalize"], steps["resample"]) == (False, False, 3)


def test_transformers_refuse_what_their_pipelines_change(tmp_path: Path) -> None:
    """Independent probabilities are refused by name; nothing is written."""
    with pytest.raises(ExportError, match="a probability of its own"):
        write_transformers(tmp_path, subject(gives="independent"))

    assert list(tmp_path.iterdir()) == []


def test_a_model_of_gray_pictures_makes_gray_of_what_transformers_give(tmp_path: Path) -> None:
    """Its file takes three channels, and makes the levels of them that Pillow makes."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra 'formats'")
    graph = chain(
        scaling(1 / 255), layer("Flatten"), dense(24, 2, activation="softmax"), shape=(6, 4, 1)
    )
    graph.nodes["dense"].weights["kernel"] = np.cos(np.arange(48, dtype=np.float32)).reshape(24, 2)
    gray = described(color_mode="grayscale", input_shape=(6, 4, 1))
    pixels = np.random.default_rng(5).integers(0, 256, (400, 6, 4, 3)).astype(np.uint8)
    pixels[0] = 255
    levels = [np.asarray(Image.fromarray(picture).convert("L")) for picture in pixels]
    expected = run(graph, np.stack(levels)[..., None].astype(np.float32))

    paths = write_transformers(tmp_path, subject(graph=graph, description=gray))

    session = onnxruntime.InferenceSession(paths[0].read_bytes())
    given = pixels.transpose(0, 3, 1, 2).astype(np.float32)
    (logits,) = session.run(None, {"pixel_values": given})
    exponents = np.exp(logits)
    answers = exponents / exponents.sum(axis=1, keepdims=True)
    # Ten times what float32 rounds a probability by, in another order of sums.
    np.testing.assert_allclose(answers, expected, atol=1e-6)
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["num_channels"] == 3
    assert "makes gray itself" in (tmp_path / "README.md").read_text("utf-8")
    runtime = runtime_of("transformers", paths[0])
    assert runtime is not None
    one = np.stack(levels)[..., None]
    np.testing.assert_allclose(runtime.predict(one), expected, atol=1e-6)


def test_a_model_card_has_a_head_of_yaml_and_shows_names_as_text() -> None:
    """Names with marks of YAML, Markdown and HTML stay names; accuracy and counts stand there."""
    card = model_card(
        described(
            metrics=Metrics(
                test_accuracy=0.975, test_pictures=80, validation_accuracy=None, method="Held out."
            ),
            training=Training(
                recipe="folder",
                architecture="small",
                data_fingerprint="0" * 64,
                counts=Counts(train=[9, 8], validation=[3, 2], test=[1, 4]),
                seed=1,
                epochs=5,
                best_epoch=4,
                date="2026-01-01",
                versions={},
            ),
        )
    )
    _, head, body = card.split("---\n", 2)

    (name,) = [line[len("- name: ") :] for line in head.splitlines() if line.startswith("- name: ")]
    assert json.loads(name) == "pets: [a]\n- b"
    assert "    metrics: [{type: accuracy, value: 0.9750}]" in head.splitlines()
    assert "<b>" not in body
    assert "| &lt;b&gt;bee&lt;/b&gt; \\| \\* | 8 | 2 | 4 |" in body
    assert f"Accuracy {share_text(0.975)} on 80 pictures" in body


def test_teachable_machine_gets_square_pictures_scaled_its_way(tmp_path: Path) -> None:
    """Its files have its names, one file of weights, and layers of its TensorFlow.js alone."""
    graph = chain(
        scaling([1 / 255, 2 / 255, 3 / 255], 0.5),
        conv(activation="swish"),
        layer("Activation", activation="mish"),
        layer("GlobalAveragePooling2D"),
        dense(6, 2, activation="softmax"),
        shape=(6, 6, 3),
    )
    square = subject(graph=graph, description=described(input_shape=(6, 6, 3)))

    paths = write_teachable_machine(tmp_path, square)

    assert [path.name for path in paths] == ["model.json", "weights.bin", "metadata.json"]
    metadata = json.loads((tmp_path / "metadata.json").read_text("utf-8"))
    assert (metadata["labels"], metadata["imageSize"]) == (NAMES, 6)
    runtime = runtime_of("teachable-machine", paths[0])
    assert runtime is not None
    pixels = np.random.default_rng(3).integers(0, 256, (4, 6, 6, 3)).astype(np.uint8)
    expected = run(graph, pixels.astype(np.float32))
    np.testing.assert_allclose(runtime.predict(pixels), expected, atol=1e-6)
    layers = json.loads((tmp_path / "model.json").read_text("utf-8"))["modelTopology"]
    # TensorFlow.js 1.3.1 knows no other name for it.
    assert layers["model_config"]["class_name"] == "Model"
    classes = [each["class_name"] for each in layers["model_config"]["config"]["layers"]]
    assert "Rescaling" not in classes
    assert "swish" not in str(layers["model_config"]["config"]["layers"][3]["config"])


def test_teachable_machine_gets_gray_pictures_as_they_were(tmp_path: Path) -> None:
    """Its shares of red, green and blue make 254.97 of white, which the first layer undoes."""
    graph = chain(
        scaling(1 / 255), layer("Flatten"), dense(36, 2, activation="softmax"), shape=(6, 6, 1)
    )
    graph.nodes["dense"].weights["kernel"] = np.cos(np.arange(72, dtype=np.float32)).reshape(36, 2)
    gray = described(color_mode="grayscale", input_shape=(6, 6, 1))
    levels = np.random.default_rng(3).integers(0, 256, (4, 6, 6, 1)).astype(np.float64)

    write_teachable_machine(tmp_path, subject(graph=graph, description=gray))

    theirs = (0.2989 * levels + 0.587 * levels + 0.114 * levels) / 127 - 1
    written = json.loads((tmp_path / "model.json").read_text("utf-8"))
    weights = read_weights(written["weightsManifest"], lambda name: (tmp_path / name).read_bytes())
    runtime = Runtime.of(written["modelTopology"], weights, (6, 6, 1), np.float64)
    expected = run(graph, levels)
    # Their shares of red, green and blue are undone in weights of float32.
    np.testing.assert_allclose(runtime.predict(theirs), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "6 x 4"),
        (
            {
                "description": described(input_shape=(6, 6, 3)),
                "graph": chain(
                    layer("GlobalAveragePooling2D"),
                    dense(3, 2, activation="gelu"),
                    layer("Softmax"),
                    shape=(6, 6, 3),
                ),
            },
            r"'dense' \(Dense\): TensorFlow.js 1.3.1 has no activation 'gelu'",
        ),
    ],
    ids=["sides", "activation"],
)
def test_teachable_machine_refuses_what_its_format_has_not(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    """Pictures that are not square and newer activations are refused by name."""
    with pytest.raises(ExportError, match=reason):
        write_teachable_machine(tmp_path, subject(**changes))


def test_one_value_for_two_classes_is_no_independent_probability(tmp_path: Path) -> None:
    """A sigmoid becomes two probabilities that sum to 1, which every format takes."""
    graph = chain(
        scaling(1 / 255), layer("GlobalAveragePooling2D"), dense(3, 1, activation="sigmoid")
    )
    graph.nodes["in"].config["batch_shape"] = [None, 6, 4, 3]

    bundle = export(ReadModel("two", graph), tmp_path, class_names=NAMES, also=["transformers"])

    (other,) = bundle.metadata.other_formats or ()
    assert other.agreement is None or other.agreement.max_absolute_difference <= 1e-6


@pytest.mark.parametrize(
    "name", ["a\u2028b", "a\x85b", "a\x7fb", "a\uffffb", "\ufeffa", "\U0001f600", "a\x1bb"]
)
def test_the_head_of_a_card_is_yaml_whatever_the_name_is(name: str) -> None:
    """What YAML breaks lines at, or refuses, is escaped; what it takes is not."""
    card = model_card(
        described(
            name=name,
            metrics=Metrics(
                test_accuracy=0.5, test_pictures=8, validation_accuracy=None, method="Held out."
            ),
        )
    )
    head = card.split("---\n", 2)[1]

    (quoted,) = [
        line[len("- name: ") :] for line in head.split("\n") if line.startswith("- name: ")
    ]
    assert json.loads(quoted) == name
    assert re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\uffff]", quoted) is None
    # A character of two surrogates is one escape in no YAML.
    assert re.search(r"\\ud[89ab]", quoted) is None


class Foreign:
    """An interpreter with a file of somebody else."""

    def __init__(self, model_content: bytes) -> None:
        self.inputs, self.outputs = ({"index": 0, "dtype": np.float32},) * model_content[0], [0]

    def allocate_tensors(self) -> None:
        """Do nothing."""

    def get_input_details(self) -> Any:
        return self.inputs

    def get_output_details(self) -> Any:
        return self.outputs


@pytest.mark.parametrize("inputs", [0, 2])
def test_a_file_that_takes_something_else_is_refused(inputs: int, tmp_path: Path) -> None:
    """A file in a bundle of somebody else may have any number of inputs."""
    path = tmp_path / "model.tflite"
    path.write_bytes(bytes([inputs]))

    with pytest.raises(BundleError, match=rf"model\.tflite', which x runs, has {inputs} inputs"):
        LitertRuntime(path, SimpleNamespace(Interpreter=Foreign), "x", "1")


@pytest.mark.parametrize("shape", [(), (1,), (1, "c", 4, 4), (1, 4, 4, 4)])
def test_pixels_of_another_shape_are_refused(shape: tuple[Any, ...], tmp_path: Path) -> None:
    """A stranger's file is called as Hugging Face's are, and takes what no picture is."""
    onnx = pytest.importorskip("onnx", reason="needs the extra 'formats'")
    pytest.importorskip("onnxruntime", reason="needs the extra 'formats'")
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    inputs, outputs = (
        [helper.make_tensor_value_info(name, number, shape)] for name in ("pixel_values", "out")
    )
    node = helper.make_node("Identity", ["pixel_values"], ["out"])
    made = helper.make_model(
        helper.make_graph([node], "g", inputs, outputs),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    path = tmp_path / "model.onnx"
    path.write_bytes(made.SerializeToString())

    with pytest.raises(BundleError, match=r"model\.onnx'"):
        OnnxRuntime(path).predict(np.zeros((2, 4, 4, 3), np.uint8))


class Answering(FormatRuntime):
    """A runtime that answers so, whatever it is asked."""

    name, version = "x", "1"

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def answer(self, pixels: Any) -> Any:
        return np.zeros(self.shape, np.float32)


@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (2, 3, 1)])
def test_answers_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """What a file gives is a row for each picture, or no answer."""
    with pytest.raises(BundleError, match=r"for 2 pictures\. Expected a row of probabilities"):
        Answering(*shape).predict(np.zeros((2, 4, 4, 3), np.uint8))


def test_answers_for_other_classes_are_no_answers() -> None:
    """A model of other classes in the place of another format is told as such."""
    reader = FormatReader("onnxruntime-python", Answering(1, 5), 3)
    picture = cast("Any", SimpleNamespace(pixels=np.zeros((4, 4, 3), np.uint8)))

    with pytest.raises(BrowserError, match="gives 5 probabilities for 3 classes"):
        reader.ask([picture])
