"""The rooms of the exporter: imports go one way, and between its modules there is no circle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import kerasport.exporter

EXPORTER = Path(kerasport.exporter.__file__).parent
PREFIX = "kerasport.exporter."

# A room may import from those before it; the order is that of the exporter's sentence.
ROOMS = [
    "graph",
    "refusal",
    "readers",
    "lowering",
    "passes",
    "gate",
    "stored",
    "write",
    "answering",
    "quantize",
    "options",
    "samples",
    "subject",
    "bundle_files",
    "target",
    "pipeline",
    "smallest",
]


def name_of(path: Path) -> str:
    """Return `graph.shapes` for graph/shapes.py, and `graph` for its face."""
    parts = path.relative_to(EXPORTER).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in sorted(EXPORTER.rglob("*.py")) if name_of(path)}


def imported(path: Path) -> set[str]:
    """Return the modules of the exporter that a file imports, for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            module = (node.module or "").removeprefix(PREFIX)
            modules = {f"{module}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= modules or {module}
    return found


@pytest.mark.parametrize("name", MODULES)
def test_rooms_are_imported_in_their_order(name: str) -> None:
    """No module imports from a later room of the exporter."""
    room = name.partition(".")[0]

    later = {
        each
        for each in imported(MODULES[name])
        if ROOMS.index(each.partition(".")[0]) > ROOMS.index(room)
    }

    assert later == set()


def test_every_room_stands_in_the_order() -> None:
    """A new room is put into the order before it is used."""
    assert {name.partition(".")[0] for name in MODULES} == set(ROOMS)


def test_modules_import_each_other_in_no_circle() -> None:
    """Neither inside a room nor through a face."""
    order = list(
        TopologicalSorter({name: imported(path) for name, path in MODULES.items()}).static_order()
    )

    assert set(order) == set(MODULES)
