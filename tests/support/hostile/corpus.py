"""The corpus: where a hostile file is written, and the builders by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Arrays = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a file is written, and the file that a payload would create."""

    folder: Path
    canary: Path


Builder = Callable[[Place], Path]

BUILDERS: dict[str, Builder] = {}


def hostile(builder: Builder) -> Builder:
    """Take a builder into the corpus by its name."""
    BUILDERS[builder.__name__.replace("_", "-")] = builder
    return builder
