"""An independent witness: the tensorflowjs package reads what we write."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo

from kerasport.exporter import export
from kerasport.models import probabilities

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(
        importlib.util.find_spec("tensorflowjs") is None,
        reason="tensorflowjs has no wheel for this platform or Python",
    ),
]

# TensorFlow.js calls this activation logSoftmax, Keras 2, which that package reads with, does not.
UNKNOWN_TO_KERAS_2 = (
    "activation-log_softmax",
    "activation-layer-log_softmax",
    "operation-log-softmax",
)

# In a process of its own: the package brings JAX, tf_keras and their warnings with it.
READER = """
import sys
from pathlib import Path
import numpy as np
import tensorflowjs
folder = Path(sys.argv[1])
pixels = np.load(folder / "pixels.npy").astype(np.float32)
for model in sorted(folder.glob("*/model.json")):
    witness = tensorflowjs.converters.load_keras_model(str(model))
    np.save(model.parent / "answer.npy", witness.predict(pixels, verbose=0))
"""


def test_tensorflowjs_own_reader_gives_keras_probabilities(keras: Any, tmp_path: Path) -> None:
    """Every model of the zoo loads in tensorflowjs' own Python reader and predicts the same."""
    pixels = np.random.default_rng(2).integers(0, 256, (4, *zoo.INPUT_SHAPE), dtype=np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    expected = {}
    names = [name for name in zoo.names() if name not in UNKNOWN_TO_KERAS_2]
    for name in names:
        model = zoo.build(name, keras)
        export(model, tmp_path / name, class_names=zoo.CLASS_NAMES)
        expected[name] = probabilities(model, pixels)

    result = subprocess.run(
        [sys.executable, "-c", READER, str(tmp_path)],
        env={**os.environ, "TFDF_DISABLE_WELCOME_MESSAGE": "1", "TF_USE_LEGACY_KERAS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr[-3000:]
    differences = {
        name: float(np.abs(np.load(tmp_path / name / "answer.npy") - answer).max())
        for name, answer in expected.items()
    }
    # float32 on both sides; the order of the sums differs.
    assert {name: d for name, d in differences.items() if not d <= 1e-6} == {}
    assert len(differences) == len(names)
