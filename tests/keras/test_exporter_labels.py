"""Models of several labels: what is asked, what is written, and that the answers are Keras'."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support import zoo

from kerasport.bundle import Bundle
from kerasport.bundle.output import LabelsOutput
from kerasport.cli import main
from kerasport.errors import UsageError
from kerasport.explanation import activation_heat, explain
from kerasport.exporter import export
from kerasport.exporter.formats import writing
from kerasport.exporter.formats.runtimes import FormatRuntime
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.exporter.graph import Graph
from kerasport.models import probabilities
from kerasport.parity.compare.metadata import _compare_labels
from kerasport.prediction import predict
from kerasport.progress import SILENT
from kerasport.runtime import Runtime

THRESHOLDS = [0.3, 0.5, 0.7, 0.9]


@pytest.fixture(scope="module")
def model(keras: Any) -> Any:
    return zoo.build("labels", keras)


@pytest.fixture(scope="module")
def bundle(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny model with a threshold for each of its labels."""
    return export(
        model,
        tmp_path_factory.mktemp("labels") / "bundle",
        class_names=zoo.CLASS_NAMES,
        output_kind="labels",
        thresholds=THRESHOLDS,
    )


def refusal(model: Any, folder: Path, **options: Any) -> str:
    with pytest.raises(UsageError) as error:
        export(model, folder / "out", class_names=zoo.CLASS_NAMES, **options)
    assert not (folder / "out").exists()
    return str(error.value)


def run(*arguments: str, code: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    assert ended.value.code == code


def test_a_sigmoid_for_each_output_is_asked_about(model: Any, tmp_path: Path) -> None:
    """What it may be is not guessed: both are named, with the option that tells."""
    message = refusal(model, tmp_path)

    assert "labels, of which any number holds, or classes, of which one wins" in message
    assert "--output-kind labels, or --output-kind probabilities" in message


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("logits", {"output_kind": "labels"}, "cannot tell labels: the layer"),
        ("residual", {"output_kind": "labels"}, "sum to 1. Expected at least two outputs"),
        ("labels", {"output_kind": "labels", "thresholds": [0.5]}, "Expected 4 numbers"),
        ("labels", {"output_kind": "labels", "thresholds": "0.5,2,0.5,0.5"}, "0.5, 2, 0.5, 0.5"),
        ("labels", {"output_kind": "labels", "thresholds": "half"}, "'half' are no thresholds"),
        (
            "labels",
            {"output_kind": "probabilities", "thresholds": "1"},
            "Thresholds are for labels",
        ),
        ("labels", {"output_kind": "logits"}, "The kind of the output is 'logits'"),
    ],
    ids=["of-logits", "of-a-softmax", "too-few", "above-one", "no-number", "of-one-class", "kind"],
)
def test_what_does_not_fit_is_refused(
    name: str, options: dict[str, Any], message: str, keras: Any, tmp_path: Path
) -> None:
    """Kind and thresholds that the model cannot have leave nothing behind."""
    assert message in refusal(zoo.build(name, keras), tmp_path, **options)


def test_the_same_model_can_choose_one_class(model: Any, tmp_path: Path) -> None:
    """Who says so gets the first version of the format, as ever."""
    written = export(
        model, tmp_path / "out", class_names=zoo.CLASS_NAMES, output_kind="probabilities"
    )

    assert written.metadata.format_version == 1
    assert written.metadata.output.kind == "probabilities"
    assert written.metadata.output.activation == "sigmoid"


def test_the_bundle_says_what_holds_from_where_on(bundle: Bundle) -> None:
    """Version, kind and thresholds stand in the metadata, and under the hash of model.json."""
    metadata = json.loads((bundle.path / "metadata.json").read_text("utf-8"))
    kept = bundle.model()["userDefinedMetadata"]["kerasport"]

    assert metadata["formatVersion"] == 2
    assert metadata["output"] == kept["output"]
    assert metadata["output"]["thresholds"] == THRESHOLDS
    assert metadata["output"]["aim"] == "unknown"
    assert metadata["confidenceThreshold"] is None
    assert b"formatVersion: 2" in (bundle.path / "model.js").read_bytes().replace(b"\0", b"")


def test_thresholds_are_in_the_middle_unless_told(model: Any, tmp_path: Path) -> None:
    """Nobody chose them, and the metadata says so."""
    written = export(model, tmp_path / "out", class_names=zoo.CLASS_NAMES, output_kind="labels")

    assert written.metadata.labels_output == LabelsOutput(thresholds=[0.5] * 4)


def test_the_answers_are_keras(model: Any, bundle: Bundle, exported_zoo: Any) -> None:
    """Each sigmoid is on its own: nothing makes them sum to 1 on the way."""
    expected = probabilities(model, exported_zoo.pixels)
    received = Runtime(bundle).predict(exported_zoo.pixels)

    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)
    assert np.abs(expected.sum(axis=1) - 1).max() > 0.2


def test_a_bundle_is_exported_again_as_what_it_is(bundle: Bundle, tmp_path: Path) -> None:
    """The metadata beside a model.json tells the kind and the thresholds."""
    again = export(bundle.path / "model.json", tmp_path / "out", class_names=zoo.CLASS_NAMES)

    assert again.metadata.output == bundle.metadata.output


