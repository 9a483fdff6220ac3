"""What a recipe leaves open follows from the data."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from kerasport.recipes import SettledRecipe, get_recipe
from kerasport.training.choices import decide_open_choices


def settled(pictures: int, side: int) -> tuple[SettledRecipe, dict[str, str]]:
    dataset: Any = SimpleNamespace(in_split=lambda split: range(pictures))
    recipe = replace(get_recipe("folder"), image_size=(side, side), color_mode="rgb")
    return decide_open_choices(recipe, dataset, cache=None)


@pytest.mark.parametrize(
    ("pictures", "side", "architecture"),
    [
        (9_999, 32, "pooled_cnn"),
        (10_000, 32, "paired_cnn"),
        (10_000, 64, "paired_cnn"),
        (10_000, 65, "pooled_cnn"),
    ],
)
def test_many_weights_are_only_for_many_small_pictures(
    pictures: int, side: int, architecture: str
) -> None:
    """The large network is taken where there is enough to learn it from, and the choice is told."""
    recipe, told = settled(pictures, side)

    assert recipe.architecture == architecture
    assert architecture in told["architecture"]


@pytest.mark.parametrize(
    ("pictures", "batch_size"), [(1, 1), (7, 7), (100, 8), (255, 16), (256, 32), (10_000, 32)]
)
def test_a_batch_is_never_larger_than_the_data(pictures: int, batch_size: int) -> None:
    """An epoch has eight steps where that is possible, and never more pictures than there are."""
    recipe, _ = settled(pictures, 32)

    assert recipe.batch_size == batch_size
