"""Tables say of every picture how strange it is, where the model measures that."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.killed_tables import killed_at
from support.pictures import write_noise
from support.strange import bundle_with_novelty

from kerasport import BatchClassifier
from kerasport.bulk import BulkOptions, classification, predict_many
from kerasport.bundle import Bundle
from kerasport.errors import DataError
from kerasport.prediction import Prediction, predict_each

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
ENGINES = ["numpy", "wasm"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures, the sixth of them none."""
    return write_noise(tmp_path_factory.mktemp("photos"), 40, broken=5)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """A bundle that finds about half of them familiar."""
    made = tmp_path_factory.mktemp("bundle")
    even = bundle_with_novelty(made / "even")
    threshold = float(np.median([novelty for novelty, _ in told_by_predict(even, folder).values()]))
    return bundle_with_novelty(made / "model", threshold=threshold)


def told_by_predict(bundle: Path, folder: Path, engine: Any = "numpy") -> dict[str, Any]:
    answers = predict_each(Bundle.open(bundle), sorted(folder.iterdir()), engine=engine)
    told = [each for each in answers if isinstance(each, Prediction)]
    return {str(each.path): (each.novelty, each.is_familiar) for each in told}


def require(engine: str) -> BulkOptions:
    if engine == "wasm":
        pytest.importorskip("wasmtime")
    return BulkOptions(engine=engine)  # type: ignore[arg-type]  # one of those that are known


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_table_has_the_numbers_of_predict(
    suffix: str, engine: str, bundle: Path, folder: Path, tmp_path: Path
) -> None:
    """`novelty` and `familiar` stand behind the error; there are none of what is no picture."""
    out = tmp_path / f"answers.{suffix}"

    predict_many(bundle, [folder], out, options=require(engine))

    expected = told_by_predict(bundle, folder, engine)
    rows: list[dict[str, Any]]
    if suffix == "parquet":
        table = pytest.importorskip("pyarrow.parquet").read_table(out)
        assert table.column_names[-3:] == ["error", "novelty", "familiar"]
        assert [str(each) for each in table.schema.types[-2:]] == ["double", "bool"]
        rows = table.to_pylist()
    elif suffix == "jsonl":
        rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    else:
        lines = out.read_text("utf-8").splitlines()
        rows, head = list(csv.DictReader(lines)), lines[0]
        assert head.startswith("name,class,probability,error,novelty,familiar,p:")
    assert len(rows) == 40
    assert {is_familiar for _, is_familiar in expected.values()} == {True, False}
    for row in rows:
        if row["name"] not in expected:
            assert row["error"]
            assert row.get("novelty") in (None, "")
            assert row.get("familiar") in (None, "")
            continue
        novelty, familiar = expected[row["name"]]
        assert float(row["novelty"]) == novelty
        assert str(row["familiar"]).lower() == str(familiar).lower()


def test_top_leaves_them(bundle: Path, folder: Path, tmp_path: Path) -> None:
    """The best classes alone are told, and how strange the picture is."""
    predict_many(bundle, [folder], tmp_path / "a.csv", options=BulkOptions(engine="numpy", top=1))

    head = (tmp_path / "a.csv").read_text("utf-8").splitlines()[0]
    assert head == "name,class,probability,error,novelty,familiar,class_1,probability_1"


def test_a_model_that_measures_nothing_has_no_such_columns(folder: Path, tmp_path: Path) -> None:
    """As on the page: columns that are always empty would say less than none."""
    predict_many(FROZEN, [folder], tmp_path / "a.csv", options=BulkOptions(engine="numpy"))

    head = (tmp_path / "a.csv").read_text("utf-8").splitlines()[0]
    assert head.startswith("name,class,probability,error,p:")


def test_a_table_that_was_interrupted_has_them_in_all_rows(
    bundle: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done before and after gives the bytes of a run that nobody interrupted."""
    options = BulkOptions(engine="numpy")
    predict_many(bundle, [folder], tmp_path / "whole.csv", options=options)
    monkeypatch.setattr(classification, "_PART_SECONDS", 0.0)
    with killed_at("add", 1):
        predict_many(bundle, [folder], tmp_path / "cut.csv", options=options)

    summary = predict_many(bundle, [folder], tmp_path / "cut.csv", options=options)

    assert summary.continued == 32
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_parts_of_another_width_are_not_continued(
    bundle: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun without these columns is refused instead of being mixed with what has them."""
    options = BulkOptions(engine="numpy")
    real = classification.Parts.open

    def without(self: Any, job: dict[str, Any], **more: Any) -> Any:
        return real(self, {key: value for key, value in job.items() if key != "novelty"}, **more)

    monkeypatch.setattr(classification, "_PART_SECONDS", 0.0)
    with monkeypatch.context() as patched, killed_at("add", 1):
        patched.setattr(classification.Parts, "open", without)
        predict_many(bundle, [folder], tmp_path / "a.csv", options=options)

    with pytest.raises(DataError, match="novelty"):
        predict_many(bundle, [folder], tmp_path / "a.csv", options=options)


@pytest.mark.parametrize("kind", ["table", "pandas", "dict"])
def test_batches_have_them_too(kind: str, bundle: Path, folder: Path) -> None:
    """Float64 and true or false behind the error, missing where there is no answer."""
    expected = told_by_predict(bundle, folder)
    paths = [str(path) for path in sorted(folder.iterdir())]
    batch: Any = {"image": paths}
    if kind == "table":
        batch = pytest.importorskip("pyarrow").table(batch)
    elif kind == "pandas":
        batch = pytest.importorskip("pandas").DataFrame(batch)

    told: Any = BatchClassifier(bundle, engine="numpy")(batch)

    if kind == "table":
        told = told.to_pandas()
    assert list(told)[-3:] == ["error", "novelty", "familiar"]
    assert told["novelty"].dtype == np.float64
    for path, novelty, familiar in zip(paths, told["novelty"], told["familiar"], strict=True):
        if path in expected:
            assert (novelty, bool(familiar)) == expected[path]
        else:
            assert np.isnan(novelty)
            assert familiar is None
