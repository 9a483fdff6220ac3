"""The package's shape: imports go one way, and heavy packages load only when needed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import kerasport

PACKAGE = Path(kerasport.__file__).parent

# A module may import from its own layer's predecessors only; the order is that of docs/design.md.
LAYERS = [
    ["errors", "literals", "options", "version", "assets"],
    ["files", "labels", "pictures", "preprocess", "progress"],
    ["bundle"],
    ["dataset"],
    ["models", "runs", "runtime", "recipes"],
    ["prediction", "evaluation", "classifier", "report", "explanation"],
    ["training", "exporter", "site"],
    ["parity"],
    ["doctor", "twins"],
    ["cli"],
    ["__main__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def modules() -> list[str]:
    return ["kerasport", *(m.name for m in pkgutil.walk_packages([str(PACKAGE)], "kerasport."))]


def imported_rooms(path: Path) -> set[str]:
    """Return the top-level modules of kerasport that a file imports at run time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    rooms = set()
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "kerasport":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kerasport."):
            rooms.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            rooms |= {a.name.split(".")[1] for a in node.names if a.name.startswith("kerasport.")}
    return rooms


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_go_one_way(path: Path) -> None:
    """No module imports from its own layer or from a later one, except inside its own room."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        pytest.skip("the package's own names are loaded lazily")

    upwards = {name for name in imported_rooms(path) - {room} if LEVEL[name] >= LEVEL[room]}

    # A layer's members may use each other in the order in which they are listed.
    peers = LAYERS[LEVEL[room]]
    upwards -= set(peers[: peers.index(room)])
    assert upwards == set()


def test_every_module_has_a_layer() -> None:
    """A new module is put into the order before it is used."""
    rooms = {name.split(".")[1] for name in modules() if "." in name}

    assert rooms == set(LEVEL)


@pytest.mark.parametrize("command", ["import kerasport", "import kerasport.cli"])
def test_importing_loads_no_heavy_package(command: str) -> None:
    """Neither TensorFlow, Keras, Playwright, scikit-learn nor matplotlib is imported."""
    heavy = ["tensorflow", "keras", "playwright", "sklearn", "matplotlib", "numpy"]
    code = f"{command}; import sys; print([m for m in {heavy} if m in sys.modules])"

    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert output.strip() == "[]"


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["verify", "--help"]])
def test_help_loads_no_heavy_package(arguments: list[str]) -> None:
    """Help is answered without TensorFlow and Playwright."""
    code = (
        "import sys, contextlib\n"
        "from kerasport.cli import main\n"
        f"with contextlib.suppress(SystemExit): main({arguments})\n"
        "assert not {'tensorflow', 'keras', 'playwright'} & set(sys.modules)\n"
    )

    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


@pytest.mark.parametrize("name", modules())
def test_public_names_are_listed_and_sorted(name: str) -> None:
    """`__all__` is complete for what it names, and sorted."""
    if name.endswith("__main__"):
        pytest.skip("running it is its interface")
    module = importlib.import_module(name)
    names = getattr(module, "__all__", [])

    assert [n for n in names if not hasattr(module, n)] == []
    # ruff's order: constants, classes, functions; here only that nothing is listed twice.
    assert len(names) == len(set(names))


def test_versions_are_equal() -> None:
    """pyproject, the web package and the changelog name the same version."""
    import json
    import re

    root = PACKAGE.parents[1]
    project = re.search(r'^version = "(.+)"', (root / "pyproject.toml").read_text(), re.MULTILINE)
    web = json.loads((root / "web" / "package.json").read_text())["version"]
    change = re.search(r"^## \[?(\d[^\s\]]*)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert project is not None
    assert change is not None
    assert {web, change[1], kerasport.__version__} == {project[1]}
