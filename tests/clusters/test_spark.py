"""Real Spark on this machine: mapInPandas and mapInArrow, as the documentation shows them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import kerasport
from kerasport.bundle import Bundle

sql = pytest.importorskip("pyspark.sql", reason="Spark is not installed: make clusters")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
]

ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "tests" / "golden" / "bundle-v1"
COUNT = 120
SCHEMA = "path string, class string, probability float, probabilities array<float>, error string"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small pictures, each another, one of them none."""
    top = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(4)
    for number in range(COUNT):
        noise = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
        Image.fromarray(noise).save(top / f"{number:03d}.png")
    (top / "007.png").write_bytes(b"no picture")
    return top


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Spark with two workers."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "python"), str(ROOT / "tests")])
    spark = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "700m")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield spark
    spark.stop()


@pytest.mark.parametrize("way", ["mapInPandas", "mapInArrow"])
def test_every_picture_has_its_row(way: str, session: Any, folder: Path) -> None:
    """The rows of all partitions are the answers of `predict`, each picture once."""
    answers, _ = kerasport.predict(Bundle.open(FROZEN), sorted(folder.iterdir()))
    expected = {each.path.name: each.top(1)[0][0] for each in answers}
    pictures = session.read.format("binaryFile").load(str(folder)).repartition(4)
    classify = kerasport.BatchClassifier(FROZEN, column="content", keep=["path"])

    rows = getattr(pictures, way)(classify.each, SCHEMA).collect()

    told = {Path(row["path"]).name: row for row in rows}
    assert len(rows) == len(told) == COUNT
    assert {name: told[name]["class"] for name in expected} == expected
    assert [name for name, row in told.items() if row["error"] is not None] == ["007.png"]
    assert told["007.png"]["probabilities"] is None
    assert len(told["000.png"]["probabilities"]) == len(answers[0].probabilities)
