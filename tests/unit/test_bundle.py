"""Opening bundles, whole and broken. The bundle here is written without TensorFlow."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.bundle import Bundle, document
from kerasport.bundle.field import Field
from kerasport.bundle.layer_rules import LAYER_RULES
from kerasport.bundle.plan import ACTIVATION_NAMES, ModelPlan, plan_model
from kerasport.bundle.script import embed, embedded_names
from kerasport.bundle.topology import read_topology
from kerasport.errors import BundleError
from kerasport.prediction import Prediction, predict_each
from kerasport.preprocess import preprocess
from kerasport.runtime import Runtime
from kerasport.runtime.activations import ACTIVATIONS
from kerasport.runtime.layers import LAYERS

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
FROZEN_LABELS = FROZEN.with_name("bundle-v2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the frozen bundle that a test may break."""
    return Path(shutil.copytree(FROZEN, tmp_path / "model"))


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_frozen_bundle_of_format_1_still_predicts_the_same() -> None:
    """Whatever changes, a bundle of format 1 opens and gives the recorded answers."""
    bundle = Bundle.open(FROZEN)
    samples = bundle.samples()
    spec = bundle.metadata.image_spec
    pixels = np.stack([preprocess(FROZEN / sample.file, spec) for sample in samples])

    received = Runtime(bundle).predict(pixels)

    expected = np.array([sample.probabilities for sample in samples], np.float32)
    assert len(samples) >= 3
    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)


# For each sample the labels that held when the bundle was frozen.
HELD = [
    [],
    ["red", "<b>green</b>", "bl\u00fce"],
    ["<b>green</b>"],
    ["red"],
    ["red"],
    ["a, b|c"],
]


@pytest.mark.parametrize("engine", ["numpy", "wasm"])
def test_the_frozen_bundle_of_format_2_still_tells_the_same_labels(engine: Any) -> None:
    """Whatever changes, a bundle of format 2 opens, answers as recorded, and the same hold."""
    if engine == "wasm":
        pytest.importorskip("wasmtime")
    bundle = Bundle.open(FROZEN_LABELS)
    samples = bundle.samples()

    told = list(
        predict_each(bundle, [FROZEN_LABELS / each.file for each in samples], engine=engine)
    )

    assert bundle.metadata.format_version == 2
    assert bundle.metadata.output.model_dump() == {
        "kind": "labels",
        "activation": "sigmoid",
        "thresholds": [0.3, 0.23, 0.7, 0.56],
        "aim": "unknown",
        "precision": None,
    }
    answers = [each for each in told if isinstance(each, Prediction)]
    expected = np.array([sample.probabilities for sample in samples], np.float32)
    received = np.stack([each.probabilities for each in answers])
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)
    assert [[label.name for label in each.labels() if label.holds] for each in answers] == HELD


