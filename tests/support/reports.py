"""Reports and certificates that were made up, with names that want to be markup."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasport.bundle import Bundle
from kerasport.bundle.metadata import (
    Calibration,
    ClassifierDescription,
    Counts,
    Metrics,
    Preprocessing,
    Rescaling,
    Training,
)
from kerasport.bundle.output import ProbabilitiesOutput
from kerasport.bundle.parity import MissingWitness, Parity, ParityFinding
from kerasport.evaluation import score
from kerasport.parity.certificate import certificate_page
from kerasport.parity.compare.tally import Answer, Expectation, Tally, WitnessIdentity
from kerasport.report import Report

EVIL = "<script>alert('x')</script> & \"co\""

_FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


def make_report(*, classes: tuple[str, ...] = ("cat", EVIL), size: int = 8) -> Report:
    """Return a report on six test pictures of which one is answered wrongly."""
    truth = np.array([0, 0, 0, 1, 1, 1])
    probabilities = np.full((6, len(classes)), 0.05, np.float32)
    probabilities[np.arange(6), [0, 0, 0, 1, 1, 0]] = 0.9
    pixels = np.arange(6 * size * size * 3, dtype=np.uint32).astype(np.uint8)
    evaluation = score(probabilities, truth, classes, pixels=pixels.reshape(6, size, size, 3))
    counts = [3] * len(classes)
    description = ClassifierDescription(
        name=f"pets {EVIL}",
        class_names=list(classes),
        input_shape=(size, size, 3),
        color_mode="rgb",
        rescaling=Rescaling(scale=1 / 255, offset=0.0),
        preprocessing=Preprocessing(),
        output=ProbabilitiesOutput(activation="softmax"),
        training=Training(
            recipe="folder",
            architecture="pooled_cnn",
            data_fingerprint="ab" * 32,
            counts=Counts(train=counts, validation=counts, test=counts),
            seed=1,
            epochs=2,
            best_epoch=2,
            date="2024-02-29",
            versions={"keras": "3.1"},
        ),
        metrics=Metrics(
            test_accuracy=evaluation.accuracy,
            test_pictures=6,
            validation_accuracy=0.75,
            method="Counted.",
        ),
        calibration=Calibration(
            temperature=1.25, method="temperature scaling", ece_before=0.2, ece_after=0.1
        ),
        confidence_threshold=0.75,
    )
    return Report(
        description=description,
        recipe={"name": "folder", "image_size": (size, size), "augmentation": {"flip": True}},
        history={
            "bestEpoch": 2,
            "epochs": 2,
            "loss": [0.9, 0.5],
            "accuracy": [0.5, 0.8],
            "validationLoss": [0.8, 0.6],
            "validationAccuracy": [0.5, 0.75],
            "learningRate": [0.001, 0.0001],
            "phases": [{"name": "head", "epochs": 1}, {"name": "fine-tuning", "epochs": 1}],
            "seconds": [1.0, 65.4],
        },
        evaluation=evaluation,
        warnings=(f"Beware of {EVIL}.",),
        findings=[
            {
                "kind": "copies",
                "severity": "warning",
                "count": 5,
                "message": f"Beware of {EVIL}.",
                "remedy": "Look at them.",
                "examples": [[f"a/{EVIL}.png", "b/2.png"]],
            }
        ],
        automatic={"image_size": "Image size 8x8, after the sizes of the pictures."},
        timings={"train": 66.4},
        calibration_note="The model was too sure of its answers.",
    )


def make_certificate(*, passed: bool, pictures: int = 2) -> str:
    """Return a certificate of three witnesses, one of which is wrong where it did not pass."""
    bundle = Bundle.open(_FROZEN)
    classes = len(bundle.metadata.class_names)
    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    expected = np.full(classes, 1 / classes, np.float32)
    tallies = []
    for number, name in enumerate(("chromium", "firefox", "webkit")):
        tally = Tally(WitnessIdentity(name, "1", "wasm", "4.22.0"))
        wrong = not passed and number == 0
        for picture in range(pictures):
            off = np.zeros(classes, np.float32)
            off[:2] = (1 + picture + number) * 1e-6 * np.array([1, -1])
            seen = pixels ^ 1 if wrong and picture == 0 else None
            told = Expectation(Path(f"{picture}.png"), pixels, expected)
            tally.add([told], [Answer(expected + off, seen)])
        tallies.append(tally)
    witnesses = [tally.witness() for tally in tallies]
    finding = ParityFinding(
        where="decode", witness="chromium/wasm", picture="0.png", detail="up to 1 of 255 levels"
    )
    parity = Parity(
        reference="Keras",
        model_sha256="0" * 64,
        pictures=f"{pictures} pictures",
        skipped=["broken.png is not readable"],
        witnesses=witnesses,
        missing=[MissingWitness(name="chromium/webgpu", reason="it is slow", left_out=True)],
        findings=[] if passed else [finding],
        passed=passed,
    )
    worst = {tally.identity.name: tally.worst for tally in tallies}
    return certificate_page(bundle.metadata, parity, worst, date="2026-01-02")
