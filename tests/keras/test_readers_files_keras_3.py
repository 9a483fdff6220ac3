"""Files that Keras 3 saved: the bundle answers like Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.model_files import (
    TOLERANCE,
    answer_of,
    exported,
    modern_model,
)

from kerasport.exporter.answering import reference_of
from kerasport.exporter.readers import read_model

pytestmark = pytest.mark.keras


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_files_of_keras_3_answer_like_keras(name: str, keras: Any, tmp_path: Path) -> None:
    """Archive and HDF5 give Keras' probabilities, operations included, and Keras is the measure."""
    model = modern_model(keras)
    model.save(tmp_path / name)

    read = read_model(tmp_path / name)

    assert reference_of(read).name == f"Keras {keras.__version__}"
    np.testing.assert_allclose(
        exported(read, tmp_path / "out"), answer_of(model), rtol=0, atol=TOLERANCE
    )
