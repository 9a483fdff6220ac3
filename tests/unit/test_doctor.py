"""What the doctor says of a witness, and the bundle that it asks about."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasport.bundle.parity import Witness
from kerasport.doctor import describe_failure
from kerasport.exporter import export_smallest
from kerasport.runtime import Runtime


def test_a_wrong_witness_is_described_in_a_sentence() -> None:
    """Each way of being wrong is named with its numbers; no fields of a class are shown."""
    witness = Witness(
        name="chromium/wasm",
        engine="chromium",
        engine_version="1",
        backend="wasm",
        tfjs_version="4.22.0",
        pictures=4,
        differing_pixels=1200,
        differing_pictures=2,
        max_absolute_difference=0.25,
        tolerance=1e-5,
        top1_agreement=0.75,
        worst_picture="03.png",
        passed=False,
    )

    assert describe_failure(witness) == (
        "it answers wrongly: 1,200 input values of 2 picture(s) are others than Python's; a "
        "probability of '03.png' is off by 0.25, where 1e-05 is allowed; the best class is the "
        "same for 75.0% of the pictures."
    )


def test_the_smallest_bundle_tells_red_from_blue(tmp_path: Path) -> None:
    """It is exported without Keras, and its answers differ by what is in the picture."""
    bundle = export_smallest(tmp_path / "model")

    pictures = np.zeros((2, 4, 4, 3), np.uint8)
    pictures[0, ..., 0] = pictures[1, ..., 2] = 255
    best = Runtime(bundle).predict(pictures).argmax(axis=1)
    assert [bundle.metadata.class_names[index] for index in best] == ["red", "blue"]
    assert bundle.compared_with == "the layers as they were read, run in numpy"
