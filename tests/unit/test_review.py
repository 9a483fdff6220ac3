"""Looking for wrong labels: groups of copies, folds, distances, the order, the page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.pictures import write_class_folders

from kerasport.cli import main
from kerasport.dataset import DecodedDataset, decode_dataset, hash_rows, read_data
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec
from kerasport.review.alike import alike
from kerasport.review.distances import class_distances, excess
from kerasport.review.fitting import Answered
from kerasport.review.folds import deal
from kerasport.review.page import render_review
from kerasport.review.suspicion import Suspect, rank_suspects
from kerasport.review.unfinished import ReviewSettings, UnfinishedReview

SPEC = ImageSpec(height=32, width=32, color_mode="rgb")


def scene(seed: int, size: int = 64) -> Image.Image:
    """Return a smooth picture, as photos are: noise would not survive JPEG."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)


@pytest.fixture
def decoded(tmp_path: Path) -> DecodedDataset:
    """Forty scenes in two classes; one of them also as JPEG and smaller in the other class."""
    for number in range(40):
        path = tmp_path / "data" / "ab"[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        scene(number).save(path)
    scene(0).save(tmp_path / "data" / "b" / "again.jpg", quality=60)
    scene(0, 48).save(tmp_path / "data" / "b" / "small.png")
    return decode_dataset(read_data(tmp_path / "data"), SPEC)


def names_of(decoded: DecodedDataset) -> list[str]:
    return [example.path.name for example in decoded.dataset.examples]


def test_a_picture_compressed_and_resized_anew_is_alike(decoded: DecodedDataset) -> None:
    """JPEG and another size make no other picture; all others are groups of their own."""
    groups = alike(decoded, hash_rows(decoded))

    names = names_of(decoded)
    same = {
        name
        for name, group in zip(names, groups, strict=True)
        if group == groups[names.index("00.png")]
    }
    assert same == {"00.png", "again.jpg", "small.png"}
    assert len(set(groups.tolist())) == 40


def test_a_small_defect_is_no_near_duplicate(tmp_path: Path) -> None:
    """Two shots that differ in one spot, as castings with and without a hole, stay apart."""
    for name, hole in (("good", 0), ("bad", 6)):
        pixels = np.asarray(scene(1)).copy()
        pixels[20 : 20 + hole, 20 : 20 + hole] = 255 - pixels[20 : 20 + hole, 20 : 20 + hole]
        for number in range(5):
            path = tmp_path / name / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            (Image.fromarray(pixels) if number == 0 else scene(100 + 10 * hole + number)).save(path)
    decoded = decode_dataset(read_data(tmp_path), SPEC)

    assert len(set(alike(decoded, {}).tolist())) == 10


def test_each_picture_is_answered_once_and_copies_stay_together(decoded: DecodedDataset) -> None:
    """Folds share no picture, make up all of them, and never tear a group or learn its copy."""
    groups = alike(decoded, hash_rows(decoded))

    folds = deal(decoded, groups, folds=3, seed=1, validation_share=0.2)

    asked = np.concatenate([fold.places("test") for fold in folds])
    assert sorted(asked.tolist()) == list(range(42))
    for fold in folds:
        parts = [set(groups[fold.places(s)].tolist()) for s in ("train", "validation", "test")]
        assert not parts[0] & parts[2]
        assert not parts[1] & parts[2]
        assert not parts[0] & parts[1]
        labels = decoded.labels[fold.places("test")]
        assert abs(int((labels == 0).sum()) - int((labels == 1).sum())) <= 3
        assert (fold.decoded.labels == decoded.labels[fold.order]).all()
        assert (np.asarray(fold.decoded.pixels) == np.asarray(decoded.pixels)[fold.order]).all()


def test_contents_and_seed_decide_the_folds(decoded: DecodedDataset) -> None:
    """The order of reading does not matter, and another seed deals otherwise."""
    groups = alike(decoded, hash_rows(decoded))
    back = np.arange(len(groups))[::-1]
    examples = tuple(decoded.dataset.examples[at] for at in back)
    turned = DecodedDataset(
        replace(decoded.dataset, examples=examples),
        np.asarray(decoded.pixels)[back],
        decoded.labels[back],
    )

    def asked(which: DecodedDataset, numbers: NDArray[np.int64], seed: int) -> list[set[str]]:
        dealt = deal(which, numbers, folds=3, seed=seed, validation_share=0.2)
        return [
            {which.dataset.examples[at].content for at in fold.places("test")} for fold in dealt
        ]

    assert asked(decoded, groups, 1) == asked(turned, groups[back], 1)
    assert asked(decoded, groups, 1) != asked(decoded, groups, 2)


def test_more_folds_than_pictures_are_refused(decoded: DecodedDataset) -> None:
    """A fold without a picture would be a model trained for nothing."""
    with pytest.raises(DataError, match="too few for 50 folds"):
        deal(decoded, np.arange(42), folds=50, seed=1, validation_share=0.2)


def test_distance_is_that_of_mahalanobis() -> None:
    """With many pictures it is the distance in units of the spread, along each axis."""
    generator = np.random.default_rng(3)
    spread = np.array([1.0, 10.0])
    known = generator.normal(0, 1, (4000, 2)) * spread
    labels = np.arange(4000) % 2
    known[labels == 1] += (50.0, 0.0)
    asked = np.array([[3.0, 0.0], [0.0, 30.0], [50.0, 0.0]], np.float32)

    found = class_distances(known.astype(np.float32), labels, asked, classes=3)

    assert found[:2, 0] == pytest.approx([3, 3], rel=0.1)
    assert found[2, 1] < 0.2
    assert np.isinf(found[:, 2]).all()


def test_more_features_than_pictures_are_no_obstacle() -> None:
    """The covariance is shrunk, and features that never change do not count."""
    generator = np.random.default_rng(4)
    known = generator.normal(0, 1, (20, 100)).astype(np.float32)
    known[:, 7] = 3.0

    found = class_distances(known, np.arange(20) % 2, known[:4], classes=2)

    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_excess_is_measured_within_a_label() -> None:
    """A usual distance has none, one ten times as large has much, in each class by its own."""
    generator = np.random.default_rng(5)
    distances = np.exp(generator.normal(0, 0.1, 200)).astype(np.float32)
    labels = np.repeat([0, 1], 100)
    distances[labels == 1] *= 100
    distances[7] *= 10

    found = excess(distances, labels)

    assert found[7] > 10
    assert np.abs(np.delete(found, 7)).max() < 6


def answers(decoded: DecodedDataset, probabilities: NDArray[np.float32]) -> Answered:
    count = len(decoded.labels)
    return Answered(
        np.arange(count), probabilities, np.ones((count, 2), np.float32), np.ones(count, np.int64)
    )


def sure_of_the_labels(decoded: DecodedDataset) -> NDArray[np.float32]:
    generator = np.random.default_rng(6)
    right = generator.uniform(0.8, 0.95, len(decoded.labels)).astype(np.float32)
    return np.where(decoded.labels[:, None] == np.arange(2), right[:, None], 1 - right[:, None])


def test_copies_come_first_then_what_is_doubted(decoded: DecodedDataset) -> None:
    """The order is copies under two labels, doubted labels, all others; the reasons say so."""
    pytest.importorskip("cleanlab")
    names = names_of(decoded)
    probabilities = sure_of_the_labels(decoded)
    wrong = names.index("07.png")
    probabilities[wrong] = (0.99, 0.01)

    suspects = rank_suspects(
        decoded.dataset, alike(decoded, hash_rows(decoded)), answers(decoded, probabilities)
    )

    listed = [suspect.example.path.name for suspect in suspects]
    assert set(listed[:3]) == {"00.png", "again.jpg", "small.png"}
    assert listed[3] == "07.png"
    assert suspects[3].kinds == ("label",)
    assert (suspects[3].given, suspects[3].proposed) == (1, 0)
    assert sorted(listed) == sorted(names)
    first = next(s for s in suspects if s.example.path.name == "00.png")
    assert "b (b/again.jpg); b (b/small.png)" in first.reasons[0]


def test_what_is_far_comes_before_what_is_not(decoded: DecodedDataset) -> None:
    """A picture far from its class, or from all, is listed with that reason."""
    pytest.importorskip("cleanlab")
    said = answers(decoded, sure_of_the_labels(decoded))
    place = names_of(decoded).index("05.png")
    said.distances[place] = 50

    suspects = rank_suspects(decoded.dataset, np.arange(42), said)

    far = [suspect for suspect in suspects if "far" in suspect.kinds]
    assert [suspect.place for suspect in far] == [place]
    assert far[0].kinds[-2:] == ("far", "alien")
    assert suspects.index(far[0]) == sum("label" in suspect.kinds for suspect in suspects)


def page_of(decoded: DecodedDataset, *, class_names: tuple[str, ...] = ("a", "b")) -> str:
    dataset = replace(decoded.dataset, class_names=class_names)
    suspects = [
        Suspect(at, example, example.label, 1 - example.label, 0.9, 0.1, (), ("<Reason>",))
        for at, example in enumerate(dataset.examples[:5])
    ]
    return render_review(
        dataset, suspects, decoded.pixels, name="<data>", answered=42, method="By models."
    )


def test_the_page_runs_its_own_script_alone(decoded: DecodedDataset) -> None:
    """The policy allows no request, and names the hash of the one script."""
    page = page_of(decoded)

    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = hashlib.sha256(script[0].encode()).digest()
    assert policy is not None
    assert policy[1] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{base64.b64encode(digest).decode()}'"
    )
    assert len(script) == 1
    assert re.findall(r"(?:src|href)=\"(?!data:)", page) == []


