"""The fewest models that have every layer in every way that it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["covering"]


def covering(folder: Path, names: Iterable[str]) -> list[str]:
    """Return names of models which together have every layer with every choice of its settings.

    Args:
        folder: where the bundle of each model is, under its name.
        names: of all models.
    """
    left = {name: _ways(folder / name) for name in names}
    chosen = []
    while any(left.values()):
        # The one with most that no other one had; the first of those with as much.
        best = max(left, key=lambda name: len(left[name]))
        chosen.append(best)
        found = left.pop(best)
        left = {name: ways - found for name, ways in left.items()}
    return chosen


def _ways(bundle: Path) -> set[str]:
    document = json.loads((bundle / "model.json").read_text("utf-8"))
    return {_way(layer) for layer in document["modelTopology"]["model_config"]["config"]["layers"]}


def _way(layer: dict[str, Any]) -> str:
    """Return the class of a layer and its choices; names and sizes are none."""
    choices = {
        key: value if isinstance(value, bool | str) else value != [1, 1]
        for key, value in layer["config"].items()
        if (key != "name" and isinstance(value, bool | str)) or key in ("strides", "dilation_rate")
    }
    return json.dumps([layer["class_name"], choices], sort_keys=True)
