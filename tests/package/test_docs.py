"""The documentation says what is there: commands, options, targets, names, fields, links."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from support.markdown import (
    ROOT,
    Block,
    anchors,
    blocks,
    first_column,
    links,
    manual,
    name_of,
    pages,
    prose,
    section,
    shell_lines,
    spans,
)

import kerasport
from kerasport.bundle.schema import schemas
from kerasport.cli import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group, says typer
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
VARIABLES = re.findall(r"^([A-Z]+) \?=", MAKEFILE, re.MULTILINE)
FORMAT = ROOT / "docs" / "bundle-format.md"
BUNDLE = ROOT / "tests" / "golden" / "bundle-v1"
WORD_CHARACTERS = r"[\w-]"


def console_lines() -> list[Any]:
    """Return every command in a console block of the manual, with its place."""
    found = [block for page in manual() for block in blocks(page, "sh", "console")]
    return [pytest.param(line, id=f"{block.place} {line[:50]}") for block, line in _lines(found)]


def _lines(found: list[Block]) -> list[tuple[Block, str]]:
    return [(block, line) for block in found for line in shell_lines(block) if line]


def manual_text() -> str:
    """Return everything that users read, as one text."""
    return "\n".join(page.read_text(encoding="utf-8") for page in manual())


def options_of(command: Any) -> set[str]:
    """Return every spelling of every option of a command."""
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {
        "--help"
    }


def parse(name: str, arguments: list[str]) -> None:
    """Parse a command's arguments without running it."""
    if "--help" in arguments:
        arguments = arguments[: arguments.index("--help")]
    COMMANDS[name].make_context(name, list(arguments), resilient_parsing="--help" in arguments)


def test_the_reference_of_the_commands_is_fresh() -> None:
    """docs/commands.md is what `make docs` writes."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "commands.py", "--check"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    """A command has help, a place in the README's table and a section in the reference."""
    assert COMMANDS[name].help
    table = " ".join(first_column(section(ROOT / "README.md", "Commands")))
    assert f"kerasport {name} " in f"{table} ".replace("`", " ")
    assert f"kerasport-{name}" in anchors(ROOT / "docs" / "commands.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented(name: str) -> None:
    """Each option has help and stands in the command's section of the reference."""
    options = [each for each in COMMANDS[name].params if not each.hidden]
    documented = spans(section(ROOT / "docs" / "commands.md", f"`kerasport {name}`"))

    assert [each.name for each in options if not each.help] == []
    names = {opt for each in options if each.opts[0].startswith("-") for opt in each.opts}
    assert names - set(documented) == set()


def test_no_option_is_documented_that_is_not_there() -> None:
    """Every `--option` that a page names in code belongs to a command, or to a named program."""
    known = {option for command in COMMANDS.values() for option in options_of(command)}
    known |= {"--version"}
    programs = re.compile(r"\b(npm|pip|uv|apt-get|playwright|tensorboard|benchmarks|\.py)\b")

    for page in manual():
        text = re.sub(r"`[^`]*`", lambda span: span[0].replace("\n", " "), prose(page))
        for span in re.findall(r"`([^`]+)`", text):
            if not programs.search(span):
                unknown = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", span)) - known
                assert unknown == set(), f"{name_of(page)}: `{span}`"


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_documented(target: str) -> None:
    """Each target that `make help` lists is named in the manual."""
    named = rf"\bmake ([a-z-]+ )*{target}(?!{WORD_CHARACTERS})"

    assert re.search(named, manual_text())


def test_help_lists_every_target() -> None:
    """`make help` shows all targets that have a description, and nothing else is declared."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True
    ).stdout

    declared = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert declared is not None
    assert re.findall(r"^  make ([a-z-]+)", shown, re.MULTILINE) == TARGETS
    assert set(declared[1].split()) == set(TARGETS)


def test_ci_runs_make_alone() -> None:
    """The Makefile is the only list of commands: what CI runs is one of its documented targets."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    lines = [
        line for line in script.splitlines() if line and not line.startswith(("#", "set ", "cd "))
    ]

    condition = r"(?:git diff --quiet [\w^/ -]+ \|\| )?"
    commands = [
        re.fullmatch(rf"{condition}(?:exec )?make ([a-z -]+?)(?: </dev/null)?", line)
        for line in lines
    ]

    assert commands
    assert all(command and set(command[1].split()) <= set(TARGETS) for command in commands)


