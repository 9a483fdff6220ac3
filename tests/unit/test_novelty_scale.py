"""How far a picture is from those of the training, in numbers that can be computed by hand."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kerasport.bundle import NOVELTY_FILE, Bundle, NoveltyScale
from kerasport.bundle.metadata import Metadata, Novelty
from kerasport.cli import main
from kerasport.engine import Engine
from kerasport.engine.binary import has_kernels
from kerasport.errors import BundleError
from kerasport.exporter.bundle_files import write_metadata
from kerasport.exporter.smallest import export_smallest
from kerasport.prediction import Prediction, predict_each
from kerasport.training.novelty import fit_scale, made_strangers

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = json.loads((GOLDEN / "novelty.json").read_text(encoding="utf-8"))["cases"]


def doubles(text: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text), "<f8")


def scale_of(case: dict[str, Any]) -> NoveltyScale:
    novelty = Novelty.model_validate(case["novelty"])
    return NoveltyScale.read(novelty, base64.b64decode(case["file"]), NOVELTY_FILE)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle whose features are mean colors, and whose training pictures were gray."""
    exported = export_smallest(tmp_path / "model")
    novelty = Novelty(
        layer="answer",
        features=3,
        axes=1,
        centers=2,
        pictures=30,
        quantiles=[0.0, 0.02, 0.2],
        threshold=0.75,
    )
    scale = NoveltyScale(
        novelty,
        np.zeros(3, np.float32),
        np.full((1, 3), 3**-0.5, np.float32),
        np.ones(1, np.float32),
        np.float32(4),
        np.array([[1], [-9]], np.float32),
    )
    content = scale.to_bytes()
    (exported.path / NOVELTY_FILE).write_bytes(content)
    entry = {
        "path": NOVELTY_FILE,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    described = exported.metadata.model_copy(update={"novelty": novelty}).model_dump()
    described["files"].append(entry)
    write_metadata(exported.path, Metadata.model_validate(described))
    return Bundle.open(exported.path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["novelty"]["features"]))
def test_distances_are_those_of_the_table_bit_for_bit(case: dict[str, Any]) -> None:
    """The browser is held to the same table, so that equal features give equal numbers."""
    scale = scale_of(case)
    vectors = np.frombuffer(base64.b64decode(case["vectors"]), "<f4")
    vectors = vectors.reshape(-1, scale.novelty.features)

    assert scale.to_bytes() == base64.b64decode(case["file"])
    assert np.array_equal(scale.distances(vectors), doubles(case["distances"]))
    assert np.array_equal(scale.novelties(vectors), doubles(case["novelties"]))


def test_with_all_directions_it_is_the_distance_of_mahalanobis() -> None:
    """Solved another way: the shared covariance, inverted, around the nearest class mean."""
    generator = np.random.default_rng(1)
    truth = np.arange(300) % 3
    mixed = generator.normal(size=(4, 4))
    given = ((generator.normal(size=(300, 4)) + 5 * np.eye(4)[truth]) @ mixed).astype("f4")
    scale = fit_scale(given, truth, given[:50], layer="dense")
    assert scale is not None
    features = given / np.linalg.norm(given.astype("f8"), axis=1, keepdims=True)

    means = np.stack([features[truth == label].mean(axis=0) for label in range(3)]).astype("f8")
    around = features - means[truth]
    inverse = np.linalg.inv(around.T @ around / len(features))
    off = features[:, None] - means
    expected = np.einsum("nci,ij,ncj->nc", off, inverse, off).min(axis=1)
    np.testing.assert_allclose(scale.distances(given), expected, rtol=1e-3)
    assert scale.novelty.axes == 4


def test_what_leaves_the_span_of_the_training_pictures_is_strange() -> None:
    """Of pictures like those of the training 95 % are familiar, and none of others."""
    generator = np.random.default_rng(2)
    wide = generator.normal(size=(3, 2000)).astype("f4")

    def pictures(count: int) -> NDArray[np.float32]:
        noise = generator.normal(size=(count, 2000)) * 0.1
        return (generator.normal(size=(count, 3)) @ wide + noise).astype("f4")

    scale = fit_scale(pictures(200), np.arange(200) % 2, held_back := pictures(100), layer="dense")
    assert scale is not None
    others = (generator.normal(size=(40, 3)) @ generator.normal(size=(3, 2000))).astype("f4")

    assert scale.are_familiar(scale.novelties(held_back)).mean() == 0.95
    assert scale.are_familiar(scale.novelties(pictures(400))).mean() > 0.85
    assert not scale.are_familiar(scale.novelties(others)).any()
    assert len(scale.to_bytes()) < 120_000


def test_features_without_any_difference_tell_nothing() -> None:
    """A model that says the same of everything has no scale."""
    same = np.ones((60, 4), np.float32)

    assert fit_scale(same, np.arange(60) % 2, same[:30], layer="dense") is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content[:-4], "bytes. Expected"),
        (lambda content: content[:-4] + np.float32(np.nan).tobytes(), "not finite numbers"),
        (lambda content: content[:24] + np.float32(-1).tobytes() + content[28:], "below 0"),
        (lambda content: content[:28] + np.float32(-1).tobytes() + content[32:], "below 0"),
    ],
    ids=["short", "no number", "precision", "rest"],
)
def test_a_file_that_measures_nothing_is_refused(change: Any, problem: str, bundle: Bundle) -> None:
    """Its length, and that its values are finite and its factors not below 0."""
    scale = bundle.novelty_scale
    assert scale is not None

    with pytest.raises(BundleError, match=problem):
        NoveltyScale.read(scale.novelty, change(scale.to_bytes()), NOVELTY_FILE)


