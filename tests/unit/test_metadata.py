"""The bundle's documents: schema freshness, versions, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from kerasport.bundle.metadata import FORMAT_VERSION, Metadata, parse_document
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
            "has bundle format 2; this kerasport reads formats up to 1. "
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
