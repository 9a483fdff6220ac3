"""Training on pictures with several labels, from the table to the run and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.listening import Listening
from support.marks import MARKS, draw_marks

from kerasport import models
from kerasport.corrections import Correction, table_text
from kerasport.dataset import read_data
from kerasport.evaluation import LabelEvaluation, evaluate
from kerasport.exporter import export
from kerasport.models import Transfer
from kerasport.prediction import predict
from kerasport.recipes import get_recipe
from kerasport.runs import training_data
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, train, train_classifier
from kerasport.training.calibration import calibrate_labels
from kerasport.training.fitting.label_loss import LabelLoss

pytestmark = pytest.mark.keras

FAST = TrainingOptions(epochs=4, image_size=(8, 8), learning_rate=0.02, augment=False)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures with up to three labels."""
    return draw_marks(tmp_path_factory.mktemp("marks"), 160)


@pytest.fixture(scope="module")
def run(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the folder recipe; tests must not change it."""
    out = tmp_path_factory.mktemp("runs") / "marks"
    return train(get_recipe("folder"), out=out, data=table, options=FAST)


def test_a_run_says_that_its_classes_are_labels(run: Run, table: Path) -> None:
    """Output, thresholds, figures, samples and the record of the data are those of labels."""
    output = run.description.labels_output
    metrics, report = run.description.metrics, json.loads(run.report_path.read_text())

    assert output is not None
    assert (output.aim, len(output.thresholds)) == ("f1", 3)
    assert run.description.class_names == list(MARKS)
    assert run.description.confidence_threshold is None
    assert metrics is not None
    assert metrics.test_accuracy is None
    assert metrics.labels is not None
    # The colors are plain to see.
    assert (metrics.labels.mean_average_precision or 0) > 0.9
    assert report["evaluation"]["kind"] == "labels"
    assert report["evaluation"]["exactMatch"] == metrics.labels.exact_match
    assert {label for sample in run.samples for label in sample.labels or ()} == set(MARKS)
    assert () in [sample.labels for sample in run.samples]
    assert "Most confident mistakes per label" in run.report_page.read_text(encoding="utf-8")
    assert json.loads(run.data_path.read_text())["reading"]["labels"] == "many"
    assert (run.path / "plots" / "labels.png").is_file()


def test_the_model_ends_in_sigmoids(run: Run) -> None:
    """Every network ends in Dense and sigmoid for labels, and takes pixels of 0 to 255."""
    last = models.load_model(run.model_path).layers[-1]
    transfer = models.build_transfer(
        Transfer(weights="none", width=0.35),
        input_shape=(32, 32, 3),
        num_classes=4,
        kind="labels",
    )

    assert (type(last).__name__, models.activation_of(last), last.units) == ("Dense", "sigmoid", 3)
    assert models.activation_of(transfer.layers[-1]) == "sigmoid"
    for name in models.ARCHITECTURES:
        built = models.build(name, input_shape=(32, 32, 3), num_classes=2, kind="labels")
        assert models.activation_of(built.layers[-1]) == "sigmoid"


def test_evaluating_again_gives_the_same_figures(run: Run, table: Path) -> None:
    """The test pictures are found and cut again, and the table itself can be tested on."""
    again = evaluate(run)
    everything = evaluate(run, data=table)

    assert isinstance(again, LabelEvaluation)
    assert isinstance(everything, LabelEvaluation)
    assert run.description.metrics is not None
    assert again.metrics == run.description.metrics.labels
    assert everything.pictures == 160


def test_calibrating_folds_scale_and_shift_into_the_weights(table: Path) -> None:
    """The model's own answers become the scaled and shifted ones, and thresholds cut them."""
    dataset = read_data(table)
    generator = np.random.default_rng(2)
    pixels = generator.integers(0, 256, (300, 8, 8, 3), dtype=np.uint8)
    model = models.build("dense", input_shape=(8, 8, 3), num_classes=3, kind="labels", seed=3)
    before = models.probabilities(model, pixels).astype(np.float64)
    truth = (generator.random((300, 3)) < before**2).astype(np.uint8)

    outcome = calibrate_labels(model, pixels, truth, dataset.class_names, precision=0.5)

    after = models.probabilities(model, pixels).astype(np.float64)
    logits = [np.log(each / (1 - each)) for each in (before, after)]
    for label in range(3):
        scale, shift = np.polyfit(logits[0][:, label], logits[1][:, label], 1)
        assert np.allclose(logits[0][:, label] * scale + shift, logits[1][:, label], atol=1e-4)
    assert outcome.output.aim == "precision"
    assert outcome.calibration is not None
    assert outcome.calibration.method == "Platt scaling"
    assert outcome.calibration.ece_after < outcome.calibration.ece_before
    held = outcome.output.holding(after.astype(np.float32))
    for label in range(3):
        if outcome.output.thresholds[label] < 1:
            assert truth[held[:, label], label].mean() >= 0.5


def test_rare_labels_count_more_within_bounds() -> None:
    """With balanced weights a picture that has a rare label counts up to ten times."""
    truth = np.zeros((100, 3), np.uint8)
    truth[:1, 0] = truth[:20, 1] = truth[:80, 2] = 1
    recipe = get_recipe("folder").settle(
        architecture="dense", image_size=(8, 8), color_mode="rgb", batch_size=8
    )
    keras = models.import_keras()
    answers = np.full((2, 3), 0.25, np.float32)

    weighted = LabelLoss.of(truth, replace(recipe, class_weights="balanced"))
    loss = weighted.loss(0.0)(np.array([[1, 1, 1], [0, 0, 0]], np.float32), answers)

    assert LabelLoss.of(truth, recipe).weights is None
    assert weighted.weights is not None
    assert weighted.weights.tolist() == [10.0, 4.0, 1.0]
    yes, no = -np.log(0.25), -np.log(0.75)
    found = keras.ops.convert_to_numpy(loss)
    assert np.allclose(found, [yes * 15 / 3, no], rtol=1e-5)


def test_train_classifier_takes_rows_of_ones(tmp_path: Path) -> None:
    """Rows with several ones train sigmoids; balanced weights leave a plain loss."""
    generator = np.random.default_rng(1)
    y = (generator.random((80, 2)) < 0.5).astype(np.uint8)
    x = generator.integers(0, 60, (80, 8, 8, 3), dtype=np.uint8)
    x[..., :2] += (y * 150)[:, None, None, :].astype(np.uint8)
    told = Listening()

    classifier = train_classifier(
        (x, y),
        labels="many",
        epochs=2,
        options=replace(FAST, class_weights="balanced"),
        out=tmp_path / "run",
        progress=told,
    )

    assert classifier.run.description.labels_output is not None
    assert isinstance(classifier.evaluation, LabelEvaluation)
    assert any("training independent sigmoids" in line for line in told.said)
    assert any("validation labels right" in line for line in told.milestones)
    assert not any("accuracy" in line for line in told.milestones)
    # Whoever loads the file with its loss finds one that Keras has.
    keras = models.import_keras()
    assert keras.models.load_model(classifier.run.model_path).loss.name == "binary_crossentropy"


@pytest.mark.parametrize("quantize", ["float32", "auto"])
def test_the_bundle_of_a_run_tells_the_same_labels(
    quantize: str, run: Run, table: Path, tmp_path: Path
) -> None:
    """Thresholds, samples with their true labels, and Keras' answers arrive in the bundle."""
    bundle = export(run, tmp_path / "model", quantize=quantize)
    pictures = sorted(table.parent.rglob("*.png"))[:20]

    by_keras, _ = predict(run, pictures)
    by_bundle, _ = predict(bundle, pictures, engine="numpy")

    assert bundle.metadata.format_version == 2
    assert bundle.metadata.output == run.description.output
    assert [sample.labels for sample in bundle.samples()] == [
        list(sample.labels or ()) for sample in run.samples
    ]
    for first, second in zip(by_keras, by_bundle, strict=True):
        off = 1e-5 if quantize == "float32" else 0.05
        np.testing.assert_allclose(first.probabilities, second.probabilities, rtol=0, atol=off)
    search = bundle.metadata.quantization.search
    assert (search is not None) == (quantize == "auto")
    if search is not None:
        assert search.trials[0].top1_agreement == 1
        assert search.trials[0].accuracy > 0.8


def test_corrected_labels_are_trained_with(run: Run, table: Path, tmp_path: Path) -> None:
    """With a run as the start and its own data: the table of corrections decides, and stays."""
    dataset = training_data(run)
    test, learned, bad = (dataset.in_split("test")[0], *dataset.in_split("train")[:2])
    rows = [
        Correction(test.content, "t.png", "?", "red|blue", "label"),
        Correction(learned.content, "l.png", "?", "", "none"),
        Correction(bad.content, "b.png", "?", "", "bad"),
    ]
    corrections = tmp_path / "corrections.csv"
    corrections.write_text(table_text(rows), encoding="utf-8", newline="")
    heard = Listening()

    better = train(
        get_recipe("folder"),
        data=table,
        out=tmp_path / "better",
        options=replace(FAST, epochs=1),
        add=[corrections],
        origin=run.path,
        progress=heard,
    )

    found = {each.content: each for each in training_data(better).examples}
    assert found[test.content].label == (0, 2)
    assert found[test.content].split == "test"
    assert found[learned.content].label == ()
    assert bad.content not in found
    assert isinstance(evaluate(better), LabelEvaluation)
    assert any("Models of several labels are not compared" in line for line in heard.said)