@pytest.mark.parametrize("quantiles", [[1.0], [2.0, 1.0], [-1.0, 1.0]])
def test_quantiles_are_distances_in_order(quantiles: list[float], bundle: Bundle) -> None:
    """Others are no scale of anything."""
    assert bundle.metadata.novelty is not None
    with pytest.raises(ValueError, match=r"quantiles|at least 2"):
        Novelty.model_validate({**bundle.metadata.novelty.model_dump(), "quantiles": quantiles})


def painted(folder: Path, level: int, red: int | None = None) -> Path:
    path = folder / f"{level}-{red}.png"
    color = (level if red is None else red, level, level)
    Image.new("RGB", (4, 4), color).save(path)
    return path


@pytest.mark.parametrize(
    "engine",
    [
        "numpy",
        pytest.param(
            "wasm", marks=pytest.mark.skipif(not has_kernels(), reason="wasmtime is not there")
        ),
    ],
)
def test_a_bundle_says_which_pictures_are_strange(
    engine: Any, bundle: Bundle, tmp_path: Path
) -> None:
    """Gray is as in training, a reddish one nearly, black and red are not, by hand."""
    paths = [painted(tmp_path, *how) for how in ((140,), (200, 255), (0,), (0, 255))]

    found = list(predict_each(bundle, paths, engine=engine, workers=2))

    answers = [item for item in found if isinstance(item, Prediction)]
    # The cosine of the angle to gray, what is left of it to 1, and four times the sine, squared.
    cosine = (255 + 2 * 200) / (3 * (255**2 + 2 * 200**2)) ** 0.5
    distance = (1 - cosine) ** 2 + 4 * (1 - cosine**2)
    reddish = (1 + (distance - 0.02) / (0.2 - 0.02)) / 2
    assert [item.novelty for item in answers] == pytest.approx([0, reddish, 1, 1], abs=1e-4)
    assert [item.is_familiar for item in answers] == [True, True, False, False]


@pytest.mark.skipif(not has_kernels(), reason="wasmtime is not there")
def test_features_on_the_engine_change_no_answer(bundle: Bundle) -> None:
    """What is kept for the distance lies apart from what the next layers write."""
    pixels = np.random.default_rng(3).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
    engine = Engine(bundle, workers=2)

    answers, features = engine.predict_with_features(pixels)

    plain = Engine.of(bundle.model()["modelTopology"], bundle.weights()).predict(pixels)
    assert np.array_equal(answers, plain)
    np.testing.assert_allclose(features, pixels.mean(axis=(1, 2)) / 255, rtol=1e-5)


def test_the_command_says_so(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words behind the classes, and in JSON as numbers; nothing is said of familiar ones."""
    gray, red = painted(tmp_path, 140), painted(tmp_path, 0, 255)

    asked = ["predict", str(bundle.path), str(gray), str(red), "--engine", "numpy"]
    with pytest.raises(SystemExit):
        main(asked)
    lines = capsys.readouterr().out.splitlines()
    with pytest.raises(SystemExit):
        main([*asked, "--json"])
    read = json.loads(capsys.readouterr().out)

    assert [("unlike anything it was trained on" in line) for line in lines] == [False, True]
    assert [item["familiar"] for item in read] == [True, False]
    assert [item["novelty"] for item in read] == pytest.approx([0, 1], abs=1e-4)


def test_a_bundle_without_a_scale_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its rows have the fields that they always had, and every picture is familiar."""
    exported = export_smallest(tmp_path / "model")
    picture = str(painted(tmp_path, 255))

    with pytest.raises(SystemExit):
        main(["predict", str(exported.path), picture, "--json"])

    assert json.loads(capsys.readouterr().out)[0].keys() == {"file", "predictions"}
    (found,) = predict_each(Bundle.open(exported.path), [picture])
    assert isinstance(found, Prediction)
    assert found.novelty is None
    assert found.is_familiar
    assert "novelty.bin" not in {entry.path for entry in exported.metadata.files}


def test_sums_of_far_away_features_are_infinitely_far(bundle: Bundle) -> None:
    """What overflows is as strange as can be, and no error."""
    scale = bundle.novelty_scale
    assert scale is not None
    far = replace(scale, precisions=np.full(1, 3e38, np.float32))
    vectors = np.array([[np.inf, 0, 0], [-np.inf, np.inf, 0]], np.float32)

    assert far.novelties(vectors).tolist() == [1, 1]


def test_made_strangers_show_nothing_and_are_always_the_same() -> None:
    """Noise, one color, and pieces of the picture at other places, for each of them."""
    pixels = np.random.default_rng(3).integers(0, 256, (4, 19, 24, 3), dtype=np.uint8)

    made = made_strangers(pixels)
    noise, plain, mixed = made[:4], made[4:8], made[8:]

    assert np.array_equal(made, made_strangers(pixels))
    assert (made.shape, made.dtype) == ((12, 19, 24, 3), np.uint8)
    # Ten standard errors of the mean of 5,472 bytes.
    assert abs(float(noise.mean()) - 127.5) < 10
    assert (plain == plain[:, :1, :1]).all()
    assert not (mixed == pixels).all(axis=(1, 2, 3)).any()
    assert np.array_equal(np.sort(mixed[:, :18], axis=None), np.sort(pixels[:, :18], axis=None))
    assert made_strangers(pixels[:, :3, :2, :1]).shape == (12, 3, 2, 1)
