"""The whole path in a real browser, from file://, against Keras: the reason for this project."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.measuring import BACKENDS, gather_expectations, measure

from kerasport.bundle import Bundle
from kerasport.models import load_model, probabilities
from kerasport.parity.witnesses.playwright_page import chromium_page
from kerasport.preprocess import preprocess

pytestmark = pytest.mark.browser

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.keras
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_browser_predicts_like_keras_on_the_same_files(
    backend: str, digits_run: Any, digits_bundle: Bundle, browser: Any, tmp_path: Path
) -> None:
    """Real digits: identical pixels, probabilities within tolerance, the same best class."""
    data = json.loads((digits_run.path / "data.json").read_text())
    root = Path(data["root"])
    for source in sorted(root.rglob("*.png"))[::30]:
        shutil.copy(source, tmp_path / f"{source.parent.name}-{source.name}")
    expectations = gather_expectations(digits_bundle, digits_run, tmp_path)

    with chromium_page(browser, digits_bundle, backend) as page:
        witness = measure(page.identity, expectations, page.ask(expectations))

    assert witness.pictures >= 50
    assert witness.differing_pixels == 0
    assert witness.max_absolute_difference <= witness.tolerance
    assert witness.top1_agreement == 1.0


@pytest.mark.keras
def test_the_recorded_sample_answers_are_keras_own(digits_run: Any, digits_bundle: Bundle) -> None:
    """What the bundle says of its samples is what the run's Keras model answers."""
    model = load_model(digits_run.model_path)
    spec = digits_bundle.metadata.image_spec

    for sample in digits_bundle.samples():
        pixels = preprocess(digits_bundle.path / sample.file, spec)
        expected = probabilities(model, pixels[None])[0]
        # One picture at a time here, all at once at export: the sums may be ordered differently.
        assert np.abs(np.array(sample.probabilities, np.float32) - expected).max() <= 1e-6


@pytest.mark.parametrize("frozen", ["bundle-v1", "bundle-v2"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_bundle_predicts_the_same_in_the_browser(
    backend: str, frozen: str, browser: Any
) -> None:
    """A bundle of each format loads for ever, with the recorded pixels and probabilities."""
    bundle = Bundle.open(GOLDEN / frozen)
    expectations = gather_expectations(bundle)

    with chromium_page(browser, bundle, backend) as page:
        witness = measure(page.identity, expectations, page.ask(expectations))

    assert witness.passed, witness


PIXELS = """\
async (specs) => {
  const decoded = [];
  const files = document.querySelector("#files").files;
  for (let i = 0; i < files.length; i++) {
    const { data } = await kerasport.preprocessImage(files[i], specs[i]);
    let binary = "";
    for (const level of data) binary += String.fromCharCode(level);
    decoded.push(btoa(binary));
  }
  return decoded;
}
"""


def test_picture_files_become_the_same_bytes_in_the_browser(client_page: Any) -> None:
    """Decode, orientation, alpha, gray, fit and resize of every golden picture: 0 bytes differ."""
    cases = json.loads((GOLDEN / "pictures.json").read_text())["cases"]
    differing = {}
    for start in range(0, len(cases), 30):
        batch = cases[start : start + 30]
        client_page.set_input_files(
            "#files", [GOLDEN / "pictures" / case["file"] for case in batch]
        )
        received = client_page.evaluate(PIXELS, [case["spec"] for case in batch])
        for case, text in zip(batch, received, strict=True):
            expected = np.frombuffer(base64.b64decode(case["expected"]), np.uint8)
            pixels = np.frombuffer(base64.b64decode(text), np.uint8)
            if pixels.shape != expected.shape or (pixels != expected).any():
                differing[f"{case['file']} {case['spec']['fit']}"] = (
                    int(np.abs(pixels.astype(int) - expected).max())
                    if pixels.shape == expected.shape
                    else "another shape"
                )
    assert differing == {}
