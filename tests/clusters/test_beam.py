"""Real Beam on this machine: batches as dicts of columns, as the documentation shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import kerasport
from kerasport.bundle import Bundle

beam = pytest.importorskip("apache_beam", reason="Beam is not installed: make clusters")

pytestmark = pytest.mark.filterwarnings("ignore")

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as a dict of columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def lines(batch: dict[str, Any]) -> list[str]:
    """Return the answers as text, a row a line."""
    rows = zip(batch["name"], batch["class"], batch["error"], strict=True)
    return [json.dumps(row) for row in rows]


def test_every_picture_has_its_answer(tmp_path: Path) -> None:
    """The rows that a pipeline writes are the answers of `predict`, each picture once."""
    pictures = sorted((GOLDEN / "pictures").glob("*.png"))
    answers, errors = kerasport.predict(Bundle.open(FROZEN), pictures)
    expected = {str(each.path): each.top(1)[0][0] for each in answers}
    classify = kerasport.BatchClassifier(FROZEN, column="image", keep=["name"])

    with beam.Pipeline() as pipeline:
        (
            pipeline
            | beam.Create([{"name": str(path), "image": str(path)} for path in pictures])
            | beam.BatchElements(min_batch_size=5, max_batch_size=20)
            | beam.Map(columns)
            | beam.Map(classify)
            | beam.FlatMap(lines)
            | beam.io.WriteToText(str(tmp_path / "answers"))
        )

    written = [
        json.loads(line)
        for path in tmp_path.glob("answers*")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(written) == len(pictures)
    assert {name: told for name, told, error in written if error is None} == expected
    assert sum(error is not None for _, _, error in written) == len(errors)
