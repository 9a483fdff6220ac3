"""Names of files that no terminal, page or file takes as they are, shown all the same."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from kerasport.cli.console import print_json, results
from kerasport.displayed import displayable, displayed_lines, is_text
from kerasport.errors import DataError
from kerasport.files import to_json, write_text
from kerasport.progress import RichProgress

LATIN = os.fsdecode(b"caf\xe9")

SHOWN = [
    ("caf\u00e9 \u05e2\u05d1\u05e8 \U0001f600", "caf\u00e9 \u05e2\u05d1\u05e8 \U0001f600"),
    (LATIN, "caf\\xe9"),
    ("\ud800", "\\ud800"),
    ("\x1b[31mred", "\\u001b[31mred"),
    ("two\nlines\tand", "two\\nlines\\tand"),
    ("\u202egpj.exe", "\\u202egpj.exe"),
    ("\x9b", "\\u009b"),
]


@pytest.mark.parametrize(("name", "shown"), SHOWN, ids=[shown for _, shown in SHOWN])
def test_a_name_is_shown_on_one_line(name: str, shown: str) -> None:
    """Bytes that are no text, what moves the cursor and what turns text are escaped."""
    assert displayable(name) == shown
    assert displayable(Path(name)) == shown
    shown.encode("utf-8")


def test_a_message_keeps_its_lines() -> None:
    """The line ends of a message are its own, other control characters come from names."""
    assert displayed_lines("one\ntwo\t\x1b[2J") == "one\ntwo\t\\u001b[2J"


def test_bytes_of_another_encoding_are_no_text() -> None:
    """A name is text when UTF-8 can hold it."""
    assert is_text("caf\u00e9")
    assert not is_text(Path("data", LATIN))


def test_an_error_names_any_file() -> None:
    """Every error can be printed and written, whatever file it is about."""
    assert str(DataError(f"'{LATIN}/a.jpg' is missing.")) == "'caf\\xe9/a.jpg' is missing."


def test_json_and_pages_hold_any_name(tmp_path: Path) -> None:
    """A file with such a name in it is written and can be read again."""
    assert json.loads(to_json({LATIN: [LATIN]})) == {LATIN: [LATIN]}
    assert to_json(LATIN).encode("utf-8") == b'"caf\\udce9"\n'
    write_text(tmp_path / "page.html", f"<p>{LATIN}</p>")
    assert (tmp_path / "page.html").read_bytes() == b"<p>caf\\xe9</p>"


def test_the_command_line_prints_any_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results, JSON and messages show names that the terminal's encoding cannot hold."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    monkeypatch.setattr(results, "_file", stream)
    results.print(f"{LATIN}: cat \x1b[31m", markup=False)
    stream.flush()
    print_json({"file": LATIN})

    assert stream.buffer.getvalue() == b"caf\\xe9: cat \\u001b[31m\n"  # type: ignore[attr-defined]
    assert json.loads(capsys.readouterr().out) == {"file": LATIN}


def test_progress_says_any_name() -> None:
    """What is told while working may name such a file."""
    from rich.console import Console

    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    progress = RichProgress(Console(file=stream))
    progress.say(LATIN)
    progress.warn(LATIN)
    stream.flush()

    assert stream.buffer.getvalue() == b"caf\\xe9\nWarning: caf\\xe9\n"  # type: ignore[attr-defined]
