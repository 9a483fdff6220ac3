"""Stock TensorFlow.js, and nothing of ours in the page, loads every exported model over http."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.serving import served

from kerasport.assets import stock_asset
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering import lower
from kerasport.exporter.write import write_model

pytestmark = [pytest.mark.keras, pytest.mark.browser]

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
    shutil.copy(stock_asset("tfjs/dist/tf.min.js"), folder)
    (folder / "index.html").write_text('<!doctype html><script src="tf.min.js"></script>')
    return folder


@pytest.mark.parametrize(("backend", "tolerance"), [("cpu", 1e-5), ("webgl", 1e-4)])
def test_stock_tensorflowjs_predicts_like_keras(
    backend: str,
    tolerance: float,
    site: Path,
    exported_zoo: Any,
    browser: Any,
    request: pytest.FixtureRequest,
) -> None:
    """`tf.loadLayersModel` loads each model, which knows its classes and gives Keras' answers."""
    pixels = exported_zoo.pixels
    answers = {name: exported_zoo.answers(name) for name in zoo.names()}
    names = zoo.names()
    # Graphics in software take their time, and of most layers there are many models.
    if backend == "webgl" and not request.config.getoption("--every-model"):
        names = zoo.covering(site, names)
    page = browser.new_page()
    differences = {}
    with served(site) as address:
        page.goto(f"{address}/index.html")
        for name in names:
            answer = page.evaluate(
                PREDICT, [f"{name}/model.json", backend, pixels.shape, pixels.ravel().tolist()]
            )
            assert answer["backend"] == backend
            metadata = json.loads((site / name / "metadata.json").read_text())
            # Who looks for a winner has to hear that there is none.
            told = (*INTERFACE, "output") if metadata["formatVersion"] == 2 else INTERFACE
            assert answer["kerasport"] == {key: metadata[key] for key in told}
            received = np.array(answer["values"], np.float32).reshape(answer["shape"])
            differences[name] = float(np.abs(received - answers[name]).max())
    page.close()

    # cpu sums in another order than Keras; a GPU's own exp and division are less exact.
    assert {name: d for name, d in differences.items() if not d <= tolerance} == {}
    assert len(differences) == len(names)


LOAD = """\
async (path) => {
  await tf.setBackend("cpu");
  const late = (resolve, reject) => setTimeout(() => reject(new Error("it waits for ever")), 60000);
  const model = await Promise.race([tf.loadLayersModel(path), new Promise(late)]);
  const count = model.countParams();
  model.dispose();
  return count;
}
"""


def test_a_large_model_loads_from_a_server_that_forbids_caching(
    site: Path, browser: Any, tmp_path: Path
) -> None:
    """With more files than a browser has connections to a server, this would wait for ever."""
    # Ten files of 4 MiB, if they were cut there.
    side, units = 1300, 2
    nodes = [
        Node("in", "InputLayer", {"batch_shape": [None, side, side, 3]}),
        Node("scale", "Rescaling", {"scale": 0.5, "offset": 0.0}, ["in"]),
        Node("flat", "Flatten", {}, ["scale"]),
        Node(
            "out",
            "Dense",
            {"units": units, "use_bias": False, "activation": "softmax"},
            ["flat"],
            {"kernel": np.ones((side * side * 3, units), np.float32)},
        ),
    ]
    graph = lower(Graph("large", {node.name: node for node in nodes}, "in", "out"))
    write_model(graph, tmp_path, generated_by="test")
    for name in ("index.html", "tf.min.js"):
        shutil.copy(site / name, tmp_path)
    page = browser.new_page()

    with served(tmp_path, cache_control="no-store") as address:
        page.goto(f"{address}/index.html")
        count = page.evaluate(LOAD, "model.json")

    page.close()
    assert count == side * side * 3 * units
