"""Real Ray Data: two workers on this machine, one of them killed; nothing lost, nothing twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.dying import Dying

import kerasport
from kerasport.bundle import Bundle

ray = pytest.importorskip("ray", reason="Ray is not installed: make clusters")

pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "tests" / "golden" / "bundle-v1"
COUNT = 600


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Ray on this machine: two actors would leave no core for reading on two cores."""
    paths = os.pathsep.join([str(ROOT / "python"), str(ROOT / "tests")])
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=200 << 20,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small pictures, each another, one of them none."""
    top = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(2)
    for number in range(COUNT):
        noise = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
        Image.fromarray(noise).save(top / f"{number:03d}.png")
    (top / "123.png").write_bytes(b"no picture")
    return top


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, str]:
    """The class of each picture, as `predict` gives it here."""
    answers, errors = kerasport.predict(Bundle.open(FROZEN), sorted(folder.iterdir()))
    assert len(errors) == 1
    return {each.path.name: each.top(1)[0][0] for each in answers}


def check(rows: list[dict[str, Any]], expected: dict[str, str]) -> None:
    """Every picture is there once, with the answer that it has elsewhere."""
    names = [Path(row["path"]).name for row in rows]
    assert len(names) == COUNT
    assert len(set(names)) == COUNT
    told = {Path(row["path"]).name: row for row in rows}
    assert {name: told[name]["class"] for name in expected} == expected
    assert [name for name, row in told.items() if row["error"]] == ["123.png"]


@pytest.mark.parametrize("batch_format", ["pyarrow", "pandas", "numpy"])
def test_batches_of_every_format_are_answered(
    batch_format: str, cluster: Any, folder: Path, expected: dict[str, str]
) -> None:
    """As a function, which Ray sends to whichever worker is free."""
    data = cluster.data.read_binary_files(str(folder), include_paths=True, override_num_blocks=6)
    classify = kerasport.BatchClassifier(FROZEN, column="bytes", keep=["path"])

    answered = data.map_batches(classify, batch_format=batch_format, batch_size=50)

    check(answered.take_all(), expected)


@pytest.mark.parametrize("way", ["actors", "tasks"])
def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    way: str, cluster: Any, folder: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    """Two workers, one killed in the middle: Ray starts another, and every row is there once."""
    notes = tmp_path / "notes"
    notes.mkdir()
    data = cluster.data.read_binary_files(str(folder), include_paths=True, override_num_blocks=12)
    options: dict[str, Any] = {"column": "bytes", "keep": ["path"]}
    arguments = (str(FROZEN), str(notes))

    if way == "actors":
        answered = data.map_batches(
            Dying,
            fn_constructor_args=arguments,
            fn_constructor_kwargs=options,
            concurrency=2,
            batch_format="pyarrow",
            batch_size=20,
        )
    else:
        answered = data.map_batches(
            Dying(*arguments, **options), batch_format="pyarrow", batch_size=20
        )
    rows = answered.take_all()

    assert (tmp_path / "killed").exists()
    workers = {path.name.partition("-")[0] for path in notes.iterdir()}
    assert len(workers) >= 2
    check(rows, expected)


def test_answers_are_written_by_ray(
    cluster: Any, folder: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    """From paths to Parquet files, as the documentation shows it."""
    paths = [{"path": str(path)} for path in sorted(folder.iterdir())]
    classify = kerasport.BatchClassifier(FROZEN, column="path", top=1)

    answered = cluster.data.from_items(paths).map_batches(classify, batch_format="pyarrow")
    answered.write_parquet(str(tmp_path / "answers"))

    check(cluster.data.read_parquet(str(tmp_path / "answers")).take_all(), expected)