def test_a_reader_of_format_1_refuses_the_frozen_bundle_of_format_2(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who knows winners only is told to upgrade, before a label could be shown as one."""
    monkeypatch.setattr(document, "FORMAT_VERSION", 1)

    with pytest.raises(
        BundleError, match=r"has bundle format 2; this kerasport reads formats up to 1"
    ):
        Bundle.open(FROZEN_LABELS)
    assert Bundle.open(FROZEN).metadata.format_version == 1


BREAKAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no-folder": (shutil.rmtree, "There is no bundle folder at"),
    "no-metadata": (
        lambda folder: (folder / "metadata.json").unlink(),
        "There is no 'metadata.json' in",
    ),
    "missing-shard": (
        lambda folder: (folder / "group1-shard1of1.bin").unlink(),
        "misses its file 'group1-shard1of1.bin'",
    ),
    "truncated-shard": (
        lambda folder: (folder / "group1-shard1of1.bin").write_bytes(b"1234"),
        "has 4 bytes; expected ",
    ),
    "changed-model": (
        lambda folder: (folder / "model.json").write_text(
            (folder / "model.json").read_text().replace("relu", "tanh")
        ),
        "was changed after the export: its SHA-256 is not the one in metadata.json",
    ),
    "newer-format": (
        lambda folder: edit(folder, formatVersion=7),
        "has bundle format 7; this kerasport reads formats up to 2.",
    ),
    "path-traversal": (
        lambda folder: edit(
            folder, files=[{"path": "../../etc/passwd", "bytes": 1, "sha256": "0" * 64}]
        ),
        "files.0.path: String should match pattern",
    ),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_bundle_says_what_is_broken(name: str, folder: Path) -> None:
    """Each defect has its own message, and nothing is loaded."""
    damage, message = BREAKAGES[name]
    damage(folder)

    with pytest.raises(BundleError) as error:
        Bundle.open(folder)

    assert message in str(error.value)


def test_the_runtime_names_a_layer_that_it_does_not_know(folder: Path) -> None:
    """A topology with a foreign layer is refused before anything is computed."""
    path = folder / "model.json"
    path.write_text(path.read_text().replace('"Flatten"', '"LSTM"'))

    with pytest.raises(BundleError, match="does not know the layer 'flatten' of class LSTM"):
        Runtime(Bundle.open(folder, check_files=False))


def test_the_runtime_takes_only_the_models_own_shape() -> None:
    """Pixels of another size are refused instead of being stretched in silence."""
    runtime = Runtime(Bundle.open(FROZEN))

    with pytest.raises(BundleError, match=r"shape \(1, 4, 4, 3\). Expected \[n, "):
        runtime.predict(np.zeros((1, 4, 4, 3), np.uint8))


def test_the_model_is_read_once(folder: Path) -> None:
    """Whoever asks again is answered from memory, though the file is gone."""
    bundle = Bundle.open(folder)
    (folder / "model.json").unlink()

    assert bundle.model() is bundle.model()
    assert bundle.layers() is bundle.layers()


def test_layers_come_in_the_order_of_computation() -> None:
    """Each layer names those whose outputs it takes; the last one answers."""
    topology = Bundle.open(FROZEN).topology()

    known: set[str] = set()
    for layer in topology.layers:
        assert known.issuperset(layer.inputs)
        known.add(layer.name)
    assert [layer.class_name for layer in topology.layers if not layer.inputs] == ["InputLayer"]
    assert topology.layers[-1].name == topology.output
    assert topology.layers[-1].class_name == "Softmax"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda model: model["modelTopology"].clear(),
            "modelTopology.model_config is undefined. Expected an object.",
        ),
        (
            lambda model: model.pop("modelTopology"),
            "modelTopology is undefined. Expected an object.",
        ),
        (
            lambda model: model.pop("weightsManifest"),
            "weightsManifest is undefined. Expected a list.",
        ),
        (
            lambda model: model["weightsManifest"][0]["paths"].append("model.js"),
            'paths[1] is "model.js". Expected a file that metadata.json lists.',
        ),
        (
            lambda model: model["weightsManifest"][0]["weights"].pop(),
            "the files and the manifest are of different models. Export the bundle again.",
        ),
        (
            lambda model: model["weightsManifest"][0]["weights"][0].update(dtype="int32"),
            'dtype is "int32". Expected float32, or fewer bits that stand for it.',
        ),
    ],
    ids=["empty", "no topology", "no manifest", "not listed", "too long", "integers"],
)
def test_a_wrong_model_file_says_what_is_wrong(
    change: Callable[[dict[str, Any]], Any], message: str, folder: Path
) -> None:
    """What contradicts the other files, or is not there, is refused by name."""
    path = folder / "model.json"
    model = json.loads(path.read_text())
    change(model)
    path.write_text(json.dumps(model))

    with pytest.raises(BundleError) as error:
        Runtime(Bundle.open(folder, check_files=False))

    assert message in str(error.value)


def test_the_digest_is_that_of_the_script(folder: Path) -> None:
    """A script element with the digest takes `model.js` as it lies there, or as it is written."""
    bundle = Bundle.open(folder)
    lying = hashlib.sha384((folder / "model.js").read_bytes()).digest()
    written = hashlib.sha384(b"".join(bundle.script_parts())).digest()
    integrity = bundle.integrity
    (folder / "model.js").unlink()

    assert integrity == f"sha384-{base64.b64encode(lying).decode()}"
    assert Bundle.open(folder).integrity == f"sha384-{base64.b64encode(written).decode()}"


def in_literals(script: str) -> str:
    """Return a script with its comments as literals, as earlier versions wrote them."""

    def literal(comment: re.Match[str]) -> str:
        text = re.sub("\u2028(.)", lambda found: chr(ord(found[1]) ^ 0x8000), comment[1])
        refused = '["\\\\\\n\\r\\u2028\\u2029\\ud800-\\udfff]'
        escaped = re.sub(refused, lambda found: f"\u2028{chr(ord(found[0]) ^ 0x8000)}", text)
        return f'"{escaped}");\n'

    return re.sub(r"function\(\)\{/\*([^*]*)\*/\}\);\n", literal, script)


@pytest.mark.parametrize("form", ["base64-first", "utf16-eager", "utf16-lazy", "utf16"])
def test_a_script_of_every_version_belongs_to_its_folder(form: str, folder: Path) -> None:
    """What was exported once opens for ever, and one byte more is somebody's."""
    if form != "base64-first":
        names = embedded_names(entry.path for entry in Bundle.open(folder).metadata.files)
        script = embed("frozen", 1, {name: (folder / name).read_bytes() for name in names})
        scripts = Path(embed.__code__.co_filename).parent / "scripts"
        present, wanted = ((scripts / f"{name}.js").read_text() for name in ("utf16", form))
        ends = [
            text.replace("FORMAT_VERSION", "1").replace("NAME", '"frozen"')
            for text in (present, wanted)
        ]
        text = script.decode("utf-16-le", "surrogatepass").replace(*ends)
        text = text if form == "utf16" else in_literals(text)
        (folder / "model.js").write_bytes(text.encode("utf-16-le", "surrogatepass"))
    Bundle.open(folder)

    with (folder / "model.js").open("ab") as file:
        file.write(b"\n")

    with pytest.raises(BundleError, match="is not what the files of its folder make"):
        Bundle.open(folder)


def test_activations_are_those_that_are_computed() -> None:
    """What a plan lets through, the runtime has a function for."""
    assert set(ACTIVATION_NAMES) == set(ACTIVATIONS)
    assert set(LAYER_RULES) == set(LAYERS)


def planned(layers: list[dict[str, Any]], weights: dict[str, tuple[int, ...]]) -> ModelPlan:
    """Plan a chain of layers behind an input of 64 x 64 x 1."""
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 64, 64, 1]}}
    for number, layer in enumerate([first, *layers]):
        layer["config"]["name"] = f"l{number}"
    model = {"class_name": "Sequential", "config": {"layers": [first, *layers]}}
    root = Field("model.json", "modelTopology", {"model_config": model})
    return plan_model(read_topology(root), weights, "model.json")


ENLARGED: dict[str, Any] = {"class_name": "UpSampling2D", "config": {"size": [128, 128]}}


def test_a_model_that_holds_too_much_at_a_time_is_refused() -> None:
    """Each layer is within its limit; three of them together are not."""
    layers = [ENLARGED, {"class_name": "ReLU", "config": {}}]
    assert planned(json.loads(json.dumps(layers)), {}).live_values == 2 * 2**26

    wide = [{"class_name": "UpSampling2D", "config": {"size": [128, 255]}}, *layers[1:]]
    padded = {"class_name": "MaxPooling2D", "config": {"pool_size": [3, 3], "strides": [1, 1]}}
    padded["config"]["padding"] = "same"
    with pytest.raises(BundleError, match="values are held for one picture at"):
        planned([*wide, padded], {})


def test_a_model_that_works_too_long_is_refused() -> None:
    """Ten thousand layers over a large map would take minutes."""
    layers = [ENLARGED, *({"class_name": "ReLU", "config": {}} for _ in range(200))]

    with pytest.raises(BundleError, match="take more than 549755813888 multiply-adds for one"):
        planned(json.loads(json.dumps(layers)), {})
