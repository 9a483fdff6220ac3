"""The model.json of TensorFlow.js: manifests, shards, and what is no layers model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError, ModelError
from kerasport.exporter.readers.layers_model import manifest_arrays, read_layers_model

MANIFEST: dict[str, Any] = {
    "paths": ["a.bin", "b.bin"],
    "weights": [
        {"name": "f", "shape": [2], "dtype": "float32"},
        {
            "name": "u",
            "shape": [2],
            "dtype": "float32",
            "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0},
        },
        {
            "name": "h",
            "shape": [],
            "dtype": "float32",
            "quantization": {"dtype": "float16", "original_dtype": "float32"},
        },
    ],
}

DATA = np.array([1, -2], "<f4").tobytes() + bytes([0, 255]) + np.array(0.25, "<f2").tobytes()


def test_a_manifest_is_decoded_over_its_shards(tmp_path: Path) -> None:
    """Weights may be cut anywhere; quantised ones come back as float32."""
    (tmp_path / "a.bin").write_bytes(DATA[:3])
    (tmp_path / "b.bin").write_bytes(DATA[3:])

    arrays = manifest_arrays(tmp_path, [MANIFEST])

    assert {name: array.tolist() for name, array in arrays.items()} == {
        "f": [1, -2],
        "u": [-1, 126.5],
        "h": 0.25,
    }
    assert {array.dtype for array in arrays.values()} == {np.dtype("float32")}


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({**MANIFEST, "paths": ["../a.bin"]}, r"names the file '\.\./a\.bin', which is outside"),
        ({**MANIFEST, "paths": ["/etc/passwd"]}, "which is outside"),
        ({**MANIFEST, "paths": ["..\\a.bin"]}, "which is outside"),
        ({**MANIFEST, "paths": ["C:a.bin"]}, "which is outside"),
        ({**MANIFEST, "paths": ["link.bin"]}, "is a link to a place outside"),
        ({**MANIFEST, "paths": ["none.bin"]}, r"none\.bin' is missing"),
        ({**MANIFEST, "paths": ["a.bin"]}, "end before 'h' is complete: expected at least 12 byte"),
        ({**MANIFEST, "paths": ["a.bin", "a.bin"]}, "have 22 bytes .*; expected 12"),
        ({"paths": ["a.bin"], "weights": [{"name": "f"}]}, "is not complete: KeyError"),
        (
            {"paths": [], "weights": [{"name": "f", "shape": [], "dtype": "complex64"}]},
            "has dtype 'complex64'",
        ),
    ],
    ids=[
        "parent",
        "absolute",
        "backslash",
        "drive",
        "link",
        "missing",
        "short",
        "long",
        "incomplete",
        "type",
    ],
)
def test_a_wrong_manifest_is_refused(
    manifest: dict[str, Any], message: str, tmp_path: Path
) -> None:
    """No file outside the folder is opened, and each defect has its own message."""
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "a.bin").write_bytes(DATA)
    (folder / "a.bin").write_bytes(DATA[:11])
    (folder / "link.bin").symlink_to(tmp_path / "a.bin")

    with pytest.raises(ModelError, match=message):
        manifest_arrays(folder, [manifest])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("{}", "it has no modelTopology"),
        ({"modelTopology": {"node": []}}, "is a TensorFlow.js graph model"),
        ({"format": "graph-model", "modelTopology": {}}, "is a TensorFlow.js graph model"),
        ({"modelTopology": {"model_config": None}}, "holds no Keras model configuration"),
        ({"modelTopology": {"class_name": "Model", "config": {}}}, "names no weights"),
    ],
)
def test_a_wrong_model_json_is_refused(content: Any, message: str, tmp_path: Path) -> None:
    """What is no layers model says what it is."""
    path = tmp_path / "model.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))

    with pytest.raises(ModelError, match=message):
        read_layers_model(path)


def test_bilinear_enlarging_of_tensorflowjs_is_refused(tmp_path: Path) -> None:
    """TensorFlow.js' own formula is not Keras': a model that it made would answer differently."""
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [1, 4, 4, 3]}},
        {"class_name": "UpSampling2D", "config": {"name": "up", "interpolation": "bilinear"}},
    ]
    topology = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    path = tmp_path / "model.json"
    for version in ("2.15.0", "tfjs-layers 4.22.0"):
        topology["keras_version"] = version
        path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": []}))
        if version == "2.15.0":
            assert list(read_layers_model(path).graph.nodes) == ["in", "up"]

    with pytest.raises(
        ExportError, match=r"layer 'up' \(UpSampling2D\): TensorFlow\.js, which made"
    ):
        read_layers_model(path)