@pytest.mark.parametrize("line", console_lines())
def test_console_lines_name_what_exists(line: str) -> None:
    """A command of ours in a console block parses: command, options, their values, make's too."""
    words = [word for word in shlex.split(line, comments=True) if word]
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    if not words:
        return  # a comment
    program, arguments = words[0].removeprefix(".venv/bin/"), words[1:]

    if program == "kerasport":
        assert arguments[0] in {*COMMANDS, "--help", "--version"}
        if arguments[0] in COMMANDS:
            parse(arguments[0], arguments[1:])
    elif program == "make":
        given = [word.split("=")[0] for word in arguments if "=" in word]
        assert set(given) <= set(VARIABLES)
        assert {word for word in arguments if "=" not in word} <= set(TARGETS)
    elif program == "python" and arguments[0].endswith(".py"):
        script = ROOT / arguments[0]
        assert script.is_file()
        text = script.read_text(encoding="utf-8")
        declared = {"--help", *re.findall(r'"(--[a-z-]+)"', text)}
        assert {word for word in arguments[1:] if word.startswith("--")} <= declared
    else:
        # Only programs that are not ours, each spelled out.
        assert (program, *arguments[:2]) == ("python", "-m", "pytest")


@pytest.mark.parametrize("page", manual(), ids=name_of)
def test_commands_in_the_text_exist(page: Path) -> None:
    """`kerasport …` and `make …` within a sentence name commands, options and targets."""
    for span in spans(prose(page)):
        words = span.replace("[", "").replace("]", "").split()
        if words[:1] == ["kerasport"] and len(words) > 1 and words[1] not in ("COMMAND", "--help"):
            assert words[1] in {*COMMANDS, "--version"}, span
            if words[1] in COMMANDS:
                given = {word.split("=")[0] for word in words[2:] if word.startswith("--")}
                assert given <= options_of(COMMANDS[words[1]]), span
        elif words[:1] == ["make"] and len(words) > 1:
            targets = {word for word in words[1:] if "=" not in word}
            assert targets <= {*TARGETS, "TARGET"}, span


def run_readme_command(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the README's line of a command on the frozen bundle, its placeholders filled in."""
    (line,) = (
        cell.strip("`")
        for cell in first_column(section(ROOT / "README.md", "Commands"))
        if cell.strip("`").split()[1] == name
    )
    pictures = [str(path) for path in sorted((BUNDLE / "samples").glob("*.png"))]
    data = folder / "pictures"
    for class_name in ("left", "right"):
        shutil.copytree(BUNDLE / "samples", data / class_name)
    values = {
        "RUN_OR_BUNDLE": [str(BUNDLE)],
        "BUNDLE": [str(BUNDLE)],
        "FILES": pictures,
        "DATA": [str(data)],
    }
    words = [value for word in line.split()[1:] for value in values.get(word, [word])]
    return subprocess.run(
        [sys.executable, "-m", "kerasport", *words], cwd=folder, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("check", "left"),
        ("predict", "<b>green</b>"),
        ("inspect", "frozen"),
        ("site", "site"),
    ],
)
def test_commands_of_the_readme_run(name: str, expected: str, tmp_path: Path) -> None:
    """The README's quick commands do what they say, as they stand there."""
    done = run_readme_command(name, tmp_path)

    assert done.returncode == 0, done.stderr
    assert expected in done.stdout + done.stderr
    assert (tmp_path / "site" / "index.html").is_file() == (name == "site")


def python_blocks() -> list[Any]:
    """Return every block of Python in the manual."""
    found = [block for page in manual() for block in blocks(page, "python")]
    return [pytest.param(block.text, id=block.place) for block in found]


@pytest.mark.parametrize("text", python_blocks())
def test_python_in_the_manual_names_what_exists(text: str) -> None:
    """A block of Python compiles, and what it takes from kerasport is there."""
    tree = ast.parse(text)

    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kerasport"):
            module = importlib.import_module(node.module or "")
            assert [each.name for each in node.names if not hasattr(module, each.name)] == []
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "kerasport"
        ):
            assert node.attr in kerasport.__all__


