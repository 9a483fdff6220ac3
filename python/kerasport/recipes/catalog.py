"""Every recipe, by its name."""

from __future__ import annotations

import difflib

from kerasport.errors import DataError
from kerasport.recipes.base import Recipe
from kerasport.recipes.casting import CASTING
from kerasport.recipes.cifar10 import CIFAR10
from kerasport.recipes.digits import DIGITS
from kerasport.recipes.flowers import FLOWERS
from kerasport.recipes.folder import FOLDER
from kerasport.recipes.mnist import MNIST
from kerasport.recipes.transfer import TRANSFER

__all__ = ["RECIPES", "get_recipe"]

_ALL = (DIGITS, FOLDER, FLOWERS, TRANSFER, CASTING, MNIST, CIFAR10)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
"""Name -> recipe."""


def get_recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises:
        DataError: there is none; the message names the nearest and all others.

    >>> get_recipe("digits").image_size
    (28, 28)
    """
    if name in RECIPES:
        return RECIPES[name]
    close = difflib.get_close_matches(name, RECIPES, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise DataError(f"There is no recipe {name!r}. {hint}Recipes: {', '.join(sorted(RECIPES))}.")
