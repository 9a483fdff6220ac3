"""Winograd's way in numpy: the same sums as plain ones, and the bits of the client's kernels."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.runtime.layers import LAYERS
from kerasport.runtime.winograd import winograd_convolution

GOLDEN = Path(__file__).parents[1] / "golden" / "winograd.json"
CASES = json.loads(GOLDEN.read_text("utf-8"))["cases"]


def floats(text: str, *shape: int) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)


@pytest.mark.parametrize("side", [2, 4])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("shape", [(3, 3, 1), (4, 9, 3), (7, 6, 5), (10, 5, 16)])
def test_tiles_give_what_plain_sums_give(
    side: int, padding: str, shape: tuple[int, int, int]
) -> None:
    """In float64 the two ways are equal, for sides that are no multiple of the tile's too."""
    generator = np.random.default_rng(sum(shape))
    x = generator.normal(size=(2, *shape))
    weights = {
        "kernel": generator.normal(size=(3, 3, shape[2], 4)),
        "bias": generator.normal(size=4),
    }
    config = {"kernel_size": [3, 3], "strides": [1, 1], "padding": padding, "activation": "relu"}

    received = winograd_convolution(config, weights, [x], side)

    expected = LAYERS["Conv2D"](config, weights, [x])
    assert received.shape == expected.shape
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("side", "times"), [(2, 4), (4, 12)])
def test_rounding_in_float32_is_bounded(side: int, times: float) -> None:
    """Tiles of 2 round about as plain sums do, tiles of 4 a few times as much; all is float32."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(1, 12, 12, 64)).astype(np.float32)
    kernel = generator.normal(size=(3, 3, 64, 16)).astype(np.float32)
    config = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same"}
    exact = LAYERS["Conv2D"](config, {"kernel": kernel.astype(float)}, [x.astype(float)])

    received = winograd_convolution(config, {"kernel": kernel}, [x], side)

    assert received.dtype == np.float32
    rounding = np.sqrt(np.square(received - exact).mean())
    # One rounding of each product and sum, independent of each other.
    plain = 2.0**-24 * np.sqrt(9 * 64) * np.sqrt(np.square(exact).mean()) / np.sqrt(3)
    assert 0 < rounding < times * plain


def test_strips_of_tiles_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that is computed in several strips gives the same as in one."""
    generator = np.random.default_rng(2)
    x, kernel = generator.normal(size=(1, 21, 9, 4)), generator.normal(size=(3, 3, 4, 5))
    config = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same"}
    whole = winograd_convolution(config, {"kernel": kernel}, [x], 4)

    monkeypatch.setattr("kerasport.runtime.winograd._MAX_TRANSFORMED", 1)

    np.testing.assert_array_equal(winograd_convolution(config, {"kernel": kernel}, [x], 4), whole)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['padding']}-{case['side']}")
def test_one_channel_has_the_bits_of_the_kernels(case: dict[str, Any]) -> None:
    """The golden file, against which the client's plain binary is tested too, holds for ever."""
    filters = case["outputShape"][2]
    weights = {
        "kernel": floats(case["kernel"], 3, 3, 1, filters),
        "bias": floats(case["bias"], filters),
    }
    x = floats(case["x"], 1, *case["shape"])

    received = winograd_convolution({"padding": case["padding"]}, weights, [x], case["side"])

    np.testing.assert_array_equal(received[0], floats(case["expected"], *case["outputShape"]))
