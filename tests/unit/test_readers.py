"""Reading models without TensorFlow: detection, old configurations, manifests, scalings."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import ExportError, ModelError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.input_scaling import parse_rescaling, usual_rescaling
from kerasport.exporter.readers.archives import peek_archive
from kerasport.exporter.readers.configuration import graph_from_config
from kerasport.exporter.readers.detection import detect
from kerasport.exporter.readers.layers_model import manifest_arrays, read_layers_model
from kerasport.exporter.readers.legacy import modern_config, modernize_graph
from kerasport.exporter.readers.stored import assign, read_stored

READABLE = {
    "hdf5": ("model.h5", b"\x89HDF\r\n\x1a\n..."),
    "keras": ("model.keras", b"PK\x03\x04..."),
    "layers-model": ("model.json", b'\xef\xbb\xbf\n {"format": 1}'),
    "saved-model": ("saved_model.pb", b"\x08\x01"),
}


@pytest.mark.parametrize("kind", list(READABLE))
def test_a_file_is_known_by_its_content(kind: str, tmp_path: Path) -> None:
    """The first bytes decide, whatever a file is called, and a folder by what lies in it."""
    name, content = READABLE[kind]
    (tmp_path / name).write_bytes(content)

    assert detect(tmp_path / name)[0] == kind
    if kind in ("layers-model", "saved-model"):
        assert detect(tmp_path) == detect(tmp_path / name)
    else:
        with pytest.raises(ModelError, match=f"It holds '{name}': give that path"):
            detect(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tflite", b"\x1c\0\0\0TFL3", "is a LiteRT (TensorFlow Lite) model, whose layers were"),
        ("a.bin", b"\x1c\0\0\0TFL3", "is a LiteRT (TensorFlow Lite) model"),
        ("a.onnx", b"\x08\x07", "is an ONNX model. Expected the Keras model it came from"),
        ("a.pth", b"\x80\x02", "is a PyTorch model"),
        ("frozen.pb", b"\x0a\x02", "is a TensorFlow graph without layers"),
        ("a.keras", b"", "its 0 bytes are of no kind that is read, or damaged"),
    ],
)
def test_other_files_are_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    """Formats without layers are called by their name."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ModelError) as error:
        detect(tmp_path / name)

    assert message in str(error.value)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    """A download that was not unpacked says so, and a damaged archive too."""
    path = tmp_path / "converted_keras.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("keras_model.h5", b"")

    with pytest.raises(ModelError, match=r"without a Keras model in it; it holds keras_model\.h5"):
        peek_archive(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ModelError, match="cannot be loaded as a Keras model"):
        peek_archive(path)


def layer(class_name: str, name: str, inbound: Any = None, **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": inbound or [],
    }


def legacy_graph(layers: list[Any], output: list[Any]) -> Graph:
    config = {"name": "m", "layers": layers, "output_layers": output}
    return graph_from_config("Functional", modern_config("Functional", config), {})


PICTURE = layer("InputLayer", "in", batch_input_shape=[None, 4, 4, 3])


def test_calls_of_keras_2_become_edges() -> None:
    """Lists of name, node and tensor are followed, a second call of a layer included."""
    graph = legacy_graph(
        [
            PICTURE,
            layer("Flatten", "a", [[["in", 0, 0, {}]], [["b", 0, 0, {}]]]),
            layer("Flatten", "b", [[["a", 0, 0, {}]]]),
            layer("Add", "sum", [[["a", 1, 0, {}], ["b", 0, 0]]]),
        ],
        [["sum", 0, 0]],
    )

    assert {node.name: node.inputs for node in graph} == {
        "in": [],
        "a": ["in"],
        "b": ["a"],
        "a_1": ["b"],
        "sum": ["a_1", "b"],
    }
    assert graph.nodes["in"].config["batch_shape"] == [None, 4, 4, 3]


@pytest.mark.parametrize("counted", [0, 1], ids=["not-counted", "counted"])
def test_the_call_that_made_a_nested_model_is_not_one_of_its_calls(counted: int) -> None:
    """Keras 2 counts from 1 where a nested model has an input of its own, TensorFlow.js from 0."""
    inner = layer("Functional", "inner", [[["in", 0, 0, {}]], [["inner", counted, 0, {}]]])
    inner["config"] |= {
        "layers": [
            layer("InputLayer", "x", batch_input_shape=[None, 4, 4, 3]),
            layer("ReLU", "relu", [[["x", 0, 0, {}]]]),
        ],
        "output_layers": [["relu", 0, 0]],
    }

    graph = legacy_graph([PICTURE, inner], [["inner", counted + 1, 0]])

    assert {node.name: node.inputs for node in graph} == {
        "in": [],
        "relu": ["in"],
        "relu_1": ["relu"],
    }
    assert graph.output == "relu_1"


def test_functions_of_keras_2_become_operations() -> None:
    """Recorded TensorFlow functions keep their operands in order; unknown ones keep their name."""
    graph = legacy_graph(
        [
            PICTURE,
            layer(
                "TFOpLambda",
                "minus",
                [["_CONSTANT_VALUE", -1, 2.0, {"y": ["in", 0, 0], "name": None}]],
                function="math.subtract",
            ),
            layer(
                "TFOpLambda",
                "mean",
                [["minus", 0, 0, {"axis": [1, 2], "keepdims": True}]],
                function="math.reduce_mean",
            ),
            layer(
                "TFOpLambda", "product", [["minus", 0, 0, {"y": ["mean", 0, 0]}]], function="foo"
            ),
        ],
        [["product", 0, 0]],
    )

    assert [(n.class_name, n.inputs, n.config.get("arguments")) for n in list(graph)[1:]] == [
        ("operation:Subtract", ["in"], [2.0, None]),
        ("operation:Mean", ["minus"], [None]),
        ("operation:tf.foo", ["minus", "mean"], [None, None]),
    ]
    assert graph.nodes["mean"].config["axis"] == [1, 2]
    assert graph.nodes["mean"].config["keepdims"] is True