def test_no_name_leaves_the_data_of_the_page(decoded: DecodedDataset) -> None:
    """A class that ends a script stays a text, and reads as it was given."""
    evil = "</script><img src=x onerror=alert(1)>"
    page = page_of(decoded, class_names=(evil, "b"))

    stored = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert evil not in page
    assert stored is not None
    assert json.loads(stored[1])["classes"] == [evil, "b"]
    assert "&lt;data&gt;" in page


def test_marks_belong_to_one_list(decoded: DecodedDataset) -> None:
    """What the browser keeps marks under changes with the labels, and not from run to run."""
    key = re.compile(r'"key": "(\w{16})"')
    page, other = page_of(decoded), page_of(decoded, class_names=("a", "c"))

    found, changed = key.search(page), key.search(other)
    assert found is not None
    assert changed is not None
    assert found[1] != changed[1]
    assert page == page_of(decoded)


def test_a_picture_that_is_gone_is_shown_as_the_model_saw_it(decoded: DecodedDataset) -> None:
    """The page is written although a file vanished during the training."""
    before = page_of(decoded)
    decoded.dataset.examples[0].path.unlink()

    page = page_of(decoded)

    assert page != before
    assert page.count('"image": "data:image/') == 5


def settings(fingerprint: str) -> ReviewSettings:
    from kerasport.recipes import get_recipe

    recipe = get_recipe("mnist").settle(
        architecture="dense", image_size=(28, 28), color_mode="grayscale", batch_size=32
    )
    return ReviewSettings(recipe=recipe, folds=3, fingerprint=fingerprint, versions={"keras": "3"})


