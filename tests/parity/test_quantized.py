"""Quantised weights in real TensorFlow.js: the same floats, and a bundle that verifies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.serving import served

from kerasport.assets import stock_asset
from kerasport.bundle import Bundle
from kerasport.exporter import export
from kerasport.parity import verify

pytestmark = [pytest.mark.keras, pytest.mark.browser]

WEIGHTS = """\
async (path) => {
  await tf.setBackend("cpu");
  const model = await tf.loadLayersModel(path);
  return model.weights.map((weight) => {
    const values = weight.read().dataSync();
    const bits = new Uint32Array(values.slice().buffer);
    return [weight.originalName, Array.from(bits)];
  });
}
"""


def test_stock_tensorflowjs_gets_the_same_bits(keras: Any, browser: Any, tmp_path: Path) -> None:
    """Each type becomes the float32 that Python computes with, bit by bit."""
    shutil.copy(stock_asset("tfjs/dist/tf.min.js"), tmp_path)
    (tmp_path / "index.html").write_text('<!doctype html><script src="tf.min.js"></script>')
    model = zoo.build("residual", keras)
    kinds = ("float16", "uint16", "uint8")
    expected = {
        kind: export(model, tmp_path / kind, class_names=zoo.CLASS_NAMES, quantize=kind).weights()
        for kind in kinds
    }
    page = browser.new_page()
    with served(tmp_path) as address:
        page.goto(f"{address}/index.html")
        for kind in kinds:
            received = dict(page.evaluate(WEIGHTS, f"{kind}/model.json"))
            assert set(received) == set(expected[kind])
            for name, array in expected[kind].items():
                bits = np.array(received[name], np.uint32)
                assert bits.tobytes() == array.tobytes(), (kind, name)
    page.close()
    stored = {
        entry.get("quantization", {}).get("dtype")
        for kind in kinds
        for entry in Bundle.open(tmp_path / kind).model()["weightsManifest"][0]["weights"]
    }
    assert stored == {None, *kinds}


def test_a_quantized_bundle_verifies(digits_run: Any, tmp_path: Path) -> None:
    """With and without the run the browser is held to the stored weights, at the usual 1e-5."""
    bundle = export(digits_run, tmp_path / "model", quantize="uint8")

    recorded = verify(bundle, backends=["wasm"])
    anew = verify(bundle, run=digits_run, backends=["cpu"])

    assert recorded.passed, recorded
    assert recorded.reference == "the answers of the uint8 weights in numpy, recorded at export"
    assert anew.passed, anew
    assert anew.reference == "the bundle's uint8 weights, run in numpy now"
    # Parity is with the stored weights; how far these are from the original is shown beside it.
    for parity in (recorded, anew):
        agreement = parity.witnesses[0].float_agreement
        assert agreement is not None
        assert agreement.pictures == len(bundle.samples())
        assert 1e-5 < agreement.max_absolute_difference < 0.1
