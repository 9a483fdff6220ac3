"""What the client has to know as Python does."""

from __future__ import annotations

import json
import re

from kerasport.exporter.gate import TFJS_LAYERS
from kerasport.pictures import FORMATS, MAX_PIXELS
from kerasport.runtime.activations import ACTIVATIONS
from kerasport.runtime.layers import LAYERS
from kerasport.twins import CONSTANTS_FILE, constants


def test_the_clients_constants_are_fresh() -> None:
    """The module that the client imports is what Python says now."""
    assert CONSTANTS_FILE.read_text(encoding="utf-8") == constants()


def _values() -> dict[str, object]:
    """The constants that are written, by name."""
    found = re.findall(
        r"^export const (\w+)(?:: [^=\n]+)? = ([^/].*?);$", constants(), re.MULTILINE | re.DOTALL
    )
    return {name: json.loads(value) for name, value in found}


def _words(type_name: str) -> list[str]:
    """The words that a type is written to be made of."""
    union = re.search(rf"^export type {type_name} =([^;]+);$", constants(), re.MULTILINE)
    assert union
    return [json.loads(word) for word in union[1].split("|")[1:]]


def test_the_clients_constants_have_pythons_values() -> None:
    """Values and words stand in it as they stand in Python."""
    found = _values()

    assert found["MAX_PIXELS"] == MAX_PIXELS
    assert found["TOLERANCES"] == {"cpu": 1e-5, "wasm": 1e-5, "webgl": 1e-4, "webgpu": 1e-4}
    assert found["MODEL_FILE"] == "model.json"
    assert found["COLOR_MODES"] == ["rgb", "grayscale"]
    assert found["CALIBRATION_METHODS"] == ["none", "temperature scaling", "Platt scaling"]
    assert found["OUTPUT_KINDS"] == ["probabilities", "labels"]


def test_the_clients_types_have_pythons_words() -> None:
    """A type is made of the words that Python writes, and of no others."""
    assert set(_words("LayerName")) == TFJS_LAYERS
    assert set(_words("ActivationName")) == set(ACTIVATIONS)
    assert _words("ColorMode") == ["rgb", "grayscale"]
    assert _words("PictureFormat") == list(FORMATS)


def test_the_clients_patterns_are_pythons() -> None:
    """A pattern is a literal of JavaScript, where a slash has to be escaped."""
    assert "\nexport const SHA256_PATTERN = /^[0-9a-f]{64}$/;\n" in constants()
    assert "(\\/[A-Za-z0-9_-]" in constants()


def test_the_numpy_runtime_knows_every_layer_that_is_written() -> None:
    """What passes the gate is what the exporter's read-back can compute, no more and no less."""
    assert set(LAYERS) == TFJS_LAYERS