def test_quantized_labels_are_compared_by_what_holds(model: Any, tmp_path: Path) -> None:
    """The agreement is that of the sets of labels, and the largest difference of a probability."""
    written = export(
        model,
        tmp_path / "out",
        class_names=zoo.CLASS_NAMES,
        output_kind="labels",
        quantize="uint8",
    )
    output = written.metadata.labels_output
    agreement = written.metadata.quantization.agreement
    samples = written.samples()
    exact = np.array([each.float_probabilities for each in samples], np.float32)
    rounded = np.array([each.probabilities for each in samples], np.float32)

    assert output is not None
    assert agreement is not None
    same = ((exact >= 0.5) == (rounded >= 0.5)).all(axis=1).mean()
    assert agreement.top1_agreement == pytest.approx(same)
    assert agreement.max_absolute_difference == pytest.approx(np.abs(exact - rounded).max())


def test_files_are_told_every_label(bundle: Bundle) -> None:
    """A prediction has each label with its threshold and whether it holds, and no best class."""
    picture = bundle.path / bundle.samples()[0].file
    (prediction,), _ = predict(bundle, [picture], engine="numpy")

    labels = prediction.labels()

    assert [each.name for each in labels] == zoo.CLASS_NAMES
    assert [each.threshold for each in labels] == THRESHOLDS
    assert [each.holds for each in labels] == [e.probability >= e.threshold for e in labels]
    with pytest.raises(UsageError, match=r"none wins.*labels\(\)"):
        prediction.top(1)


def test_each_label_has_its_own_heat(bundle: Bundle, exported_zoo: Any) -> None:
    """Class activation explains the sigmoid of the label that is asked for."""
    pixels = exported_zoo.pixels[0]
    runtime = Runtime(bundle)
    model = json.loads((bundle.path / "model.json").read_text(encoding="utf-8"))
    layers = model["modelTopology"]["model_config"]["config"]["layers"]
    (pooling,) = (each for each in layers if each["class_name"] == "GlobalAveragePooling2D")
    features = runtime.input_of(pooling["config"]["name"], pixels[None])
    kernel = next(w for name, w in bundle.weights().items() if w.shape == (6, 4))

    heats = [explain(bundle, pixels, index) for index in range(4)]

    for index, (method, heat) in enumerate(heats):
        assert method == "class-activation"
        expected = activation_heat(features[0], kernel, index, pixels.shape[:2])
        np.testing.assert_array_equal(heat, expected)
    assert not np.array_equal(heats[0][1], heats[1][1])


def test_the_command_line_tells_what_holds(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels that hold stand first, the others behind them; as JSON each has its threshold."""
    picture = str(bundle.path / bundle.samples()[0].file)
    held = [
        name
        for name, share, threshold in zip(
            zoo.CLASS_NAMES, bundle.samples()[0].probabilities, THRESHOLDS, strict=True
        )
        if share >= threshold
    ]

    run("predict", str(bundle.path), picture, "--json")
    told = json.loads(capsys.readouterr().out)
    run("predict", str(bundle.path), picture)
    text = capsys.readouterr().out.replace("\n", " ")

    assert [each["name"] for each in told[0]["labels"] if each["holds"]] == held
    assert [each["threshold"] for each in told[0]["labels"]] == THRESHOLDS
    before, _, behind = text.partition("(not: ")
    assert all(name in before for name in held)
    assert all(name in behind for name in set(zoo.CLASS_NAMES) - set(held))
    run("predict", str(bundle.path), picture, "--top", "1", code=2)
    assert "--top is for models that choose one class" in capsys.readouterr().err


def test_verify_names_another_kind_than_the_runs(bundle: Bundle) -> None:
    """A bundle that tells labels from elsewhere on is not that of the run."""
    other = LabelsOutput(thresholds=[0.5] * 4)
    run = bundle.metadata.model_copy(update={"output": other})

    (finding,) = _compare_labels(run, bundle.metadata)

    assert finding.detail == (
        "the run tells labels from 0.5, 0.5, 0.5, 0.5 on, "
        "the bundle labels from 0.3, 0.5, 0.7, 0.9 on"
    )
    assert not list(_compare_labels(bundle.metadata, bundle.metadata))


def test_other_formats_are_compared_by_what_holds(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runtime whose best label is right, and which holds others, does not say the same."""

    class Faint(FormatRuntime):
        name, version = "faint", "1"

        def answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
            return runtime.predict(pixels.astype(np.uint8)) * np.float32(0.01)

    runtime = Runtime(bundle)
    shape = (8, *bundle.metadata.input_shape)
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    subject = FormatSubject(
        graph=Graph("", {}, "", ""),
        stored=None,
        description=bundle.metadata,
        gives="independent",
        pixels=pixels,
        expected=runtime.predict(pixels),
        tolerance=1.0,
        typical=lambda: pixels,
        answer=runtime.predict,
    )
    faint = replace(writing._FORMATS["onnx"], runtime=lambda path: Faint())
    monkeypatch.setitem(writing._FORMATS, "onnx", faint)

    agreement = writing._compared("onnx", tmp_path, subject, SILENT)

    assert agreement is not None
    assert agreement.top1_agreement < 0.5


def test_a_format_that_makes_a_winner_is_refused(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """transformers.js makes a softmax of labels, and the others say how many were the same."""
    pytest.importorskip("onnxruntime")
    out = str(tmp_path / "again")

    run("export", str(bundle.path), "--out", out, "--also", "transformers", code=1)
    refused = capsys.readouterr().err
    run("export", str(bundle.path), "--out", out, "--also", "onnx")

    assert "makes a softmax of whatever it gets" in refused
    assert "the same labels held on 100.0% of" in capsys.readouterr().out