def test_an_interrupted_review_is_gone_on_with_unless_it_is_another(tmp_path: Path) -> None:
    """Equal settings keep the folder; others are refused until somebody insists."""
    unfinished = UnfinishedReview(tmp_path / "review.html")

    assert unfinished.begin(settings("x"), force=False) is False
    (unfinished.path / "fold-1.npz").write_bytes(b"kept")
    assert unfinished.begin(settings("x"), force=False) is True
    with pytest.raises(DataError, match="start anew with --force"):
        unfinished.begin(settings("y"), force=False)
    assert (unfinished.path / "fold-1.npz").exists()
    assert unfinished.begin(settings("y"), force=True) is False
    assert not (unfinished.path / "fold-1.npz").exists()


def test_answers_are_kept_bit_by_bit() -> None:
    """What a fold answered is read again as it was, and folds come together in their order."""
    generator = np.random.default_rng(8)
    parts = [
        Answered(
            np.array(places),
            generator.random((2, 3)).astype(np.float32),
            generator.random((2, 3)).astype(np.float32),
            np.full(2, number),
        )
        for number, places in ((1, [3, 0]), (2, [1, 2]))
    ]

    again = [Answered.from_bytes(part.to_bytes()) for part in parts]
    whole = Answered.together(again)

    assert whole.places.tolist() == [0, 1, 2, 3]
    assert whole.model.tolist() == [1, 2, 2, 1]
    assert (whole.probabilities[[3, 0]] == parts[0].probabilities).all()


def test_a_page_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    """Hours of marks may be on it: --force is asked for before anything is read."""
    pytest.importorskip("cleanlab")
    from kerasport.recipes import get_recipe
    from kerasport.review import review_data

    out = tmp_path / "review.html"
    out.write_text("mine")
    data = write_class_folders(tmp_path / "data", {"a": 6, "b": 6})

    with pytest.raises(DataError, match="--force"):
        review_data(data, get_recipe("folder"), out=out)
    assert out.read_text() == "mine"


def test_beside_a_run_no_training_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    """What would decide a training is wrong usage beside --run, and is named."""
    with pytest.raises(SystemExit) as ended:
        main(["review", "data", "--run", "runs/x", "--folds", "5", "--epochs", "3"])

    assert ended.value.code == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "--run trains nothing; leave out --folds, --epochs" in said


def test_without_the_library_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message has the line that installs it, and comes before any picture is read."""
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)

    with pytest.raises(SystemExit) as ended:
        main(["review", str(tmp_path / "nothing"), "--out", str(tmp_path / "review.html")])

    assert ended.value.code == 1
    assert "pip install 'kerasport[review]'" in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []
