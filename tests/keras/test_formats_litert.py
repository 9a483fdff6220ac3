"""`model.tflite`: its layers, what is inside for MediaPipe, float16, and whole numbers."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.graphs import PICTURES, chain, conv, dense, depthwise, layer, run, scaling

from kerasport.bundle import Bundle
from kerasport.errors import DataError, ExportError
from kerasport.exporter import Quantize, export
from kerasport.exporter.formats.litert.computation import Computation
from kerasport.exporter.formats.litert.conversion import converted
from kerasport.exporter.formats.onnx.layers.table import RULES
from kerasport.exporter.graph import Graph
from kerasport.exporter.readers import ReadModel

pytestmark = pytest.mark.keras

NAMES = ["ant", "bee"]


def tiny() -> Graph:
    graph = chain(
        scaling(1 / 255),
        conv(filters=16, activation="relu"),
        conv("second", depth=16, filters=16, kernel_size=[2, 2]),
        layer("GlobalAveragePooling2D"),
        dense(16, 2, activation="softmax"),
    )
    graph.nodes["in"].config["batch_shape"] = [None, 6, 4, 3]
    for node in graph:
        node.weights = {
            name: np.cos(np.arange(array.size, dtype=np.float32)).reshape(array.shape)
            for name, array in node.weights.items()
        }
    return graph


def exported(out: Path, **options: Any) -> Bundle:
    return export(ReadModel("tiny", tiny()), out, class_names=NAMES, **options)


def interpreted(content: bytes) -> Any:
    tensorflow = pytest.importorskip("tensorflow")
    with warnings.catch_warnings():
        # It says that it moves to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = tensorflow.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return interpreter


def test_layers_answer_as_in_numpy() -> None:
    """A chain of windows, shapes and merges gives numpy's numbers, picture by picture."""
    graph = chain(
        scaling([0.5, 1.0, 2.0], 0.25),
        conv("first", filters=4, padding="same", activation="swish"),
        depthwise(4),
        layer("LeakyReLU", alpha=0.2),
        layer("Permute", dims=[2, 1, 3]),
        layer("Flatten"),
    )
    interpreter = interpreted(converted(graph, (6, 4, 3)))

    for picture, expected in zip(PICTURES, run(graph), strict=True):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[None])
        interpreter.invoke()
        (answer,) = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        np.testing.assert_allclose(answer, expected, atol=1e-5)


def test_litert_has_the_rules_that_onnx_has() -> None:
    """Every layer of a bundle is written for both."""
    nodes = chain(*(layer(name) for name in RULES))

    assert [node.class_name for node in nodes if node.inputs and not Computation.knows(node)] == []


def test_an_unknown_layer_is_refused_by_name() -> None:
    """What has no rule is named, with the format, before TensorFlow is asked."""
    with pytest.raises(ExportError, match=r"cannot be expressed in LiteRT(.|\n)*'mine' \(Lambda\)"):
        converted(chain(layer("Lambda", "mine")), (6, 4, 3))


def test_names_lie_in_an_archive_behind_the_model(tmp_path: Path) -> None:
    """The file ends in an archive with one class name per line, and has MediaPipe's metadata."""
    bundle = exported(tmp_path / "bundle", also="litert")

    path = bundle.other_format("litert")
    assert path is not None
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt") == b"ant\nbee\n"
    assert b"TFLITE_METADATA" in content
    assert b"M001" in content
    again = exported(tmp_path / "again", also="litert")
    assert again.metadata.other_formats == bundle.metadata.other_formats


def test_weights_in_float16_are_those_of_the_bundle(tmp_path: Path) -> None:
    """They have half the bytes, and the answers stay within the model's tolerance."""
    bundle = exported(tmp_path / "bundle", also="litert", quantize="float16")

    (other,) = bundle.metadata.other_formats or ()
    path = bundle.other_format("litert")
    assert path is not None
    details = interpreted(path.read_bytes()).get_tensor_details()
    halves = [each for each in details if each["dtype"] == np.float16]
    # The converter multiplies the scaling of pixels into the first kernel, which then stays.
    assert sum(int(np.prod(each["shape"])) for each in halves) >= 2 * 2 * 16 * 16
    whole = exported(tmp_path / "whole", also="litert")
    (before,) = whole.metadata.other_formats or ()
    assert other.files[0].bytes < before.files[0].bytes - 1000
    if other.agreement is not None:
        assert other.agreement.max_absolute_difference <= 1e-5


def test_whole_numbers_take_pixels_as_they_are(tmp_path: Path) -> None:
    """Input and output are uint8, and the agreement is measured on the pictures of the options."""
    for number, name in enumerate(NAMES):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for index in range(4):
            noise = np.random.default_rng(10 * number + index).integers(0, 256, (8, 8, 3))
            Image.fromarray(noise.astype(np.uint8)).save(folder / f"{index}.png")
    quantize = Quantize(images=tmp_path / "pictures", cache=tmp_path / "cache")

    bundle = exported(tmp_path / "bundle", also=["litert-int8"], quantize=quantize)

    path = bundle.other_format("litert-int8")
    assert path is not None
    interpreter = interpreted(path.read_bytes())
    (source,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (source["dtype"], answer["dtype"]) == (np.uint8, np.uint8)
    (other,) = bundle.metadata.other_formats or ()
    assert other.agreement is not None
    assert other.agreement.pictures == 8
    assert other.agreement.max_absolute_difference < 0.1


def test_whole_numbers_need_pictures(tmp_path: Path) -> None:
    """A model without a run is refused, with the option that names pictures; nothing is written."""
    with pytest.raises(DataError, match="--images FOLDER"):
        exported(tmp_path / "bundle", also=["litert-int8"])

    assert not (tmp_path / "bundle").exists()


def test_pixels_are_enlarged_as_they_are() -> None:
    """Every pixel stands as often as the size says, none between two others."""
    graph = chain(layer("UpSampling2D", size=[2, 3], interpolation="nearest"))
    interpreter = interpreted(converted(graph, (6, 4, 3)))

    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], PICTURES[:1])
    interpreter.invoke()
    answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    np.testing.assert_array_equal(answer, run(graph, PICTURES[:1]))
