"""The package's shape: imports go one way, and heavy packages load only when needed."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import kerasport

PACKAGE = Path(kerasport.__file__).parent

# What a room may import: whatever is listed before it. Inside a group the order counts too. The
# first list is that of docs/design.md; the others are rooms with rooms of their own.
ORDER: dict[str, list[str]] = {
    "kerasport": [
        *("displayed", "shares", "errors", "version", "assets", "platforms", "files", "locks"),
        *("json_text", "literals", "training_choices", "terminal"),
        *("labels", "progress"),
        *("pictures", "preprocess"),
        "bundle",
        *("dataset", "corrections"),
        *("models", "recipes", "runs", "runtime", "engine"),
        *("evaluation", "report", "explanation"),
        *("answerer", "prediction", "classifier", "bulk"),
        *("training", "review", "exporter", "site", "declarations"),
        "parity",
        *("doctor", "twins"),
        *("cli", "__main__"),
    ],
    "kerasport.dataset": [
        *("archives", "paths"),
        *(
            "dataset",
            "contents",
            "folder_words",
            "read_options",
            "identity",
            "parallel",
            "parts",
            "rows",
            "store",
        ),
        *("requirements", "shelf", "packing", "cache", "merging"),
        *("balance", "decoded", "duplicates", "checks"),
        *(
            "split",
            "stratified",
            "entries",
            "tree",
            "split_names",
            "place",
            "unsorted",
            "class_folders",
        ),
        *("wrapping", "layout", "folders", "arrays", "tables", "shards", "labeled"),
        *("keras_classes", "named_sets", "reading", "survey"),
    ],
    "kerasport.training": [
        *("options", "choices", "reading", "correcting", "caching", "unfinished"),
        *("processes", "fitting", "model", "calibration", "novelty"),
        *("describe", "record", "origin", "rehearsal", "completion"),
        *("job", "following", "joining", "resumption", "training"),
    ],
    "kerasport.review": [
        *("mislabeled", "alike", "folds", "distances", "answering", "fitting"),
        *("suspicion", "page", "unfinished", "review"),
    ],
    "kerasport.engine": [
        *("arena", "program"),
        *("binary", "epilogue", "job", "rows", "convolve"),
        *("layers", "fusion", "write", "model"),
    ],
    "kerasport.exporter": [
        *("containers", "graph", "refusal"),
        *("lowering", "readers", "passes", "gate"),
        *("stored_weight", "write"),
        *("answering", "quantize", "formats"),
        *("options", "output_kind", "samples", "subject", "bundle_files", "novelty", "target"),
        "winograd",
        *("pipeline", "smallest"),
    ],
    "kerasport.parity": [
        *("browsers", "compare", "witnesses"),
        *("certificate", "formats", "verification"),
    ],
}


# What people take apart: the types in these are named where they are imported.
GIVEN_AND_TAKEN = (
    *("BatchClassifier", "BulkOptions", "BulkSummary", "Classifier", "LabelAnswer", "Prediction"),
    *("Engine", "Runtime"),
)


def modules() -> list[str]:
    return ["kerasport", *(m.name for m in pkgutil.walk_packages([str(PACKAGE)], "kerasport."))]


def path_of(module: str) -> Path:
    path = PACKAGE.parent / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def imports_of(module: str) -> frozenset[str]:
    """Return the modules of kerasport that a module names: at run time, late, or for types."""
    known = set(modules())
    found = set()
    for node in ast.walk(ast.parse(path_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from kerasport.dataset import cache` names a module, `... import Dataset` does not.
            found |= inside & known or {node.module}
            if inside - known:
                found.add(node.module)
    return frozenset(found & known - {module})


def circles() -> list[list[str]]:
    """Return the groups of modules that import each other, directly or through others."""
    reachable: dict[str, set[str]] = {}
    for start in modules():
        seen: set[str] = set()
        waiting = list(imports_of(start))
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += imports_of(module)
        reachable[start] = seen
    groups = {
        tuple(sorted({m, *(o for o in reachable[m] if m in reachable[o])}))
        for m in modules()
        if m in reachable[m]
    }
    return [list(group) for group in sorted(groups)]


def test_no_module_imports_itself_through_others() -> None:
    """There is no circle of imports, those for types and inside functions included."""
    assert circles() == []


@pytest.mark.parametrize("room", ORDER)
def test_imports_go_one_way(room: str) -> None:
    """No module imports from a room that is listed after its own."""
    place = {f"{room}.{name}": number for number, name in enumerate(ORDER[room])}

    def room_of(module: str) -> str | None:
        parts = module.split(".")
        depth = room.count(".") + 2
        return ".".join(parts[:depth]) if len(parts) >= depth and module.startswith(room) else None

    upwards = [
        f"{module} -> {target}"
        for module in modules()
        if (own := room_of(module))
        for target in sorted(imports_of(module))
        if (other := room_of(target)) and other != own and place[other] >= place[own]
    ]

    assert upwards == []


@pytest.mark.parametrize("room", ORDER)
def test_every_module_has_a_place(room: str) -> None:
    """A new module is put into the order before it is used."""
    depth = room.count(".") + 2
    inside = {
        module.split(".")[depth - 1]
        for module in modules()
        if module.startswith(f"{room}.") and module.count(".") >= depth - 1
    }

    assert inside == set(ORDER[room])


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
def test_listed_names_are_there_once(name: str) -> None:
    """`__all__` lists what a module has, and nothing twice; ruff sorts it."""
    if name.endswith("__main__"):
        pytest.skip("running it is its interface")
    module = importlib.import_module(name)
    names = getattr(module, "__all__", [])

    assert [n for n in names if not hasattr(module, n)] == []
    assert len(names) == len(set(names))


def told_types(value: Any) -> dict[str, str]:
    """Return the package's own classes in what functions and fields are annotated with."""
    found = {}
    members = [value]
    if inspect.isclass(value):
        own = {name: each for name, each in vars(value).items() if not name.startswith("_")}
        members = [*(getattr(each, "fget", each) for each in own.values()), value.__init__]
    for member in members:
        if not inspect.isfunction(member):
            continue
        around = member.__globals__
        for annotation in member.__annotations__.values():
            for word in re.findall(r"\w+", str(annotation)):
                told = around.get(word)
                if inspect.isclass(told) and told.__module__.startswith("kerasport."):
                    found[word] = f"{told.__module__} in {member.__qualname__}"
    return found


