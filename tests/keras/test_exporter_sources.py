"""`kerasport.export` from Python: it knows what the command line knows of runs and of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.listening import Listening

from kerasport.bundle.metadata import Preprocessing, Rescaling
from kerasport.classifier import Classifier
from kerasport.cli import main
from kerasport.errors import UsageError
from kerasport.exporter import export

pytestmark = pytest.mark.keras

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


def test_what_lies_beside_a_model_is_used(tmp_path: Path) -> None:
    """Class names, name and preprocessing come from the metadata beside, and the file is named."""
    listener = Listening()

    bundle = export(FROZEN / "model.json", tmp_path / "out", progress=listener)

    assert bundle.metadata.class_names == ["red", "<b>green</b>", "bl\u00fce"]
    assert f"Class names: {FROZEN / 'metadata.json'}" in listener.said
    assert bundle.compared_with.startswith(("tf_keras ", "the layers as they were read"))


def test_a_run_is_exported_by_its_folder(digits_run: Any, tmp_path: Path) -> None:
    """The path of a run, the run and a classifier that has it give the same files."""
    sources = {
        "path": str(digits_run.path),
        "run": digits_run,
        "classifier": Classifier(digits_run, None, None),
    }

    for name, source in sources.items():
        export(source, tmp_path / name)

    for file in ("model.json", "group1-shard1of1.bin", "samples/01.png"):
        assert len({(tmp_path / name / file).read_bytes() for name in sources}) == 1


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ({"class_names": "labels.txt"}, r"Leave out: class_names \(--labels\)\."),
        ({"name": "mine"}, r"Leave out: name \(--name\)\."),
        ({"rescaling": Rescaling(scale=1.0, offset=0.0)}, r"rescaling \(--rescaling\)\."),
        ({"preprocessing": {"fit": "crop"}}, r"Leave out: fit \(--fit\)\."),
        ({"preprocessing": Preprocessing()}, r"preprocessing \(--fit, --resample\)\."),
    ],
    ids=["class-names", "name", "rescaling", "fit", "preprocessing"],
)
def test_what_a_run_knows_is_not_taken(
    given: dict[str, Any], listed: str, digits_run: Any, tmp_path: Path
) -> None:
    """An argument for models of one's own is named as Python and the shell call it."""
    with pytest.raises(UsageError, match=listed):
        export(digits_run, tmp_path / "out", **given)

    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_of_a_run_exits_with_2(
    digits_run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line tells it from a model that cannot be exported."""
    with pytest.raises(SystemExit) as stop:
        main(["export", str(digits_run.path), "--out", str(tmp_path / "out"), "--name", "mine"])

    assert stop.value.code == 2
    assert "Leave out: name (--name)." in " ".join(capsys.readouterr().err.split())
