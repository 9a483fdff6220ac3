"""The runtimes of others, in Python and in Chromium, with what an export writes for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.graphs import chain, dense, layer, scaling

from kerasport.assets import runtime_package
from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.exporter import export, export_smallest
from kerasport.exporter.readers import ReadModel
from kerasport.parity import verify
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.witnesses.runtime_page import RUNTIME_WITNESSES, runtime_page


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The smallest classifier in every format that needs no TensorFlow to write."""
    out = tmp_path_factory.mktemp("other") / "model"
    return export_smallest(out, also=["onnx", "transformers", "teachable-machine"])


@pytest.mark.keras
def test_a_model_for_litert_answers_in_every_runtime(tmp_path: Path) -> None:
    """LiteRT in Python gives the bundle's answers; so do, where they are, LiteRT.js and MediaPipe,
    which finds normalisation and labels inside the file."""
    pytest.importorskip("tensorflow")
    bundle = export_smallest(tmp_path / "model", also=["litert"])

    parity = verify(bundle, witnesses=["litert-*", "mediapipe-web/w*"])

    assert [each.name for each in parity.witnesses if not each.passed] == []
    asked = {each.name for each in parity.witnesses}
    assert "litert-python" in asked
    assert asked == {"litert-python"} or {"litert-web/wasm", "mediapipe-web/wasm"} <= asked


def test_a_model_in_onnx_answers_in_python(bundle: Bundle) -> None:
    """onnxruntime is a witness like the others, and is handed the pixels."""
    pytest.importorskip("onnxruntime", reason="needs the extra 'formats'")

    parity = verify(bundle, witnesses=["onnxruntime-python"])

    (witness,) = parity.witnesses
    assert witness.passed
    assert witness.max_absolute_difference <= 1e-6


@pytest.mark.browser
@pytest.mark.parametrize("name", ["onnxruntime-web", "transformers-web", "teachable-machine-web"])
def test_a_runtime_of_others_answers_in_chromium(name: str, bundle: Bundle) -> None:
    """As it is published it gives the bundle's answers for pixels, and its own for files."""
    _needs(name)
    backends = RUNTIME_WITNESSES[name].backends

    parity = verify(bundle, witnesses=[f"{name}/*"])

    assert [each.name for each in parity.witnesses] == [f"{name}/{each}" for each in backends]
    assert parity.passed
    samples = [bundle.path / sample.file for sample in bundle.samples()]
    with runtime_page(name, find_engine("chromium"), bundle, backends[0]) as page:
        # Pictures of the model's own size are not resized.
        answers = page.classify(samples)
    for answer, sample in zip(answers, bundle.samples(), strict=True):
        assert answer == pytest.approx(sample.probabilities, abs=1e-5)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["transformers-web", "teachable-machine-web"])
def test_a_model_of_gray_pictures_answers_in_chromium(name: str, tmp_path: Path) -> None:
    """Programs that hand three channels to it, or other levels than white's, are answered alike."""
    _needs(name)
    graph = chain(
        scaling(1 / 255), layer("Flatten"), dense(16, 2, activation="softmax"), shape=(4, 4, 1)
    )
    graph.nodes["in"].config["batch_shape"] = [None, 4, 4, 1]
    graph.nodes["dense"].weights["kernel"] = np.cos(np.arange(32, dtype=np.float32)).reshape(16, 2)
    form = RUNTIME_WITNESSES[name].format
    bundle = export(ReadModel("gray", graph), tmp_path, class_names=["a", "b"], also=[form])

    parity = verify(bundle, witnesses=[f"{name}/{RUNTIME_WITNESSES[name].backends[0]}"])

    assert [each.passed for each in parity.witnesses] == [True]


@pytest.mark.parametrize(
    ("name", "form"), [("litert-python", "litert"), ("mediapipe-web/wasm", "litert")]
)
def test_a_witness_without_its_format_says_what_writes_it(
    name: str, form: str, bundle: Bundle
) -> None:
    """What the bundle was not exported for is missing, with the option that brings it."""
    with pytest.raises(BrowserError, match=f"cannot be asked. .* --also {form}"):
        verify(bundle, witnesses=[name])


def test_packages_that_are_not_there_are_named(monkeypatch: Any, tmp_path: Path) -> None:
    """A runtime that is not installed is missing, with what installs it."""
    monkeypatch.setattr("kerasport.assets._CHECKOUT", tmp_path)

    with pytest.raises(BrowserError, match="make runtimes"):
        runtime_package("onnxruntime-web")


def _needs(name: str) -> None:
    try:
        runtime_package(RUNTIME_WITNESSES[name].package)
    except BrowserError as missing:
        pytest.skip(str(missing))
