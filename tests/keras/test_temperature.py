"""The temperature inside the weights: exact, exported, and refused where it cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.pictures import write_class_folders

from kerasport import models
from kerasport.training.calibration import calibrate, fold_temperature, with_temperature

pytestmark = pytest.mark.keras

SHAPE = (6, 5, 3)
T = 2.3


def pixels(count: int = 16) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, *SHAPE), np.uint8)


def sequential(keras: Any, *layers: Any) -> Any:
    """A classifier of seeded weights, biases included, that ends in these layers."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Rescaling(1 / 512), *layers], name="under_test"
    )
    generator = np.random.default_rng(3)
    for layer in model.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(generator.normal(0, 1, layer.bias.shape))
    return model


def heads(keras: Any) -> dict[str, list[Any]]:
    L = keras.layers
    return {
        "softmax": [L.Flatten(), L.Dense(4, activation="softmax")],
        "logits": [L.Flatten(), L.Dense(4)],
        "no bias": [L.Flatten(), L.Dense(4, use_bias=False, activation="softmax")],
        "softmax layer": [L.Flatten(), L.Dense(4), L.Softmax()],
        "activation layer": [L.Flatten(), L.Dense(4), L.Activation("softmax")],
        "dropout before": [L.Flatten(), L.Dense(4), L.Dropout(0.5), L.Softmax()],
        "sigmoid": [L.Flatten(), L.Dense(1, activation="sigmoid")],
        "one logit": [L.Flatten(), L.Dense(1)],
        "convolution": [
            L.Conv2D(4, 3, activation="relu"),
            L.GlobalAveragePooling2D(),
            L.Softmax(),
        ],
        "reshaped": [
            L.GlobalAveragePooling2D(keepdims=True),
            L.Conv2D(4, 1),
            L.Reshape((4,)),
            L.Activation("softmax"),
        ],
        "pooled relu": [L.Conv2D(4, 2), L.ReLU(), L.MaxPooling2D(2), L.GlobalMaxPooling2D()],
        "nested": [
            L.GlobalAveragePooling2D(),
            keras.Sequential([keras.Input((3,)), L.Dense(4)]),
            L.Softmax(),
        ],
    }


HEADS = (
    "softmax",
    "logits",
    "no bias",
    "softmax layer",
    "activation layer",
    "dropout before",
    "sigmoid",
    "one logit",
    "convolution",
    "reshaped",
    "pooled relu",
    "nested",
)


