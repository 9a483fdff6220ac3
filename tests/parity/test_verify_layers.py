"""What a trace compares the layers with: Keras' own outputs wherever the layers are Keras' own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasport.bundle import Bundle
from kerasport.models import load_model
from kerasport.parity.compare import trace
from kerasport.parity.compare.trace import expect_layers
from kerasport.preprocess import preprocess

pytestmark = pytest.mark.keras


def test_layers_are_compared_with_keras_where_it_has_them(
    digits_bundle: Bundle, digits_run: Any
) -> None:
    """The measure of a layer that no pass changed is Keras, of the others numpy, and it is said."""
    pixels = preprocess(digits_run.samples[0].path, digits_run.image_spec)

    expected = expect_layers(digits_bundle, digits_run, pixels)

    names = list(expected.outputs)
    assert expected.original
    model = load_model(digits_run.model_path)
    assert expected.original < {layer.name for layer in model.layers}
    answer = np.asarray(model(pixels[None].astype(np.float32), training=False))
    # It ends in logits; what makes probabilities of them is the exporter's.
    assert names[-2] in expected.original
    assert (expected.outputs[names[-2]].ravel() == answer.ravel()).all()
    for name in names:
        is_keras = name in expected.original
        assert expected.source_of(name) == ("Keras" if is_keras else "a new export in numpy")
        assert is_keras or name in expected.description
    assert f"{len(expected.original)} layers with Keras' own outputs" in expected.description


def test_a_layer_with_another_output_in_keras_is_left_to_numpy(
    digits_bundle: Bundle, digits_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a convolution which took in the normalisation behind it."""
    pixels = preprocess(digits_run.samples[0].path, digits_run.image_spec)
    whole = expect_layers(digits_bundle, digits_run, pixels)
    name = sorted(whole.original)[0]
    keras = {each: whole.outputs[each] for each in whole.original}
    keras[name] = keras[name] + 1
    monkeypatch.setattr(trace, "_keras_outputs", lambda run, pixels: keras)

    expected = expect_layers(digits_bundle, digits_run, pixels)

    assert expected.original == whole.original - {name}
    assert name in expected.description
    # float32 sums in another order
    np.testing.assert_allclose(expected.outputs[name], whole.outputs[name], atol=1e-3)


def test_without_the_run_the_bundle_is_its_own_measure(
    digits_bundle: Bundle, digits_run: Any
) -> None:
    """Nothing is said to be Keras' when Keras was not asked."""
    pixels = preprocess(digits_run.samples[0].path, digits_run.image_spec)

    expected = expect_layers(digits_bundle, None, pixels)

    assert expected.original == frozenset()
    assert "own files in numpy" in expected.description
