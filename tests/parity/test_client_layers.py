"""Every layer that the exporter writes, run by the client library, against Keras."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.serving import served

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.parity.compare.tally import TOLERANCES

pytestmark = [pytest.mark.keras, pytest.mark.browser]

PREDICT = """\
async ([path, backend, pictures]) => {
  const classifier = await kerasport.loadClassifier(path, { backend, worker: false, kind: 'any' });
  const answers = [];
  for (const data of pictures) {
    answers.push(Array.from(await classifier.predict({ data: Uint8Array.from(data) })));
  }
  const { tensors } = await classifier.memory();
  await classifier.predict({ data: Uint8Array.from(pictures[0]) });
  const leaked = (await classifier.memory()).tensors - tensors;
  classifier.dispose();
  return { backend: classifier.backend, leaked, answers };
}
"""


@pytest.fixture(scope="module")
def bundles(exported_zoo: Any) -> Path:
    """The folder to serve: a bundle of each model, and a page with the client library."""
    folder: Path = exported_zoo.folder
    for script in web_asset(CLIENT_SCRIPT).parent.glob("*.iife.js"):
        shutil.copy(script, folder)
    page = f'<!doctype html><script src="{CLIENT_SCRIPT}"></script>'
    (folder / "client.html").write_text(page)
    return folder


# Graphics in software take seconds per model, and stock TensorFlow.js runs every layer on them
# in a test of its own: a part shows that the client finds and runs its kernels.
MODELS = {"wasm": zoo.names(), "cpu": zoo.names()[::8], "webgl": zoo.names()[::20]}


@pytest.mark.parametrize("backend", MODELS)
def test_the_client_computes_every_layer_like_keras(
    backend: str, bundles: Path, exported_zoo: Any, browser: Any
) -> None:
    """Each model gives Keras' probabilities and leaves no tensor behind."""
    pictures = exported_zoo.pixels[:2].reshape(2, -1).tolist()
    page = browser.new_page()
    differences = {}
    leaks = {}
    with served(bundles) as address:
        page.goto(f"{address}/client.html")
        for name in MODELS[backend]:
            expected = exported_zoo.answers(name)[:2]
            answer = page.evaluate(PREDICT, [f"{name}/", backend, pictures])
            assert answer["backend"] == backend
            leaks[name] = answer["leaked"]
            received = np.array(answer["answers"], np.float32)
            differences[name] = float(np.abs(received - expected).max())
    page.close()

    assert {name: d for name, d in differences.items() if not d <= TOLERANCES[backend]} == {}
    assert set(leaks.values()) == {0}
    assert list(differences) == MODELS[backend]
