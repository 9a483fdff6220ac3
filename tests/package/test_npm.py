"""What `npm pack` writes: complete, licensed, and free of what bundlers cannot resolve."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from typing import Any

import pytest
from support.markdown import section
from support.release import ROOT

WEB = ROOT / "web"
MANIFEST = json.loads((WEB / "package.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of every file in the package, by its path."""
    folder = tmp_path_factory.mktemp("packed")
    command = [WEB / "node.sh", "npm", "pack", "--silent", "--pack-destination", folder]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (archive,) = folder.glob("kerasport-*.tgz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    root = folder / "package"
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def targets(value: Any) -> set[str]:
    """Return every file that an entry of `exports` leads to."""
    if isinstance(value, str):
        return {value}
    return set().union(*(targets(each) for each in value.values()))


def test_every_entry_leads_to_a_file(packed: dict[str, str]) -> None:
    """`exports`, and the fields for tools that do not know it, name files that are packed."""
    fields = [MANIFEST[name] for name in ("main", "module", "types", "unpkg", "jsdelivr")]

    named = targets(MANIFEST["exports"]) | set(fields)

    missing = {name for name in named if "*" not in name} - {f"./{path}" for path in packed}
    assert missing == set()
    # Tools without `exports` find the element in a folder of its name.
    element = json.loads(packed["element/package.json"])
    assert {name.removeprefix("../") for name in element.values()} <= set(packed)


def test_the_package_holds_what_a_site_needs_and_no_more(packed: dict[str, str]) -> None:
    """The page of this project and make's stamp stay at home."""
    others = {
        path for path in packed if not re.fullmatch(r"dist/kerasport[\w.-]+|element/.+", path)
    }

    assert others == {"package.json", "README.md", "LICENSE"}


def test_the_license_is_that_of_the_project(packed: dict[str, str]) -> None:
    """The package carries the license itself, and a README that shows how to begin."""
    assert packed["LICENSE"] == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "loadClassifier(" in packed["README.md"]


def scripts(packed: dict[str, str]) -> dict[str, str]:
    """Return the packed scripts by their names."""
    return {path: text for path, text in packed.items() if re.search(r"\.c?js$", path)}


def test_no_script_asks_for_modules_of_node(packed: dict[str, str]) -> None:
    """Nothing is required but files of the package: bundlers resolve every name that they see."""
    asking = r"""\b(?:require\(|import\(|from|import)\s*\\?["'`]([^"'`\\]+)"""
    found = {
        (path, name)
        for path, text in scripts(packed).items()
        for name in re.findall(asking, text)
        if not name.startswith("./kerasport")
    }
    pretended = {
        path
        for path, text in scripts(packed).items()
        if re.search(r"\b__(dirname|filename)\b", text)
    }

    # Names of Node that some bundlers put a package of their own behind.
    named = re.compile(r"\btypeof (?:Buffer|process|global|require|module)\b|(?<![\w.])process\.")
    asked = {path for path, text in scripts(packed).items() if named.search(text)}

    assert found == set()
    assert asked == set()
    assert pretended == set()


def test_every_script_says_what_it_holds(packed: dict[str, str]) -> None:
    """The first line names the license, and those that hold TensorFlow.js name it."""
    for path, text in scripts(packed).items():
        first = text.splitlines()[0]
        assert first.startswith(f"/*! kerasport {MANIFEST['version']} | Apache-2.0"), path
        assert first.endswith("| kerasport-licenses.txt */"), path
        holds = re.match(r"dist/kerasport-(cpu|webgl|webgpu)\.", path) is not None
        assert ("TensorFlow.js" in first) == holds, path
        # Part of it is a version's number in the others: what computes is not.
        assert ("registerKernel" in text or "kernelName" in text) == holds, path


def test_the_licenses_of_what_is_inside_are_there(packed: dict[str, str]) -> None:
    """Each dependency that the lock file has as part of a backend stands there with a text."""
    text = packed["dist/kerasport-licenses.txt"]
    named = set(re.findall(r"^  (\S.*)$", text.split("=====")[0], re.MULTILINE))

    assert {name for name in named if name.startswith("@tensorflow/")} == {
        f"@tensorflow/tfjs-{part}"
        for part in ("core", "backend-cpu", "backend-webgl", "backend-webgpu")
    }
    for name in named:
        assert re.search(rf"^={{80}}\n(?:.+\n)*{re.escape(name)}\n", text, re.MULTILINE), name
    assert "Copyright 2017-2024 Google LLC" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_table_of_tools_has_the_versions_that_are_tried() -> None:
    """docs/tools.md names each package with its version, and no version that is not tried."""
    versions = json.loads((ROOT / "tests" / "tools" / "versions.json").read_text("utf-8"))
    rows = section(ROOT / "docs" / "tools.md", "Tools")
    expected: dict[str, set[str]] = {}
    for name, version in versions.items():
        expected.setdefault(name.split(" ")[0], set()).add(version)

    named = {
        name: set(re.findall(r"\d+\.\d+\.\d+", listed))
        for name, listed in re.findall(r"`([@\w/-]+)` ((?:\d+\.\d+\.\d+(?:, )?)+)", rows)
    }

    assert named == expected


def test_every_example_is_listed() -> None:
    """docs/tools.md links each folder of web/examples."""
    text = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(\.\./web/examples/([\w-]+)/", text))

    folders = {path.name for path in (WEB / "examples").iterdir() if path.is_dir()}
    assert linked == folders
