"""The bundle's documents: schema freshness, versions, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pytest

from kerasport.bundle.document import FORMAT_VERSION, parse_document
from kerasport.bundle.metadata import Metadata
from kerasport.bundle.schema import SCHEMA_FOLDER, schemas
from kerasport.errors import BundleError


def document(**changes: Any) -> dict[str, Any]:
    """A small valid metadata.json."""
    return {
        "formatVersion": 1,
        "kerasportVersion": "0.1.0",
        "name": "digits",
        "classNames": ["zero", "one"],
        "inputShape": [16, 12, 1],
        "colorMode": "grayscale",
        "inputRange": [0, 255],
        "rescaling": {"scale": 1 / 255, "offset": 0.0},
        "preprocessing": {"fit": "pad", "resample": "bicubic", "background": [0, 0, 0]},
        "output": {"kind": "probabilities", "activation": "softmax"},
        "files": [{"path": "model.json", "bytes": 3, "sha256": "0" * 64}],
        **changes,
    }


def test_the_written_schemas_are_fresh() -> None:
    """The schemas in the package are those that the models give now; `make schema` renews them."""
    written = {path.name: path.read_text(encoding="utf-8") for path in SCHEMA_FOLDER.iterdir()}

    assert written == schemas()


def test_a_document_survives_the_round_trip_and_its_schema() -> None:
    """What is written validates against the shipped schema and reads back as the same."""
    metadata = parse_document(Metadata, json.dumps(document()), "metadata.json")
    text = metadata.to_json()

    jsonschema.validate(json.loads(text), json.loads(schemas()["metadata.schema.json"]))
    assert parse_document(Metadata, text, "metadata.json") == metadata
    assert '"classNames"' in text


def test_the_specification_comes_from_the_document() -> None:
    """Shape, mode, fit, filter and background reach the preprocessing unchanged."""
    spec = parse_document(Metadata, json.dumps(document()), "metadata.json").image_spec

    assert (spec.height, spec.width, spec.channels) == (16, 12, 1)
    assert (spec.fit, spec.resample, spec.background) == ("pad", "bicubic", (0, 0, 0))


def labels_document(**changes: Any) -> dict[str, Any]:
    """A small valid metadata.json of a model of two labels."""
    output = {"kind": "labels", "activation": "sigmoid", "thresholds": [0.1, 0.75], "aim": "f1"}
    return document(formatVersion=2, output=output, **changes)


def test_labels_survive_the_round_trip_and_their_schema() -> None:
    """Kind and thresholds are written as they were read, in the second version of the format."""
    metadata = parse_document(Metadata, json.dumps(labels_document()), "metadata.json")
    text = metadata.to_json()

    jsonschema.validate(json.loads(text), json.loads(schemas()["metadata.schema.json"]))
    assert parse_document(Metadata, text, "metadata.json") == metadata
    assert metadata.labels_output is not None
    assert metadata.labels_output.thresholds == [0.1, 0.75]
    assert metadata.interface.to_dict()["output"]["thresholds"] == [0.1, 0.75]


def test_a_label_holds_from_its_threshold_on_in_float32() -> None:
    """The float32 next to 0.1 is above it as a double, and so is what just reaches it."""
    metadata = parse_document(Metadata, json.dumps(labels_document()), "metadata.json")
    output = metadata.labels_output
    assert output is not None
    just = np.float32(0.1)
    below = np.nextafter(just, np.float32(0))

    held = output.holding(np.array([[just, 0.75], [below, 1.0], [0.9, 0.7499]], np.float32))

    assert held.tolist() == [[True, True], [False, True], [True, False]]


def test_what_one_winner_is_described_by_names_no_labels() -> None:
    """`model.json` of a model that chooses one class keeps the fields of the first version."""
    metadata = parse_document(Metadata, json.dumps(document()), "metadata.json")

    assert metadata.format_version == 1
    assert metadata.labels_output is None
    assert "output" not in metadata.interface.to_dict()


def test_unknown_fields_are_ignored() -> None:
    """A field that a later version adds does not stop this one."""
    text = json.dumps(document(later={"a": 1}, __proto__={"b": 2}))

    assert parse_document(Metadata, text, "metadata.json").name == "digits"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "'m.json' is not JSON (line 1:"),
        (
            json.dumps(document(formatVersion=FORMAT_VERSION + 1)),
            "has bundle format 3; this kerasport reads formats up to 2. "
            "Upgrade it with: pip install --upgrade kerasport",
        ),
        ("[]", "is not a valid Metadata document"),
        (json.dumps(document(classNames=["a"])), "classNames: List should have at least 2 items"),
        (json.dumps(document(classNames=["a", "a"])), "'a' occurs twice"),
        (json.dumps(document(inputShape=[16, 16, 3])), "inputShape ends in 3"),
        (json.dumps(document(inputRange=[0, 1])), "inputRange.1: Input should be 255"),
        (
            json.dumps(document(files=[{"path": "../x", "bytes": 1, "sha256": "0" * 64}])),
            "files.0.path: String should match pattern",
        ),
        (
            json.dumps(document(files=[{"path": "/etc/passwd", "bytes": 1, "sha256": "0" * 64}])),
            "files.0.path: String should match pattern",
        ),
    ],
    ids=[
        "not-json",
        "newer-format",
        "not-an-object",
        "one-class",
        "same-class-twice",
        "channels",
        "input-range",
        "path-upwards",
        "absolute-path",
    ],
)
def test_wrong_documents_say_what_is_wrong(text: str, message: str) -> None:
    """Each defect is refused with the place and the expectation."""
    with pytest.raises(BundleError) as error:
        parse_document(Metadata, text, "m.json")

    assert message in str(error.value)
