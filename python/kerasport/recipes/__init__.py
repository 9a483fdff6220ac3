"""Recipes: one file each, found by name."""

from kerasport.recipes.base import AUTO, BACKBONE, Recipe, SettledRecipe
from kerasport.recipes.catalog import RECIPES, get_recipe

__all__ = ["AUTO", "BACKBONE", "RECIPES", "Recipe", "SettledRecipe", "get_recipe"]