def scaled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log p / T) in float64, by its definition."""
    powers = probabilities.astype(np.float64) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", HEADS)
def test_folding_divides_the_logits(keras: Any, name: str) -> None:
    """After folding T the answers are softmax(logits / T), and the best class is the same."""
    model = sequential(keras, *heads(keras)[name])
    before = models.probabilities(model, pixels())

    reason = fold_temperature(model, T)

    after = models.probabilities(model, pixels())
    assert reason is None
    assert np.abs(after - before).max() > 0.01
    # float32 rounding of the logits, a few units in the last place of numbers around 1.
    np.testing.assert_allclose(after, scaled(before, T), rtol=0, atol=1e-6)
    assert np.array_equal(after.argmax(axis=1), before.argmax(axis=1))


def test_every_head_is_tested(keras: Any) -> None:
    """The list of names above is that of the heads."""
    assert tuple(heads(keras)) == HEADS


def refused(keras: Any) -> dict[str, tuple[Any, str]]:
    L = keras.layers
    inputs = keras.Input(SHAPE)
    flat = L.Flatten()(inputs)
    shared = L.Dense(90, name="shared")
    return {
        "many sigmoids": (
            sequential(keras, L.Flatten(), L.Dense(4, activation="sigmoid")),
            "it ends in more than one sigmoid",
        ),
        "activation": (
            sequential(keras, L.Flatten(), L.Dense(4, activation="tanh"), L.Softmax()),
            "the activation 'tanh' of the layer",
        ),
        "softmax inside": (
            sequential(keras, L.Conv2D(4, 3, activation="softmax"), L.GlobalAveragePooling2D()),
            "the activation 'softmax' of the layer",
        ),
        "normalised": (
            sequential(keras, L.Flatten(), L.Dense(4), L.LayerNormalization(), L.Softmax()),
            "of class LayerNormalization is in the way",
        ),
        "capped": (
            sequential(keras, L.Flatten(), L.Dense(4), L.ReLU(max_value=6), L.Softmax()),
            "of class ReLU is in the way",
        ),
        "sum": (
            keras.Model(inputs, L.Add()([L.Dense(4)(flat), L.Dense(4)(flat)])),
            "of class Add is in the way",
        ),
        "shared": (
            keras.Model(inputs, shared(shared(flat))),
            "the layer 'shared' is used more than once",
        ),
        "two outputs": (
            keras.Model(inputs, [L.Dense(4)(flat), L.Dense(4)(flat)]),
            "it is not a functional or sequential model with one output",
        ),
    }


def test_what_cannot_be_folded_is_left_alone(keras: Any) -> None:
    """A model whose logits do not scale with its last weights keeps them, with a reason."""
    for name, (model, reason) in refused(keras).items():
        before = [weight.copy() for weight in model.get_weights()]

        found = fold_temperature(model, T)

        assert found is not None, name
        assert reason in found
        assert all(map(np.array_equal, before, model.get_weights())), name


def test_the_temperature_is_positive(keras: Any) -> None:
    """Zero is refused before anything is divided by it."""
    model = sequential(keras, *heads(keras)["logits"])

    with pytest.raises(ValueError, match="The temperature is 0"):
        fold_temperature(model, 0.0)


def labels_for(model: Any, data: np.ndarray, temperature: float) -> np.ndarray:
    """Truth drawn so that `temperature` is the right one for this model."""
    shares = with_temperature(models.probabilities(model, data), temperature)
    draws = np.random.default_rng(1).random((len(data), 1))
    return (shares.cumsum(axis=1) < draws).sum(axis=1).clip(0, shares.shape[1] - 1)


def test_calibrating_a_model_says_what_it_did(keras: Any) -> None:
    """The temperature is found and folded; the figures are those of the changed model."""
    from kerasport.evaluation.reliability import expected_calibration_error
    from kerasport.training.calibration import choose_threshold

    model = sequential(keras, *heads(keras)["logits"])
    data = pixels(1500)
    truth = labels_for(model, data, 3.0)
    before = models.probabilities(model, data)

    outcome = calibrate(model, data, truth)

    after = models.probabilities(model, data)
    assert outcome is not None
    found = outcome.calibration
    # The deviation of the estimate at 1,500 pictures is about 5 %.
    assert found.temperature == pytest.approx(3.0, rel=0.2)
    assert found.method == "temperature scaling"
    assert "too sure" in outcome.note
    assert found.ece_before == expected_calibration_error(before, truth)
    # A confidence next to the edge of a bin may fall on the other side of it.
    assert found.ece_after == pytest.approx(expected_calibration_error(after, truth), abs=2e-3)
    assert found.ece_after < found.ece_before / 2
    # One unit in the fourth decimal, to which it is rounded.
    expected = choose_threshold(after, truth)
    assert (outcome.confidence_threshold is None) == (expected is None)
    np.testing.assert_allclose(after, scaled(before, found.temperature), rtol=0, atol=1e-6)


def test_switched_off_calibration_only_measures(keras: Any) -> None:
    """Without adjustment, and with too few pictures, the weights stay and the figures are told."""
    model = sequential(keras, *heads(keras)["logits"])
    data = pixels(100)
    truth = labels_for(model, data, 3.0)
    weights = [weight.copy() for weight in model.get_weights()]

    off = calibrate(model, data, truth, adjust=False)
    few = calibrate(model, data[:29], truth[:29])

    for outcome in (off, few):
        assert outcome is not None
        assert outcome.calibration.temperature == 1.0
        assert outcome.calibration.method == "none"
        assert outcome.calibration.ece_before == outcome.calibration.ece_after
    assert few is not None
    assert "29 validation pictures are too few" in few.note
    assert all(map(np.array_equal, weights, model.get_weights()))
    assert calibrate(model, data[:0], truth[:0]) is None


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "convolution"])
def test_a_calibrated_model_is_exported_like_any_other(
    keras: Any, name: str, tmp_path: Path
) -> None:
    """The bundle answers with the calibrated probabilities, and knows nothing of a temperature."""
    from kerasport.exporter import export
    from kerasport.runtime import Runtime

    model = sequential(keras, *heads(keras)[name])
    fold_temperature(model, T)
    names = ["ant", "bee"] if name == "sigmoid" else ["ant", "bee", "cat", "dog"]

    bundle = export(model, tmp_path / "bundle", class_names=names)

    # Float32 sums in another order.
    answers = Runtime(bundle).predict(pixels())
    np.testing.assert_allclose(answers, models.probabilities(model, pixels()), rtol=0, atol=1e-6)


def test_the_test_pictures_are_looked_at_once_and_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training asks the model about validation, then about the test, and about nothing else."""
    from kerasport.recipes import get_recipe
    from kerasport.training import TrainingOptions, train

    asked: list[int] = []
    real = models.probabilities

    def counting(model: Any, data: Any, **options: Any) -> Any:
        asked.append(len(data))
        return real(model, data, **options)

    monkeypatch.setattr(models, "probabilities", counting)
    data = write_class_folders(tmp_path / "data" / "train", {"dark": 40, "light": 40})
    write_class_folders(tmp_path / "data" / "val", {"dark": 17, "light": 17}, seed=1)
    write_class_folders(tmp_path / "data" / "test", {"dark": 6, "light": 5}, seed=2)

    run = train(
        get_recipe("folder"),
        out=tmp_path / "run",
        data=data.parent,
        options=TrainingOptions(epochs=1, image_size=(8, 8)),
    )

    assert asked == [34, 11]
    description = run.description
    assert description.calibration is not None
    assert description.metrics is not None
    assert description.metrics.expected_calibration_error is not None
    assert (run.path / "plots" / "confusion.png").is_file()


