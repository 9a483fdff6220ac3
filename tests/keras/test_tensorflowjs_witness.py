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
from support import zoo

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
bundles, folder = map(Path, sys.argv[1:])
pixels = np.load(folder / "pixels.npy").astype(np.float32)
for name in (folder / "names.txt").read_text().splitlines():
    witness = tensorflowjs.converters.load_keras_model(str(bundles / name / "model.json"))
    # Called, not predict(): that traces a function for each model, seconds against milliseconds.
    np.save(folder / f"{name}.npy", np.asarray(witness(pixels, training=False)))
"""


def test_tensorflowjs_own_reader_gives_keras_probabilities(
    exported_zoo: Any, tmp_path: Path
) -> None:
    """Every model of the zoo loads in tensorflowjs' own Python reader and predicts the same."""
    np.save(tmp_path / "pixels.npy", exported_zoo.pixels)
    names = [name for name in zoo.names() if name not in UNKNOWN_TO_KERAS_2]
    expected = {name: exported_zoo.answers(name) for name in names}
    (tmp_path / "names.txt").write_text("\n".join(names))

    result = subprocess.run(
        [sys.executable, "-c", READER, str(exported_zoo.folder), str(tmp_path)],
        env={**os.environ, "TFDF_DISABLE_WELCOME_MESSAGE": "1", "TF_USE_LEGACY_KERAS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr[-3000:]
    differences = {
        name: float(np.abs(np.load(tmp_path / f"{name}.npy") - answer).max())
        for name, answer in expected.items()
    }
    # float32 on both sides; the order of the sums differs.
    assert {name: d for name, d in differences.items() if not d <= 1e-6} == {}
    assert len(differences) == len(names)
