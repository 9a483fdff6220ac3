"""What a terminal is shown of texts that strangers wrote."""

from __future__ import annotations

import io

import pytest
from rich.table import Table
from rich.text import Text

from kerasport.terminal import PlainConsole, visible


def printed(*objects: object) -> str:
    console = PlainConsole(file=io.StringIO())
    console.print(*objects, soft_wrap=True)
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


HOSTILE = "a\x1b[2J\x9b1m\x07\u202eb\u2066c\u200fd\udc80e\u2028f\ufeff"
SHOWN = r"a\u001b[2J\u009b1m\u0007\u202eb\u2066c\u200fd\x80e\u2028f\ufeff"


@pytest.mark.parametrize(
    ("wrap", "expected"),
    # Rich itself leaves some controls out of a styled text.
    [(str, SHOWN), (Text, SHOWN.replace(r"\u0007", ""))],
    ids=["text", "styled text"],
)
def test_nothing_in_a_text_steers_the_terminal(wrap: type, expected: str) -> None:
    """Controls, reading directions and invisible marks are shown as escapes."""
    assert printed(wrap(HOSTILE)).strip() == expected


def test_cells_of_tables_are_texts_too() -> None:
    """A table lays out the escapes, not the characters."""
    table = Table("name")
    table.add_row("\x1b]0;title\x07")

    assert r"\u001b]0;title\u0007" in printed(table)


@pytest.mark.parametrize("text", ["[red]stop[/red]", "[/]", "[link=x]y[/link]", ":cat: :smile:"])
def test_markup_and_names_of_pictures_stay_as_they_are(text: str) -> None:
    """No text of a file is markup, and none is an error because it is no right one."""
    assert printed(text).strip() == text


def test_lines_and_tabs_stay() -> None:
    """What lays a text out is no danger."""
    assert visible("a\n\tb") == "a\n\tb"


def test_an_escape_is_that_of_json() -> None:
    """JSON with escapes for what is unseen says the same as before."""
    import json

    text = 'a\x7f\u202e"\U000e0001'

    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text