def test_a_sequential_model_of_tensorflowjs_gets_its_input() -> None:
    """The shape stands in the first layer of the first nested model, however deep."""
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": []}}
    inner["config"]["layers"] = [
        {"class_name": "Flatten", "config": {"name": "f", "batch_input_shape": [None, 2, 3, 1]}}
    ]

    config = modern_config("Sequential", [inner])

    assert config["layers"][0]["class_name"] == "InputLayer"
    assert config["layers"][0]["config"]["batch_shape"] == [None, 2, 3, 1]


def test_the_old_hard_sigmoid_keeps_its_slope() -> None:
    """Keras 2's formula is spelled out behind the layer, and its readers follow."""
    nodes = [
        Node("in", "InputLayer", {}),
        Node("a", "Activation", {"activation": "hard_sigmoid"}, ["in"]),
        Node("b", "Flatten", {}, ["a"]),
    ]
    old = Graph("m", {node.name: node for node in nodes}, "in", "b")

    modernize_graph(old, keras_2=True)

    assert [(node.name, node.inputs) for node in old] == [
        ("in", []),
        ("a", ["in"]),
        ("a_sloped", ["a"]),
        ("a_clipped", ["a_sloped"]),
        ("b", ["a_clipped"]),
    ]
    assert old.nodes["a"].config["activation"] == "linear"
    assert old.nodes["a_sloped"].config["scale"] == 0.2


NESTED = {
    "layers": [
        layer("Dense", "dense"),
        layer("Dense", "block/dense"),
        {
            "class_name": "Sequential",
            "config": {"name": "inner", "layers": [layer("Dense", "dense")]},
        },
    ]
}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("dense/kernel", ("dense",)),
        ("model/dense/kernel", ("dense",)),
        ("block/dense/kernel", ("block/dense",)),
        ("inner/dense/kernel", ("inner", "dense")),
        ("model/inner/dense/kernel", ("inner", "dense")),
        ("block/dense/query/kernel", ("block/dense",)),
    ],
)
def test_weights_find_their_layer_by_name(name: str, path: tuple[str, ...]) -> None:
    """Prefixes of models are ignored unless they tell two layers of one name apart."""
    assigned = assign(NESTED, {name: np.ones(1)})

    assert list(assigned) == [path]
    assert list(assigned[path]) == ["kernel"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["other/kernel"], "The weights 'other/kernel' belong to no layer of the model."),
        (
            ["dense/kernel", "m/dense/kernel"],
            "Two weights are called 'kernel' in the layer 'dense'",
        ),
    ],
)
def test_weights_that_fit_nowhere_are_refused(names: list[str], message: str) -> None:
    """A weight without a layer, or two for one place, would leave a layer with random values."""
    with pytest.raises(ExportError, match=message):
        assign(NESTED, {name: np.ones(1) for name in names})


def test_lambda_layers_are_refused_by_name() -> None:
    """Python code inside a configuration is refused, nested or not."""
    inner = {"class_name": "Sequential", "config": {"layers": [layer("Lambda", "scale")]}}

    with pytest.raises(ExportError, match=r"layer 'scale' \(Lambda\): it holds Python code"):
        read_stored({"class_name": "Sequential", "config": {"layers": [inner]}}, {}, keras_2=True)


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


@pytest.mark.parametrize(
    ("text", "scale", "offset"),
    [
        ("1/127.5,-1", 1 / 127.5, -1),
        ("1/255", 1 / 255, 0),
        ("0.01, 0.5", 0.01, 0.5),
        ("1/2,1/4,1/8;-1", [0.5, 0.25, 0.125], -1),
        ("1/255;-1,-0.5/2,0", 1 / 255, [-1, -0.25, 0]),
    ],
)
def test_a_scaling_is_read(text: str, scale: Any, offset: Any) -> None:
    """Fractions and decimals, one value or one per channel."""
    rescaling = parse_rescaling(text)

    assert (rescaling.scale, rescaling.offset) == (scale, offset)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "'x' is not a scaling. Expected scale,offset such as 1/127.5,-1"),
        ("1/0", "is not a scaling. Expected"),
        ("inf", "is not a scaling. Expected"),
        ("1,2,3", "it has 3 scales and 1 offsets"),
        ("1,2;3", "it has 2 scales and 1 offsets"),
        ("0,1", "a scale of 0 makes every picture equal"),
    ],
)
def test_a_wrong_scaling_is_refused(text: str, message: str) -> None:
    """The form is shown with each refusal."""
    with pytest.raises(ExportError) as error:
        parse_rescaling(text)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("layer_name", "expected"),
    [
        ("expanded_conv_depthwise", "MobileNetV2, which takes --rescaling 1/127.5,-1"),
        ("conv2_block1_0_relu", "DenseNet, which takes --rescaling '1/58.395,"),
        ("block5_conv3", "VGG, which takes BGR with the means taken off, which no scaling"),
        ("anything", "1/255 for 0 to 1 and 1/127.5,-1 for -1 to 1 are the usual ones"),
    ],
)
def test_the_usual_scaling_is_named(layer_name: str, expected: str) -> None:
    """Known architectures are recognised by a layer's name."""
    graph = Graph("m", {layer_name: Node(layer_name, "Conv2D", {})}, layer_name, layer_name)

    assert expected in usual_rescaling(graph)
