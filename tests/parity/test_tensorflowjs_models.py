"""Models that TensorFlow.js made and saved in a page: the bundle answers as they did there."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.serving import served

from kerasport.assets import stock_asset
from kerasport.errors import ExportError
from kerasport.exporter import export
from kerasport.runtime import Runtime

pytestmark = [pytest.mark.keras, pytest.mark.browser]

SHAPE = (9, 8, 4)
PIXELS = np.random.default_rng(2).integers(0, 256, (3, 9, 8, 3), dtype=np.uint8)

MAKE = """\
async ([layers, shape, pixels]) => {
  await tf.setBackend("cpu");
  const model = tf.sequential();
  layers.forEach(([name, config]) => model.add(tf.layers[name](config)));
  const random = (w, low, high, seed) => tf.randomUniform(w.shape, low, high, "float32", seed);
  const seeded = model.getWeights().map((w, i) => random(w, 0.1, 0.9, i));
  const signs = seeded.map((w, i) => random(w, 0, 1, 90 + i).greater(0.4));
  const positive = model.weights.map((w) => w.name.includes("variance"));
  model.setWeights(
    seeded.map((w, i) => (positive[i] ? w : tf.where(signs[i], w, w.neg()))),
  );
  const answer = model.predict(tf.tensor(pixels, shape, "float32"));
  let saved;
  await model.save(tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  }));
  const bytes = new Uint8Array(saved.weightData);
  return {
    values: Array.from(await answer.data()),
    topology: saved.modelTopology,
    specs: saved.weightSpecs,
    weights: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
  };
}
"""

START = [
    ["inputLayer", {"inputShape": [9, 8, 3]}],
    ["rescaling", {"scale": 1 / 255}],
    ["conv2d", {"filters": 4, "kernelSize": 1}],
]
END = [
    ["flatten", {}],
    ["dense", {"units": 4, "activation": "linear"}],
    ["rescaling", {"scale": 0.05}],
    ["softmax", {"axis": -1}],
]

SAME: dict[str, list[Any]] = {
    "conv2d": ["conv2d", {"filters": 3, "kernelSize": [2, 3], "strides": 2, "padding": "same"}],
    "conv2d dilated": ["conv2d", {"filters": 3, "kernelSize": 2, "dilationRate": 2}],
    "conv2d channels first": [
        "conv2d",
        {"filters": 3, "kernelSize": 2, "dataFormat": "channelsFirst"},
    ],
    "depthwise dilated": ["depthwiseConv2d", {"kernelSize": 3, "dilationRate": 2}],
    "depthwise": ["depthwiseConv2d", {"kernelSize": 3, "depthMultiplier": 2, "padding": "same"}],
    "separable dilated": ["separableConv2d", {"filters": 3, "kernelSize": 2, "dilationRate": 2}],
    "transposed same": [
        "conv2dTranspose",
        {"filters": 3, "kernelSize": 3, "strides": 2, "padding": "same"},
    ],
    "transposed valid": ["conv2dTranspose", {"filters": 3, "kernelSize": 2, "strides": 3}],
    "batch normalization": ["batchNormalization", {}],
    "batch normalization of the last axis": ["batchNormalization", {"axis": 3, "epsilon": 0.01}],
    "layer normalization": ["layerNormalization", {}],
    "layer normalization over two": ["layerNormalization", {"axis": [1, 2]}],
    "max pooling": ["maxPooling2d", {"poolSize": 2, "padding": "same"}],
    "average pooling": ["averagePooling2d", {"poolSize": 3, "strides": 2, "padding": "same"}],
    "global max pooling": ["globalMaxPooling2d", {}],
    "global average, channels first": ["globalAveragePooling2d", {"dataFormat": "channelsFirst"}],
    "upsampling nearest": ["upSampling2d", {"size": [2, 3]}],
    "zero padding": ["zeroPadding2d", {"padding": [[1, 2], [0, 3]]}],
    "cropping": ["cropping2D", {"cropping": [[1, 2], [0, 3]]}],
    "flatten channels first": ["flatten", {"dataFormat": "channelsFirst"}],
    "permute": ["permute", {"dims": [3, 1, 2]}],
    "relu of at most": ["reLU", {"maxValue": 0.5}],
    "leaky relu": ["leakyReLU", {}],
    "elu": ["elu", {}],
    "prelu": ["prelu", {}],
    "prelu shared": ["prelu", {"sharedAxes": [1, 2]}],
    "thresholded relu": ["thresholdedReLU", {}],
    "softmax over the last axis": ["softmax", {"axis": -1}],
    "softmax over a picture": ["softmax", {"axis": [1, 2]}],
    "rescaling": ["rescaling", {"scale": 2, "offset": -1}],
    "dropout": ["dropout", {"rate": 0.5}],
    "gaussian noise": ["gaussianNoise", {"stddev": 1}],
    **{
        f"activation {name}": ["activation", {"activation": name}]
        for name in (
            *("elu", "relu", "relu6", "selu", "sigmoid", "hardSigmoid", "softplus", "softsign"),
            *("tanh", "softmax", "logSoftmax", "swish", "mish", "gelu", "linear"),
        )
    },
}
"""Layers whose models are exported, with settings at which the two could differ."""

OTHER: dict[str, tuple[list[Any], str]] = {
    "upsampling bilinear": (
        ["upSampling2d", {"interpolation": "bilinear"}],
        "enlarges by other corners than Keras",
    ),
    "resizing": (
        ["resizing", {"height": 5, "width": 6}],
        "resizes by other corners than Keras",
    ),
    "center crop": (["centerCrop", {"height": 5, "width": 5}], "crops beside the centre"),
}
"""Layers that TensorFlow.js computes otherwise than Keras."""


def test_a_normalization_over_another_axis_is_refused(page: Any, tmp_path: Path) -> None:
    """TensorFlow.js' backends compute it each in their way, so there is no right answer."""
    layers = [*START, ["batchNormalization", {"axis": 1}], *END]
    made = page.evaluate(MAKE, [layers, PIXELS.shape, PIXELS.ravel().tolist()])
    file = _saved(made["topology"], made["specs"], base64.b64decode(made["weights"]), tmp_path)

    with pytest.raises(ExportError, match="normalises over another axis than the last"):
        export(file, tmp_path / "bundle", class_names=["a", "b", "c", "d"])


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A page with stock TensorFlow.js and nothing of ours."""
    folder = tmp_path_factory.mktemp("tensorflowjs")
    shutil.copy(stock_asset("tfjs/dist/tf.min.js"), folder)
    (folder / "index.html").write_text('<!doctype html><script src="tf.min.js"></script>')
    page = browser.new_page()
    with served(folder) as address:
        page.goto(f"{address}/index.html")
        yield page
    page.close()


def _saved(topology: Any, specs: Any, weights: bytes, folder: Path) -> Path:
    """Write the files that `model.save("downloads://...")` gives; return the model.json."""
    (folder / "weights.bin").write_bytes(weights)
    content = {
        "format": "layers-model",
        "generatedBy": "TensorFlow.js tfjs-layers v4.22.0",
        "modelTopology": topology,
        "weightsManifest": [{"paths": ["weights.bin"], "weights": specs}],
    }
    (folder / "model.json").write_text(json.dumps(content))
    return folder / "model.json"


@pytest.mark.parametrize("name", SAME)
def test_a_model_made_in_tensorflowjs_answers_as_it_did_there(
    name: str, page: Any, tmp_path: Path
) -> None:
    """The bundle has the probabilities of the page in which the model was made."""
    end = END if not name.startswith("flatten") else END[1:]
    end = end[1:] if name.startswith("global") else end
    made = page.evaluate(MAKE, [[*START, SAME[name], *end], PIXELS.shape, PIXELS.ravel().tolist()])
    expected = np.array(made["values"], np.float32).reshape(3, 4)
    file = _saved(made["topology"], made["specs"], base64.b64decode(made["weights"]), tmp_path)

    bundle = export(file, tmp_path / "bundle", class_names=["a", "b", "c", "d"])

    assert expected.std(axis=1).min() > 1e-3, "a uniform answer would hide a difference"
    received = Runtime(bundle).predict(PIXELS)
    # float32 on both sides; the order of the sums differs.
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", OTHER)
def test_what_tensorflowjs_computes_otherwise_is_refused(name: str, tmp_path: Path) -> None:
    """Such a layer is named with the reason before its model could be exported wrongly."""
    (key, settings), reason = OTHER[name]
    class_name = {"upSampling2d": "UpSampling2D"}.get(key, key[0].upper() + key[1:])
    layers = [
        {
            "class_name": class_name,
            "config": {"name": "other", "batchInputShape": [None, 9, 8, 3], **settings},
        }
    ]
    topology = {
        "keras_version": "tfjs-layers 4.22.0",
        "class_name": "Sequential",
        "config": {"name": "model", "layers": layers},
    }

    with pytest.raises(ExportError, match=reason):
        export(_saved(topology, [], b"", tmp_path), tmp_path / "bundle", class_names=["a", "b"])
