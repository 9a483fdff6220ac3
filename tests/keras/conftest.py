"""Fixtures of the tests that need Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.model_files import PIXELS, legacy_model

from kerasport.exporter.readers import tf_keras_models


@pytest.fixture(scope="session")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Files that tf_keras wrote, and its own answers."""
    tf_keras = tf_keras_models.import_tf_keras()
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("legacy")
    model = legacy_model(tf, tf_keras.layers, tf_keras)
    for name in ("model.h5", "model.keras", "saved"):
        model.save(folder / name)
    model.save_weights(folder / "only.weights.h5")
    return folder, np.asarray(model(PIXELS / np.float32(127.5) - 1, training=False))
