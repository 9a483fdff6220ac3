"""Every command on hostile bundles: one sentence each, no traceback, nothing raw on a terminal."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from support.broken_bundles import CASES, FROZEN, break_bundle, expected_in_python
from support.hostile_bundles import HOSTILE, build

from kerasport.cli import main
from kerasport.terminal import visible

PICTURE = FROZEN / "samples" / "01.png"
COMMANDS = {
    "inspect": ["inspect", "model"],
    "predict": ["predict", "model", str(PICTURE)],
    "verify": ["verify", "model", "--witness", "chromium/cpu"],
    "site": ["site", "model", "--out", "site"],
    "one file": ["site", "model", "--single-file", "--out", "site.html"],
}
NOT_ALLOWED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NO_BROWSER = "KERASPORT_CHROMIUM should be the path of a Chromium program"
SAID_BY = {"^weights ": ["predict"], "measurement": ["inspect", "site"]}
"""Who comes upon what is wrong, where not everybody does."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages have no path of this machine, and no browser is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERASPORT_CHROMIUM", str(tmp_path / "nowhere"))


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """Return the exit code and what was written; anything else raised would be a traceback."""
    try:
        main(COMMANDS[command])
        code: object = 0
    except SystemExit as ended:
        code = ended.code or 0
    written = capsys.readouterr()
    assert not NOT_ALLOWED.search(written.out + written.err)
    return code, written.out + written.err


@pytest.mark.parametrize("name", HOSTILE)
def test_every_command_says_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is refused by its exact message, and what is only odd is used."""
    build(name, tmp_path)
    message = HOSTILE[name][1]
    refusing = next((SAID_BY[word] for word in SAID_BY if re.search(word, name)), list(COMMANDS))

    for command in COMMANDS:
        code, text = run(command, capsys)

        if message is not None and command in refusing:
            assert (code, text) == (1, f"Error: {visible(message)}\n")
        elif command == "verify":
            assert code == 1
            # Its engine in Python may meet what a browser would, and says it in the same words.
            met = message is not None and text.endswith(f"Error: {visible(message)}\n")
            assert met or NO_BROWSER in text or "has no samples" in text
        else:
            assert code == 0, text


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_takes_a_bundle_of_the_table(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every tenth case each command says the same as the library."""
    for name in list(CASES)[::10]:
        folder = tmp_path / name
        folder.mkdir()
        break_bundle(name, folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            assert run(command, capsys) == (1, f"Error: {visible(expected_in_python(name))}\n")


def test_what_is_refused_costs_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """100,000 class names are read, compared and refused in a moment."""
    build("100,000 class names", tmp_path)

    started = time.process_time()
    run("inspect", capsys)

    assert time.process_time() - started < 5


def test_a_site_has_listed_files_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither other files of the folder nor what its links point to are published."""
    build("unlisted files", tmp_path)

    run("site", capsys)

    published = {path.name for path in (tmp_path / "site" / "model").iterdir()}
    listed = {path.name for path in FROZEN.iterdir()}
    assert published == listed
    assert (tmp_path / "site" / "model" / "model.js").read_bytes().startswith(b"\xff\xfe")


def test_a_measurement_of_another_export_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`inspect` shows no figures that are not of this bundle, and `site` does not publish them."""
    folder = build("measurement with markup", tmp_path)
    path = folder / "parity.json"
    text = re.sub('"modelSha256": "[0-9a-f]+"', f'"modelSha256": "{"0" * 64}"', path.read_text())
    path.write_text(text)

    _, shown = run("inspect", capsys)
    run("site", capsys)

    assert "parity.json tells of another export" in shown
    assert "largest difference" not in shown
    assert not (tmp_path / "site" / "model" / "parity.json").exists()
