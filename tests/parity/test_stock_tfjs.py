"""Stock TensorFlow.js, and nothing of ours in the page, loads every exported model over http."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from serving import served

pytestmark = [pytest.mark.keras, pytest.mark.browser]

STOCK = Path(__file__).parents[2] / "web" / "node_modules" / "@tensorflow" / "tfjs" / "dist"

INTERFACE = ["classNames", "inputShape", "colorMode", "rescaling", "preprocessing"]

PREDICT = """\
async ([path, backend, shape, pixels]) => {
  await tf.setBackend(backend);
  const model = await tf.loadLayersModel(path);
  const input = tf.tensor(pixels, shape, "float32");
  const output = model.predict(input);
  const values = Array.from(await output.data());
  const { kerasport } = model.getUserDefinedMetadata();
  const answer = { backend: tf.getBackend(), shape: output.shape, values, kerasport };
  tf.dispose([input, output]);
  model.dispose();
  return answer;
}
"""


@pytest.fixture(scope="module")
def site(exported_zoo: Any) -> Path:
    """A folder to serve: an empty page with stock TensorFlow.js, and a bundle of each model."""
    folder: Path = exported_zoo.folder
    shutil.copy(STOCK / "tf.min.js", folder)
    (folder / "index.html").write_text('<!doctype html><script src="tf.min.js"></script>')
    return folder


@pytest.mark.parametrize(("backend", "tolerance"), [("cpu", 1e-5), ("webgl", 1e-4)])
def test_stock_tensorflowjs_predicts_like_keras(
    backend: str, tolerance: float, site: Path, exported_zoo: Any, browser: Any
) -> None:
    """`tf.loadLayersModel` loads each model, which knows its classes and gives Keras' answers."""
    pixels = exported_zoo.pixels
    page = browser.new_page()
    differences = {}
    with served(site) as address:
        page.goto(f"{address}/index.html")
        for name in zoo.names():
            expected = exported_zoo.answers(name)
            answer = page.evaluate(
                PREDICT, [f"{name}/model.json", backend, pixels.shape, pixels.ravel().tolist()]
            )
            assert answer["backend"] == backend
            metadata = json.loads((site / name / "metadata.json").read_text())
            assert answer["kerasport"] == {key: metadata[key] for key in INTERFACE}
            received = np.array(answer["values"], np.float32).reshape(answer["shape"])
            differences[name] = float(np.abs(received - expected).max())
    page.close()

    # cpu sums in another order than Keras; a GPU's own exp and division are less exact.
    assert {name: d for name, d in differences.items() if not d <= tolerance} == {}
    assert len(differences) == len(zoo.names())
