"""The callable for clusters: the same kind of batch out as in, loaded once, sent anywhere."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport import BatchClassifier, predict
from kerasport.bulk import batches
from kerasport.bundle import Bundle
from kerasport.errors import BundleError, DataError, UsageError

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
PICTURES = [GOLDEN / "pictures" / name for name in ("rgb.png", "gray.png", "alpha.png")]
DATA = [path.read_bytes() for path in PICTURES]
ANSWERS = ["class", "probability", "probabilities", "error"]

KINDS = ["table", "record batch", "pandas", "dict"]


@pytest.fixture(scope="module")
def expected() -> list[np.ndarray[Any, Any]]:
    """What `predict` says of the pictures."""
    return [each.probabilities for each in predict(Bundle.open(FROZEN), PICTURES)[0]]


def make(kind: str, columns: dict[str, list[Any]]) -> Any:
    """Return a batch of a kind."""
    if kind in ("table", "record batch"):
        pyarrow = pytest.importorskip("pyarrow")
        made = pyarrow.table(columns) if kind == "table" else pyarrow.record_batch(columns)
        return made
    if kind == "pandas":
        return pytest.importorskip("pandas").DataFrame(columns, index=range(5, 5 + len(DATA)))
    return {name: np.array(values, object) for name, values in columns.items()}


def read(batch: Any) -> dict[str, list[Any]]:
    """Return the columns of a batch of any kind as lists."""
    if isinstance(batch, dict):
        return {name: list(values) for name, values in batch.items()}
    columns = batch.to_pydict() if hasattr(batch, "to_pydict") else batch.to_dict("list")
    return dict(columns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_comes_back_with_its_answers(kind: str, expected: Any) -> None:
    """The kind is the same, the columns stay and the answers of `predict` are behind them."""
    batch = make(kind, {"id": [7, 8, 9], "image": DATA})

    result = BatchClassifier(FROZEN)(batch)

    assert type(result) is type(batch)
    told = read(result)
    assert list(told) == ["id", "image", *ANSWERS]
    assert (list(told["id"]), list(told["image"])) == ([7, 8, 9], DATA)
    np.testing.assert_allclose(np.stack([*map(np.array, told["probabilities"])]), expected, 1e-5)
    names = Bundle.open(FROZEN).metadata.class_names
    assert told["class"] == [names[int(each.argmax())] for each in expected]
    np.testing.assert_allclose(told["probability"], [each.max() for each in expected], 1e-5)
    assert [each for each in told["error"] if each is not None] == []
    if kind == "pandas":
        assert list(result.index) == [5, 6, 7]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_picture_has_a_reason(kind: str) -> None:
    """Missing cells and broken files are rows without an answer, among those that have one."""
    told = read(BatchClassifier(FROZEN)(make(kind, {"image": [b"no", DATA[0], None]})))

    assert [each is None for each in told["error"]] == [False, True, False]
    assert [each is None for each in told["class"]] == [True, False, True]
    assert [each is None for each in told["probabilities"]] == [True, False, True]


def test_a_dict_of_pixels_is_answered(expected: Any) -> None:
    """What Ray's read_images makes: a column of arrays, here of one shape."""
    pixels = np.random.default_rng(1).integers(0, 256, (3, 8, 9, 3), dtype=np.uint8)

    told = BatchClassifier(FROZEN)({"image": pixels})

    assert list(told["error"]) == [None] * 3
    assert told["image"] is pixels