def test_evaluating_writes_a_report_on_those_pictures(
    digits_run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`evaluate --report` gives the page of the run with the new figures."""
    from kerasport.cli import app

    page = tmp_path / "page.html"
    app(
        ["evaluate", str(digits_run.path), "--report", str(page)],
        standalone_mode=False,
    )

    text = page.read_text(encoding="utf-8")
    printed = " ".join(capsys.readouterr().out.split())
    metrics = digits_run.description.metrics
    assert f"Accuracy {metrics.test_accuracy:.1%} on {metrics.test_pictures} pictures" in printed
    assert f"calibration error {metrics.expected_calibration_error:.1%}" in printed
    assert "measured after the training" in text
    assert "Every epoch in numbers" in text
    assert text.count("<img") >= 24


def test_a_report_on_other_pictures_names_their_folder_alone(
    digits_run: Any, tmp_path: Path
) -> None:
    """Where on the disk the pictures lie is not on a page that is passed on."""
    from kerasport.cli import app

    other = tmp_path / "other"
    for sample in digits_run.samples[:4]:
        (other / sample.label).mkdir(parents=True, exist_ok=True)
        shutil.copy(sample.path, other / sample.label)
    page = tmp_path / "page.html"

    app(
        ["evaluate", str(digits_run.path), "--data", str(other), "--report", str(page)],
        standalone_mode=False,
    )

    text = page.read_text(encoding="utf-8")
    assert "pictures in &#x27;other&#x27; whose" in text
    assert str(tmp_path) not in text


def test_too_many_probabilities_are_measured_in_part(
    keras: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all answers would not fit, evenly taken pictures decide, and the note says so."""
    from kerasport.training.calibration import outcome

    model = sequential(keras, *heads(keras)["logits"])
    data = pixels()
    truth = np.arange(len(data)) % int(model.output_shape[-1])
    monkeypatch.setattr(outcome, "_MOST_PROBABILITIES", 2 * int(model.output_shape[-1]))

    found = calibrate(model, data, truth)

    assert found is not None
    assert f"Measured on 2 of {len(data)} validation pictures" in found.note
