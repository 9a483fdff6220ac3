"""The table of broken and hostile bundles, and how each departs from the frozen one."""

from __future__ import annotations

import base64
import functools
import json
import re
import shutil
from pathlib import Path
from typing import Any

from support.damage import seal_folder

__all__ = ["CASES", "FROZEN", "break_bundle", "expected_in_browser", "expected_in_python"]

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
CASES: dict[str, dict[str, Any]] = json.loads(
    (GOLDEN / "broken" / "cases.json").read_text(encoding="utf-8")
)


def break_bundle(name: str, folder: Path) -> Path:
    """Return a copy of the frozen bundle with the edits of a case, in `folder`/model."""
    copy = Path(shutil.copytree(FROZEN, folder / "model"))
    for edit in CASES[name]["edits"]:
        _apply(edit, copy / edit["file"])
    if CASES[name].get("seal"):
        seal_folder(copy)
    return copy


def expected_in_python(name: str) -> str:
    """Return the exact message: `both` is what both sides say, of a path here."""
    case = CASES[name]
    if "both" not in case:
        return str(case["python"])
    # It begins with the quoted name of a file, or names none.
    problem = re.sub("^'", "'model/", case["both"])
    return f"{problem} Export the bundle again."


def expected_in_browser(name: str) -> str:
    """Return the exact message of the client library."""
    case = CASES[name]
    if "both" not in case:
        return str(case["browser"])
    return f"{case['both']} Export the model again."


def _apply(edit: dict[str, Any], path: Path) -> None:
    content = path.read_bytes()
    if "remove" in edit:
        path.unlink()
        return
    if "keepBytes" in edit:
        content = content[: edit["keepBytes"]]
    elif "flipByte" in edit:
        place = edit["flipByte"]
        content = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    elif "base64" in edit:
        content = base64.b64decode(edit["base64"])
    elif "repeat" in edit:
        content = (edit["before"] + edit["repeat"] * edit["times"] + edit["after"]).encode()
    elif "find" in edit:
        text = content.decode()
        assert text.count(edit["find"]) == 1, edit
        content = text.replace(edit["find"], edit["replace"]).encode()
    else:
        content = json.dumps(_edited(json.loads(content), edit)).encode()
    path.write_bytes(content)


def _edited(document: Any, edit: dict[str, Any]) -> Any:
    kind = next(kind for kind in ("set", "unset", "append") if kind in edit)
    *way, last = edit[kind]
    place = functools.reduce(lambda value, key: value[key], way, document)
    if kind == "set":
        place[last] = edit["value"]
    elif kind == "unset":
        del place[last]
    else:
        place[last].extend([edit["value"]] * edit["times"])
    return document
