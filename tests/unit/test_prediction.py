"""Classifying picture files: in order, as they come, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kerasport import Prediction, predict, predict_each
from kerasport.bundle import Bundle
from kerasport.cli import main
from kerasport.errors import DataError

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
PICTURE = GOLDEN / "pictures" / "rgb.png"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A file that is no picture."""
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    return path


def test_each_picture_has_its_answer_or_its_error_in_its_place(broken: Path) -> None:
    """Batches end in the middle of anything, and the order stays that of the pictures."""
    pictures = [broken if number % 7 == 3 else PICTURE for number in range(75)]

    found = list(predict_each(Bundle.open(FROZEN), pictures))

    kinds = [isinstance(item, Prediction) for item in found]
    assert kinds == [picture == PICTURE for picture in pictures]
    answers = np.stack([item.probabilities for item in found if isinstance(item, Prediction)])
    alone, _ = predict(Bundle.open(FROZEN), [PICTURE])
    np.testing.assert_allclose(answers, np.tile(alone[0].probabilities, (len(answers), 1)), 1e-5)


@pytest.mark.parametrize("readable", [True, False], ids=["pictures", "errors"])
def test_pictures_are_asked_for_as_they_are_needed(broken: Path, readable: bool) -> None:
    """Of any number of pictures only a few hundred are under way when the first is answered."""
    asked = 0

    def endless() -> Iterator[Path]:
        nonlocal asked
        while True:
            asked += 1
            yield PICTURE if readable else broken

    first = next(predict_each(Bundle.open(FROZEN), endless()))

    assert isinstance(first, Prediction if readable else DataError)
    assert asked < 5_000


@pytest.mark.parametrize("count", [0, 1, 40])
def test_rows_come_one_by_one_and_are_one_document(
    count: int, broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed is one JSON list, sorted and indented like every other document."""
    pictures = [str(PICTURE)] * count + [str(broken)]

    with pytest.raises(SystemExit) as end:
        main(["predict", str(FROZEN), *pictures, "--json"])

    out = capsys.readouterr().out
    answers = json.loads(out)
    assert end.value.code == 1
    assert [answer["file"] for answer in answers] == pictures[:-1]
    assert out == json.dumps(answers, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