def test_python_names_in_the_text_exist() -> None:
    """`kerasport.name` within a sentence is a public name or a module."""
    # In client-api.md, kerasport is the global of the client library.
    for page in set(manual()) - {ROOT / "docs" / "client-api.md"}:
        for span in spans(prose(page)):
            found = re.match(r"kerasport((?:\.\w+)+)", span)
            if found is None or re.search(r"\.(js|ts|iife|wasm)\b", span):
                continue
            value: Any = kerasport
            path = "kerasport"
            for name in found[1].split(".")[1:]:
                path = f"{path}.{name}"
                if not hasattr(value, name):
                    importlib.import_module(path)
                value = getattr(value, name)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link names a file that is there, and each anchor a heading."""
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page if path == "" else (page.parent / path).resolve()
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def test_the_index_lists_every_document() -> None:
    """docs/README.md links each page beside it once."""
    folder = ROOT / "docs"
    others = {path.name for path in folder.glob("*.md")} - {"README.md"}

    linked = [target for target in links(folder / "README.md") if "/" not in target]

    assert sorted(linked) == sorted(others)


def test_the_fields_of_metadata_are_documented() -> None:
    """The table of bundle-format.md has exactly the fields that Metadata has."""
    documented = [cell.strip("`") for cell in first_column(section(FORMAT, "`metadata.json`"))]

    assert len(documented) == len(set(documented))
    assert set(documented) == set(json.loads(schemas()["metadata.schema.json"])["properties"])


@pytest.mark.parametrize(
    ("schema", "heading"),
    [
        ("metadata.schema.json", "`metadata.json`"),
        ("samples.schema.json", "`samples/samples.json`"),
        ("parity.schema.json", "`parity.json`"),
    ],
)
def test_every_field_of_a_document_is_named(schema: str, heading: str) -> None:
    """The section of a document names each of its fields, those of its objects too."""
    document = json.loads(schemas()[schema])
    objects = [document, *document["$defs"].values()]
    fields = {name for each in objects for name in each.get("properties", {})}
    words = {word for span in spans(section(FORMAT, heading)) for word in re.findall(r"\w+", span)}

    assert fields - words == set()


def folders_in(folder: Path) -> set[str]:
    """Return the names of the modules and folders in a room, without `__init__` and caches."""
    return {
        path.name.removesuffix(".py")
        for path in folder.iterdir()
        if path.suffix == ".py" or path.is_dir()
        if not path.name.startswith("_")
    }


def test_the_design_has_every_room() -> None:
    """docs/design.md says what each module and folder of the package's root is for."""
    text = section(ROOT / "docs" / "design.md", "The Python package")
    named = {span.removesuffix("/") for span in spans(text)}

    assert folders_in(ROOT / "python" / "kerasport") - named == set()


@pytest.mark.parametrize("room", ["exporter", "parity"])
def test_the_design_has_the_wings_of_a_room(room: str) -> None:
    """docs/design.md says what each folder inside the two largest rooms is for."""
    folder = ROOT / "python" / "kerasport" / room
    text = section(ROOT / "docs" / "design.md", "The Python package")
    wings = {path.name for path in folder.iterdir() if (path / "__init__.py").is_file()}

    assert wings - {span.removesuffix("/") for span in spans(text)} == set()


def test_the_design_has_every_room_of_the_web_side() -> None:
    """docs/design.md says what each folder of the client library and of the page is for."""
    text = section(ROOT / "docs" / "design.md", "The web side")
    source = ROOT / "web" / "src"
    rooms = {path.name for side in ("client", "demo") for path in (source / side).iterdir()}

    named = {span.removesuffix("/") for span in spans(text)}

    assert {name for name in rooms if "." not in name} - named == set()


def test_the_design_names_nothing_that_is_not_there() -> None:
    """Each room in docs/design.md's tables, and each file it says to look in, is there."""
    page = ROOT / "docs" / "design.md"
    package, client = ROOT / "python" / "kerasport", ROOT / "web" / "src" / "client"
    places = {
        r"\| room of `python/kerasport/` ": package,
        r"\| in `exporter/` ": package / "exporter",
        r"\| in `parity/` ": package / "parity",
        r"\| in `web/src/client/` ": client,
    }
    text = page.read_text(encoding="utf-8")
    for head, folder in places.items():
        table = re.split(head, text)[1].split("\n\n")[0]
        rooms = [name for row in table.splitlines()[2:] for name in spans(row.split("|")[1])]
        missing = [
            name
            for name in rooms
            if not (folder / name).exists() and not (folder / f"{name}.py").exists()
        ]
        # A folder inside another one may be named without it.
        assert [name for name in missing if not list(folder.rglob(name))] == []

    roots = (package, client.parent, ROOT)
    for row in section(page, "Where to look").strip().splitlines()[2:]:
        for name in spans(row.split("|")[2]):
            assert any((root / name).exists() for root in roots), name
