"""Heat maps in the browser against the same computation in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo
from support.serving import served

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.bundle import Bundle
from kerasport.errors import BundleError
from kerasport.explanation import explain
from kerasport.exporter import export

pytestmark = [pytest.mark.keras, pytest.mark.browser]

EXPLAIN = """\
async ([path, data, width, height, options]) => {
  const classifier = await kerasport.loadClassifier(path, { kind: 'any' });
  const told = [];
  const onProgress = (fraction) => void told.push(fraction);
  try {
    const picture = { data: Uint8Array.from(data), width, height, channels: 3 };
    const { heat, ...rest } = await classifier.explain(picture, { ...options, onProgress });
    return { ...rest, input: null, heat: Array.from(heat), told };
  } catch ({ code, message }) {
    return { code, message };
  } finally {
    classifier.dispose();
  }
}
"""


@pytest.fixture(scope="module")
def models(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that ends as class activation needs it, one that does not, and one of labels."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "client.js").write_bytes(web_asset(CLIENT_SCRIPT).read_bytes())
    (folder / "index.html").write_text('<!doctype html><script src="client.js"></script>')
    keras.utils.set_random_seed(4)
    layers = keras.layers
    body = [keras.Input(zoo.INPUT_SHAPE), layers.Rescaling(1 / 40), layers.Conv2D(6, 3, strides=2)]
    pooled = [layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(4), layers.Softmax()]
    flat = [layers.Flatten(), layers.Dense(4, activation="softmax")]
    marks = [layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(4, activation="sigmoid")]
    for name, head in {"pooled": pooled, "flat": flat, "labels": marks}.items():
        kind: Any = "labels" if name == "labels" else None
        model = keras.Sequential(body + head)
        export(model, folder / name, class_names=zoo.CLASS_NAMES, output_kind=kind)
    return folder


def ask(browser: Any, folder: Path, name: str, options: dict[str, object]) -> Any:
    page = browser.new_page()
    try:
        with served(folder) as address:
            page.goto(f"{address}/index.html")
            height, width, _ = zoo.INPUT_SHAPE
            return page.evaluate(
                EXPLAIN, [f"{name}/", picture().ravel().tolist(), width, height, options]
            )
    finally:
        page.close()


def picture() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, zoo.INPUT_SHAPE, dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "method", "used"),
    [
        ("pooled", "auto", "class-activation"),
        ("pooled", "occlusion", "occlusion"),
        ("flat", "auto", "occlusion"),
        ("labels", "auto", "class-activation"),
        ("labels", "occlusion", "occlusion"),
    ],
)
@pytest.mark.parametrize("class_index", [None, 2])
def test_heat_maps_are_those_of_python(
    name: str, method: Any, used: str, class_index: int | None, browser: Any, models: Path
) -> None:
    """Method, class and every value of the map agree, and something in it is hot."""
    options = {"method": method} | ({} if class_index is None else {"classIndex": class_index})

    received = ask(browser, models, name, options)

    expected_method, expected = explain(
        Bundle.open(models / name), picture(), class_index, method=method
    )
    assert received["method"] == expected_method == used
    assert (received["height"], received["width"]) == expected.shape
    # A fall of the probability is exact to 1e-6, and is divided by the largest one, which is 0.01
    # or more here.
    assert np.abs(np.array(received["heat"], np.float32) - expected.ravel()).max() <= 1e-4
    assert expected.max() == 1
    assert expected.min() < 0.5
    assert received["told"] == sorted(received["told"])
    assert received["told"][-1] == 1


def test_class_activation_is_refused_where_there_is_none(browser: Any, models: Path) -> None:
    """The browser and Python both say what to use instead."""
    received = ask(browser, models, "flat", {"method": "class-activation"})

    assert received["code"] == "invalid-argument"
    assert "'occlusion'" in received["message"]
    with pytest.raises(BundleError, match="'occlusion'"):
        explain(Bundle.open(models / "flat"), picture(), method="class-activation")


def test_a_class_that_is_not_there_is_refused(browser: Any, models: Path) -> None:
    """The message has the range."""
    received = ask(browser, models, "flat", {"classIndex": 4})

    assert received["code"] == "invalid-argument"
    assert "from 0 to 3" in received["message"]