def test_cells_may_be_bytes_paths_structs_or_pixels(expected: Any) -> None:
    """Each way to hand over a picture gives the same answer; a wrong type is told."""
    cells: list[Any] = [
        *(DATA[0], bytearray(DATA[0]), memoryview(DATA[0])),
        *(str(PICTURES[0]), PICTURES[0]),
        *({"bytes": DATA[0], "path": None}, {"bytes": None, "path": str(PICTURES[0])}),
        *(5, float("nan"), {"bytes": None, "path": None}, "nowhere.png", "\0"),
    ]

    batch = {"image": cells}
    told: Any = BatchClassifier(FROZEN)(batch)

    assert len({tuple(each) for each in told["probabilities"][:7]}) == 1
    np.testing.assert_allclose(np.array(told["probabilities"][0], np.float32), expected[0], 1e-5)
    assert list(told["error"][7:]) == [
        "a int, not bytes, a path or pixels",
        "there is no picture",
        "there is no picture",
        "there is no such file",
        "a name that no file can have",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_kept_as_asked(kind: str) -> None:
    """`keep` names what stays, `top` the best classes; a column of an answer is replaced."""
    batch = make(kind, {"id": [1, 2, 3], "class": ["x", "y", "z"], "pixels": DATA})

    told = read(BatchClassifier(FROZEN, column="pixels", keep=["id", "class"], top=2)(batch))

    assert list(told) == ["id", "class", "probability", "classes", "probabilities", "error"]
    assert [len(each) for each in told["classes"]] == [2, 2, 2]
    assert told["class"] == [each[0] for each in told["classes"]]


def test_an_empty_batch_is_an_empty_batch() -> None:
    """No row in, no row out, with the columns of the answers and their types."""
    pyarrow = pytest.importorskip("pyarrow")
    empty = pyarrow.table({"image": pyarrow.array([], pyarrow.binary())})

    result = BatchClassifier(FROZEN)(empty)

    assert result.num_rows == 0
    assert result.schema == BatchClassifier(FROZEN)(pyarrow.table({"image": DATA})).schema


def test_copies_in_a_process_share_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is loaded with the first batch, by whichever copy and thread; later ones find it."""
    monkeypatch.setattr(batches, "_models", {})
    opened = []
    real = batches.open_answerer

    def counted(*arguments: Any, **options: Any) -> Any:
        opened.append(1)
        return real(*arguments, **options)

    monkeypatch.setattr(batches, "open_answerer", counted)
    first = BatchClassifier(FROZEN)
    copies = [pickle.loads(pickle.dumps(first)) for _ in range(4)]
    assert opened == []
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda each=each: results.append(each({"image": DATA * 20})))
        for each in copies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert opened == [1]
    assert len({tuple(map(tuple, each["probabilities"])) for each in results}) == 1


def test_it_is_small_and_has_its_place_when_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What travels is where the bundle is, whatever the folder of the worker that gets it."""
    shutil.copytree(FROZEN, tmp_path / "bundle")
    monkeypatch.chdir(tmp_path)
    classify = BatchClassifier("bundle")
    classify({"image": DATA[:1]})

    sent = pickle.dumps(classify)
    monkeypatch.chdir(GOLDEN)

    assert len(sent) < 2_000
    assert list(pickle.loads(sent)({"image": DATA[:1]})["error"]) == [None]


def test_a_bundle_that_is_replaced_is_loaded_again(tmp_path: Path) -> None:
    """A worker that lives long answers by what is there now."""
    shutil.copytree(FROZEN, tmp_path / "bundle")
    classify = BatchClassifier(tmp_path / "bundle")
    classify({"image": DATA})
    shutil.rmtree(tmp_path / "bundle")

    with pytest.raises(BundleError, match="There is no bundle folder"):
        classify({"image": DATA})


def test_an_iterator_goes_through_lazily() -> None:
    """`each` is what Spark's mapInPandas takes: batches in, batches out, one at a time."""
    asked = []

    def frames() -> Iterator[dict[str, Any]]:
        for number in range(3):
            asked.append(number)
            yield {"image": DATA}

    results = BatchClassifier(FROZEN).each(frames())

    assert len(next(results)["class"]) == 3
    assert asked == [0]
    assert len(list(results)) == 2


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ({"picture": DATA}, "has no column 'image'. It has: picture"),
        ([1, 2], r"The batch is a builtins.list. Expected a pyarrow Table"),
    ],
    ids=["column", "kind"],
)
def test_a_batch_that_does_not_fit_is_told(batch: Any, words: str) -> None:
    """A column that is missing and a batch of another kind are one sentence each."""
    with pytest.raises(DataError, match=words):
        BatchClassifier(FROZEN)(batch)


@pytest.mark.parametrize("option", ["top", "workers"])
def test_numbers_below_one_are_wrong_usage(option: str) -> None:
    """They are told where they are given, not by a worker far away."""
    with pytest.raises(UsageError, match=option):
        BatchClassifier(FROZEN, **{option: 0})


def test_a_process_that_answered_ends_quietly() -> None:
    """Nothing is printed when a process ends that still has a model, as workers do."""
    pytest.importorskip("wasmtime")
    code = (
        "from kerasport import BatchClassifier\n"
        f"classify = BatchClassifier({str(FROZEN)!r}, engine='wasm')\n"
        f"print(len(classify({{'image': [open({str(PICTURES[0])!r}, 'rb').read()]}})['class']))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no forks here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_worker_loads_for_itself() -> None:
    """A child of a process that has the model answers too, as Spark's workers are forked."""
    pytest.importorskip("wasmtime")
    code = (
        "import os\n"
        "from kerasport import BatchClassifier\n"
        f"classify = BatchClassifier({str(FROZEN)!r})\n"
        f"batch = {{'image': [open({str(PICTURES[0])!r}, 'rb').read()]}}\n"
        "mine = classify(batch)['probability'][0]\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if classify(batch)['probability'][0] == mine else 1)\n"
        "print(os.waitpid(child, 0)[1])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert (done.stdout.strip(), done.stderr) == ("0", "")
