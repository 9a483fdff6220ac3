"""What a run records about its training: camelCase as it is written, snake_case read as well."""

from __future__ import annotations

import json
from pathlib import Path

from kerasport.dataset import ReadOptions
from kerasport.models import Augmentation
from kerasport.runs import DataRecord
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
