"""Stock TensorFlow.js, and nothing of ours in the page, loads every exported model over http."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from serving import served

from kerasport.exporter import export
from kerasport.models import probabilities

pytestmark = [pytest.mark.keras, pytest.mark.browser]

STOCK = Path(__file__).parents[2] / "web" / "node_modules" / "@tensorflow" / "tfjs" / "dist"

PREDICT = """\
async ([path, backend, shape, pixels]) => {
  await tf.setBackend(backend);
  const model = await tf.loadLayersModel(path);
  const input = tf.tensor(pixels, shape, "float32");
  const output = model.predict(input);
  const values = Array.from(await output.data());
  const answer = { backend: tf.getBackend(), shape: output.shape, values };
  tf.dispose([input, output]);
  model.dispose();
  return answer;
}
"""


@pytest.fixture(scope="module")
def bundles(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve: an empty page with stock TensorFlow.js, and a bundle of each model."""
    folder = tmp_path_factory.mktemp("stock")
    shutil.copy(STOCK / "tf.min.js", folder)
    (folder / "index.html").write_text('<!doctype html><script src="tf.min.js"></script>')
    for name in zoo.names():
        export(zoo.build(name, keras), folder / name, class_names=zoo.CLASS_NAMES)
    return folder


@pytest.mark.parametrize(("backend", "tolerance"), [("cpu", 1e-5), ("webgl", 1e-4)])
def test_stock_tensorflowjs_predicts_like_keras(
    backend: str, tolerance: float, bundles: Path, keras: Any, browser: Any
) -> None:
    """`tf.loadLayersModel` loads each model and gives Keras' probabilities."""
    pixels = np.random.default_rng(7).integers(0, 256, (3, *zoo.INPUT_SHAPE), dtype=np.uint8)
    page = browser.new_page()
    differences = {}
    with served(bundles) as address:
        page.goto(f"{address}/index.html")
        for name in zoo.names():
            answer = page.evaluate(
                PREDICT, [f"{name}/model.json", backend, pixels.shape, pixels.ravel().tolist()]
            )
            assert answer["backend"] == backend
            expected = probabilities(zoo.build(name, keras), pixels)
            received = np.array(answer["values"], np.float32).reshape(answer["shape"])
            differences[name] = float(np.abs(received - expected).max())
    page.close()

    # cpu sums in another order than Keras; a GPU's own exp and division are less exact.
    assert {name: d for name, d in differences.items() if not d <= tolerance} == {}
    assert len(differences) == len(zoo.names())
