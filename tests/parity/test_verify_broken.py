"""Broken and hostile bundles: each gives its exact message, in Python and in the browser.

`tests/golden/broken/cases.json` says how each one departs from the frozen bundle and what is
said of it. `kerasport.loadClassifier` gets the files as a person would pick them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.broken_bundles import (
    CASES,
    FROZEN,
    break_bundle,
    expected_in_browser,
    expected_in_python,
)
from support.damage import seal_folder

from kerasport.bundle import Bundle
from kerasport.errors import BundleError
from kerasport.runtime import Runtime


@pytest.mark.parametrize("name", CASES)
def test_python_refuses_with_the_exact_message(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle does not open, or its model does not answer."""
    break_bundle(name, tmp_path)
    # So that messages have no path of this machine.
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BundleError) as error:
        Runtime(Bundle.open("model")).predict(np.zeros((1, 12, 10, 3), np.uint8))

    assert str(error.value) == expected_in_python(name)


LOAD = """\
async () => {
  try {
    const files = document.querySelector("#files").files;
    const classifier = await kerasport.loadClassifier({ files }, { backend: "cpu", kind: "any" });
    await classifier.samples();
    return { loaded: classifier.classNames };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}
"""


@pytest.mark.browser
def test_the_browser_refuses_with_the_exact_messages(client_page: Any, tmp_path: Path) -> None:
    """Each case has its code and its sentence, and no classifier comes of it."""
    answers = {}
    for name in CASES:
        folder = break_bundle(name, tmp_path / name)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        client_page.set_input_files("#files", files)
        answers[name] = client_page.evaluate(LOAD)

    assert answers == {
        name: {"code": case["code"], "message": expected_in_browser(name)}
        for name, case in CASES.items()
    }


HOSTILE_NAME = "<img src=x onerror=globalThis.harmed=1>"


@pytest.mark.browser
def test_hostile_texts_and_keys_are_only_texts_and_keys(client_page: Any, tmp_path: Path) -> None:
    """Markup in class names and `__proto__` keys open as what they are, and do nothing."""
    folder = Path(shutil.copytree(FROZEN, tmp_path / "model"))
    text = (folder / "metadata.json").read_text(encoding="utf-8")
    text = text.replace('"red"', json.dumps(HOSTILE_NAME))
    text = text.replace("{", '{"__proto__": {"harmed": 1}, "constructor": {"harmed": 1},', 1)
    (folder / "metadata.json").write_text(text, encoding="utf-8")
    seal_folder(folder)
    client_page.set_input_files("#files", [p for p in sorted(folder.rglob("*")) if p.is_file()])

    in_browser = client_page.evaluate(LOAD)
    harmed = client_page.evaluate("() => [globalThis.harmed, ({}).harmed, [].harmed]")

    assert in_browser == {"loaded": [HOSTILE_NAME, "<b>green</b>", "bl\u00fce"]}
    assert harmed == [None, None, None]
    assert Bundle.open(folder).metadata.class_names == in_browser["loaded"]
