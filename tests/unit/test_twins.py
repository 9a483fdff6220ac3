"""What the client has to know as Python does."""

from __future__ import annotations

import json
import re

from kerasport.exporter.gate import TFJS_LAYERS
from kerasport.pictures import MAX_PIXELS
from kerasport.runtime.layers import LAYERS
from kerasport.twins import CONSTANTS_FILE, constants


def test_the_clients_constants_are_fresh() -> None:
    """The module that the client imports is what Python says now."""
    assert CONSTANTS_FILE.read_text(encoding="utf-8") == constants()


def test_the_clients_constants_have_pythons_values() -> None:
    """Values and words stand in it as they stand in Python."""
    found = {
        name: json.loads(value)
        for name, value in re.findall(
            r"^export const (\w+) = (.+?) as const;$", constants(), re.MULTILINE | re.DOTALL
        )
    }

    assert found["MAX_PIXELS"] == MAX_PIXELS
    assert found["TOLERANCES"] == {"cpu": 1e-5, "wasm": 1e-5, "webgl": 1e-4, "webgpu": 1e-4}
    assert found["MODEL_FILE"] == "model.json"
    assert found["COLOR_MODES"] == ["rgb", "grayscale"]
    assert set(found["LAYER_NAMES"]) == TFJS_LAYERS


def test_the_numpy_runtime_knows_every_layer_that_is_written() -> None:
    """What passes the gate is what the exporter's read-back can compute, no more and no less."""
    assert set(LAYERS) == TFJS_LAYERS