@pytest.mark.parametrize("name", [*GIVEN_AND_TAKEN, *(n for n in kerasport.__all__ if n.islower())])
def test_what_users_give_and_get_can_be_imported(name: str) -> None:
    """What a function takes or returns, or a class that it returns tells, is a name of the face."""
    told = told_types(getattr(kerasport, name))

    # What readers of models hand to the export is of the package alone.
    assert told.keys() - {*kerasport.__all__, "ReadModel"} == set()


@pytest.mark.parametrize("name", [m for m in modules()[1:] if path_of(m).stem == "__init__"])
def test_a_room_has_a_face_without_code(name: str) -> None:
    """The `__init__` of a room says what it is for, imports and lists names, and does no more."""
    docstring, *statements = ast.parse(path_of(name).read_text(encoding="utf-8")).body

    assert isinstance(docstring, ast.Expr)
    listed = [each for each in statements if not isinstance(each, ast.ImportFrom)]
    assert [ast.unparse(each) for each in listed if "__all__ = [" not in ast.unparse(each)] == []


def test_the_design_lists_the_rooms_in_their_order() -> None:
    """docs/design.md has a room for each place of the package's order, in that order."""
    text = (PACKAGE.parents[1] / "docs" / "design.md").read_text(encoding="utf-8")
    table = text.split("| room of `python/kerasport/` |")[1].split("\n\n")[0]
    first_cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    named = [name for cell in first_cells for name in re.findall(r"`(\w+)/?`", cell)]

    assert named == [name for name in ORDER["kerasport"] if not name.startswith("_")]


def test_versions_are_equal() -> None:
    """pyproject, the web package and the changelog name the same version."""
    root = PACKAGE.parents[1]
    project = re.search(r'^version = "(.+)"', (root / "pyproject.toml").read_text(), re.MULTILINE)
    web = json.loads((root / "web" / "package.json").read_text())["version"]
    change = re.search(r"^## \[?(\d[^\s\]]*)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert project is not None
    assert change is not None
    assert {web, change[1], kerasport.__version__} == {project[1]}
