"""One word for one thing: spelling of identifiers, public class names once, private constants."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "kerasport"
WEB = ROOT / "web"

# As Keras, TensorFlow.js and CSS spell them; prose and texts on the page are free.
BRITISH = re.compile(r"quantis|optimis|normalis|colour|neighbour|labelled|centre(?!d?al)", re.I)

# Comments, strings and templates of TypeScript, longest first; what is left holds identifiers.
_NO_CODE = re.compile(
    r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`", re.DOTALL
)


def python_identifiers(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.string


def typescript_identifiers(text: str) -> Iterator[str]:
    yield from re.findall(r"[A-Za-z_$][\w$]*", _NO_CODE.sub(" ", text))


def sources() -> list[Path]:
    python = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    python += (ROOT / "benchmarks").rglob("*.py")
    web = [path for kind in ("*.ts", "*.mjs") for path in (WEB / "src").rglob(kind)]
    web += [*(WEB / "scripts").glob("*.mjs"), *(ROOT / "tests" / "web").glob("*.ts")]
    return sorted({*python, *web})


def test_identifiers_are_spelled_as_in_keras_and_css() -> None:
    """No identifier and no file name has the British spelling of quantize, optimize or color."""
    found = defaultdict(set)
    for path in sources():
        text = path.read_text(encoding="utf-8")
        names = python_identifiers if path.suffix == ".py" else typescript_identifiers
        for name in (path.stem, *names(text)):
            # The words of this rule itself.
            if BRITISH.search(name) and name != "BRITISH":
                found[path.relative_to(ROOT).as_posix()].add(name)

    assert dict(found) == {}


@pytest.mark.parametrize("name", ["quantise", "meanColour", "read_labelled", "NeighbourFile"])
def test_the_rule_sees_british_spelling(name: str) -> None:
    """A British identifier is found in Python and in TypeScript, and in comments it is not."""
    assert any(BRITISH.search(each) for each in python_identifiers(f"{name} = 1\n"))
    assert any(BRITISH.search(each) for each in typescript_identifiers(f"const {name} = 1;"))
    assert not any(BRITISH.search(each) for each in typescript_identifiers(f"// {name}\n'{name}'"))


def test_a_public_class_has_its_name_alone() -> None:
    """No two public classes of the package share a name: one word means one thing."""
    homes = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())

    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_a_constant_is_private_unless_another_module_reads_it() -> None:
    """A constant without an underscore stands in `__all__`, and some other file names it."""
    words = {path: set(re.findall(r"\w+", path.read_text("utf-8"))) for path in sources()}
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assigned = {
            target.id: node
            for node in body
            for target in getattr(node, "targets", [getattr(node, "target", None)])
            if isinstance(target, ast.Name)
        }
        listed = (
            re.findall(r"\w+", ast.unparse(assigned["__all__"])) if "__all__" in assigned else []
        )
        for name in assigned:
            if re.fullmatch(r"[A-Z][A-Z0-9_]+", name) and (
                name not in listed
                or not any(name in others for other, others in words.items() if other != path)
            ):
                wrong.append(f"{path.relative_to(PACKAGE).as_posix()}: {name}")

    assert wrong == []
