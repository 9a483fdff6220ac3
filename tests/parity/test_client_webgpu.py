"""The client library on WebGPU, in software: a file's answer is Keras'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.models import load_model, probabilities
from kerasport.parity.browsers.chromium import CHROMIUM_FLAGS, WEBGPU_FLAGS, find_chromium
from kerasport.parity.compare.tally import TOLERANCES
from kerasport.preprocess import preprocess

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PICTURES = Path(__file__).parents[1] / "golden" / "pictures"

CLASSIFY = """\
async (worker) => {
  const classifier = await kerasport.loadClassifier(undefined, { backend: "webgpu", worker });
  const answers = [];
  for (const file of document.querySelector("#files").files) {
    const { probabilities } = await classifier.classify(file);
    answers.push(Array.from(probabilities));
  }
  const { backend, usesWorker } = classifier;
  const { passed } = await classifier.selfTest();
  classifier.dispose();
  return { backend, usesWorker, passed, answers };
}
"""


@pytest.fixture(scope="module")
def gpu_page(
    browser: Any, digits_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A page on file:// with the digits model, in a Chromium with WebGPU."""
    document = tmp_path_factory.mktemp("webgpu") / "page.html"
    document.write_text(
        f'<!doctype html><script src="{web_asset(CLIENT_SCRIPT).as_uri()}"></script>'
        f'<script src="{(digits_bundle.path / "model.js").as_uri()}"></script>'
        '<input id="files" type="file" multiple>'
    )
    launched = browser.browser_type.launch(
        executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, *WEBGPU_FLAGS]
    )
    page = launched.new_page()
    page.goto(document.as_uri())
    if not page.evaluate("navigator.gpu?.requestAdapter().then((adapter) => Boolean(adapter))"):
        launched.close()
        pytest.skip("this Chromium has no WebGPU")
    yield page
    launched.close()


@pytest.mark.parametrize("worker", [True, False], ids=["worker", "page"])
def test_a_file_gets_keras_probabilities_on_webgpu(
    worker: bool, gpu_page: Any, digits_run: Any
) -> None:
    """Each probability is within 1e-4: graphics processors round exponentials more freely."""
    paths = [PICTURES / "orientation-6.jpg", PICTURES / "alpha.png", PICTURES / "rgb.png"]
    gpu_page.set_input_files("#files", paths)

    received = gpu_page.evaluate(CLASSIFY, worker)

    assert received["backend"] == "webgpu"
    assert received["usesWorker"] is worker
    assert received["passed"]
    model = load_model(digits_run.model_path)
    for path, answer in zip(paths, received["answers"], strict=True):
        pixels = preprocess(path, digits_run.image_spec)
        expected = probabilities(model, pixels[None])[0]
        assert TOLERANCES["webgpu"] == 1e-4
        assert max(abs(answer - expected)) <= TOLERANCES["webgpu"]
