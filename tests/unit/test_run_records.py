"""What a run records about its training: camelCase as it is written, snake_case read as well."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kerasport.bundle.metadata import ClassifierDescription
from kerasport.dataset import ReadOptions
from kerasport.errors import DataError
from kerasport.models import Augmentation
from kerasport.report import report_on
from kerasport.runs import DataRecord, Run, read_record
from kerasport.training.origin import Origin
from kerasport.training.record import RecipeRecord
from kerasport.training.unfinished import Settings

# Written by a version that wrote these files in snake_case; never changed.
SNAKE_CASE = Path(__file__).parents[1] / "golden" / "run-snake-case"
READING = ReadOptions(seed=3, test_share=0.2, classes=["a", "b"], root=Path("somewhere"))


def keys_of(value: object) -> set[str]:
    """Return the names of all fields of a JSON value, at every depth."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*map(keys_of, value.values()))


def test_the_data_record_comes_back_as_it_was() -> None:
    """In camelCase, every field."""
    record = DataRecord(root="/data", source="keras:mnist", reading=READING, validation="/more")

    written = json.loads(record.to_json())

    assert not [key for key in keys_of(written) if "_" in key]
    assert written["reading"]["testShare"] == 0.2
    assert DataRecord.model_validate(written) == record


def test_a_data_record_in_snake_case_is_read() -> None:
    """A run of the version before says where its pictures are, and how they were cut."""
    record = DataRecord.model_validate_json((SNAKE_CASE / "data.json").read_bytes())

    assert record == DataRecord(
        root="/somewhere/data", source="/somewhere/data", reading=ReadOptions(seed=1)
    )


def test_settings_in_snake_case_are_read_and_written_in_camel_case() -> None:
    """An unfinished training of the version before has the same recipe, reading and reasons."""
    settings = Settings.model_validate_json((SNAKE_CASE / "settings.json").read_bytes())

    written = json.loads(settings.to_json())

    assert settings.recipe.image_size == (8, 12)
    assert settings.recipe.augmentation == Augmentation(flip=True, rotation=0.04, zoom=0.15)
    assert settings.reading == ReadOptions(seed=1)
    assert set(settings.choices) == {"architecture", "color_mode"}
    assert set(written["choices"]) == {"architecture", "colorMode"}
    # Names of packages are no fields.
    assert written["versions"] == settings.versions
    assert not [key for key in keys_of(written) if "_" in key]
    assert Settings.model_validate(written) == settings


def test_a_recipe_record_in_snake_case_is_read() -> None:
    """What a run of the version before was trained with is known."""
    record = RecipeRecord.model_validate_json((SNAKE_CASE / "recipe.json").read_bytes())

    assert (record.recipe.architecture, record.recipe.batch_size) == ("pooled_cnn", 16)
    assert record.to_dict()["recipe"]["labelSmoothing"] == 0.0
    assert record.to_dict()["choices"]["colorMode"] == "Colour mode rgb, after the pictures."


RECIPE = json.loads((SNAKE_CASE / "recipe.json").read_text(encoding="utf-8"))
DAMAGED: dict[str, bytes] = {
    "nothing": b"",
    "a list": b"[]",
    "nested without end": b"[" * 100_000,
    "a key twice": b'{"root": "a", "root": "b"}',
    "no UTF-8": b"\xff\xfe{",
    "reasons that are none": json.dumps({**RECIPE, "choices": 5}).encode(),
    "a recipe that is none": json.dumps({**RECIPE, "recipe": [1]}).encode(),
}


def read_all(run: Run, name: str) -> Any:
    return read_record(run) if name == "data.json" else Origin(run).recipe()


@pytest.mark.parametrize("name", ["data.json", "recipe.json"])
@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_record_is_told(name: str, content: bytes, tmp_path: Path) -> None:
    """A run may be somebody else's: whatever its records hold, a sentence names the file."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataError, match=rf"{name}' does not say"):
        read_all(Run(tmp_path, ClassifierDescription.model_construct()), name)


@pytest.mark.parametrize("name", ["data.json", "recipe.json"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_record_that_is_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    """It is no file, and so no record."""
    os.mkfifo(tmp_path / name)

    with pytest.raises(DataError, match="it is no file"):
        read_all(Run(tmp_path, ClassifierDescription.model_construct()), name)


HISTORY = {"loss": [2, 1], "accuracy": [0.5, 1], "bestEpoch": 2}
NO_HISTORIES = {
    "a list": [],
    "no figures": {"bestEpoch": 1},
    "texts for figures": HISTORY | {"loss": ["a", "b"]},
    "more of one kind": HISTORY | {"accuracy": [1]},
    "a best epoch that was not": HISTORY | {"bestEpoch": 3},
    "phases that are none": HISTORY | {"phases": [5]},
}
NO_REPORTS = {
    "a list": [],
    "no recipe": {"timings": {}},
    "texts for times": {"recipe": {}, "timings": {"train": "long"}},
    "findings that are none": {"recipe": {}, "findings": [{"severity": 1}]},
    "reasons that are none": {"recipe": {}, "automatic": [1]},
}


@pytest.mark.parametrize(
    ("history", "report"),
    [
        *(pytest.param(each, {"recipe": {}}, id=name) for name, each in NO_HISTORIES.items()),
        *(pytest.param(HISTORY, each, id=f"report: {name}") for name, each in NO_REPORTS.items()),
    ],
)
def test_a_damaged_history_or_report_is_told(history: Any, report: Any, tmp_path: Path) -> None:
    """What is drawn and told again is checked before."""
    (tmp_path / "history.json").write_text(json.dumps(history))
    (tmp_path / "report.json").write_text(json.dumps(report))
    run = Run(tmp_path, ClassifierDescription.model_construct())

    with pytest.raises(DataError, match=r"is damaged .*Train the run again"):
        report_on(run, None, pictures="here")  # type: ignore[arg-type]
