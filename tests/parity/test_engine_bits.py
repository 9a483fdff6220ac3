"""The engine gives the same bits in Python as in a browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.serving import served

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle

pytestmark = [pytest.mark.keras, pytest.mark.browser]

BITS = """\
async ([path, pictures]) => {
  const options = { backend: 'wasm', binary: 'plain', worker: false, kind: 'any' };
  const classifier = await kerasport.loadClassifier(path, options);
  const answers = [];
  for (const data of pictures) {
    const answer = await classifier.predict({ data: Uint8Array.from(data) });
    answers.push(Array.from(new Uint32Array(answer.buffer)));
  }
  classifier.dispose();
  return answers;
}
"""


@pytest.fixture(scope="module")
def bundles(exported_zoo: Any) -> Path:
    """The folder to serve: a bundle of each model, and a page with the client library."""
    folder: Path = exported_zoo.folder
    shutil.copy(web_asset(CLIENT_SCRIPT), folder)
    page = f'<!doctype html><script src="{CLIENT_SCRIPT}"></script>'
    (folder / "bits.html").write_text(page)
    return folder


def test_every_layer_has_the_same_bits_in_python_and_chromium(
    bundles: Path, exported_zoo: Any, browser: Any
) -> None:
    """Each model's answers on the binary without relaxed SIMD agree in every bit."""
    pytest.importorskip("wasmtime")
    from kerasport.engine import Engine

    pixels = exported_zoo.pixels[:2]
    page = browser.new_page()
    differing = {}
    with served(bundles) as address:
        page.goto(f"{address}/bits.html")
        for name in zoo.names():
            exported_zoo.answers(name)
            answers = Engine(Bundle.open(bundles / name, check_files=False)).predict(pixels)
            received = page.evaluate(BITS, [f"{name}/", pixels.reshape(2, -1).tolist()])
            bits = answers.view(np.uint32).tolist()
            if received != bits:
                differing[name] = (received, bits)
    page.close()

    assert differing == {}
