"""Training on shards, here and at an address: the model that the folder of the pictures gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.pictures import write_class_folders
from support.shards import files_below, write_parquet, write_tar

from kerasport import models
from kerasport.evaluation import evaluate
from kerasport.recipes import get_recipe
from kerasport.runs.run import Run
from kerasport.training import TrainingOptions, train

pytestmark = pytest.mark.keras

FAST = TrainingOptions(epochs=2, image_size=(8, 12), learning_rate=0.01, augment=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that differ in brightness."""
    return write_class_folders(tmp_path_factory.mktemp("data"), {"dark": 40, "light": 40})


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of the folder."""
    return train(
        get_recipe("folder"), out=tmp_path_factory.mktemp("runs") / "f", data=data, options=FAST
    )


def parts(files: list[Path]) -> list[list[Path]]:
    return [files[:30], files[30:55], files[55:]]


@pytest.mark.parametrize("kind", ["parquet at an address", "tar"])
def test_shards_give_the_model_of_their_folder(
    kind: str, data: Path, run: Run, tmp_path: Path
) -> None:
    """The same bits of weights, the same figures; the run finds its pictures again."""
    shards = tmp_path / "shards"
    for number, files in enumerate(parts(files_below(data))):
        if kind == "tar":
            write_tar(shards / f"pets-{number}.tar", files)
        else:
            write_parquet(shards / f"pets-{number}.parquet", files)
    source = str(shards / "pets-{0..2}.tar")
    if kind != "tar":
        fsspec = pytest.importorskip("fsspec")
        fsspec.filesystem("memory").put(str(shards), f"/{tmp_path.name}", recursive=True)
        source = f"memory://{tmp_path.name}"

    trained = train(get_recipe("folder"), out=tmp_path / "run", data=source, options=FAST)

    for ours, theirs in zip(
        *(models.load_model(each.model_path).get_weights() for each in (trained, run)), strict=True
    ):
        assert np.array_equal(ours, theirs)
    assert json.loads(trained.data_path.read_text(encoding="utf-8"))["source"] == source
    assert evaluate(trained).accuracy == evaluate(run).accuracy
    whole = evaluate(trained, data=Path(source))
    assert (whole.pictures, whole.accuracy) == (80, evaluate(run, data=data).accuracy)
