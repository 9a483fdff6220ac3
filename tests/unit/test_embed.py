"""A bundle as one script: what stands in it, and how much room it takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from kerasport.bundle.script import PIECE_BYTES, embed

GOLDEN = Path(__file__).parents[1] / "golden"

# All pairs of bytes: every character that may not stand in a literal is among them.
EVERY_PAIR = np.arange(1 << 16, dtype="<u2").tobytes()

# `.` leaves out the ends of lines, which no literal may hold.
CALL = re.compile(
    r'kerasportBundle\((".*?"), (\d+), "([^"\\\n\r\u2028\u2029]*(?:\u2028.[^"\\\n\r'
    r'\u2028\u2029]*)*)"\);'
)


def files_of(script: bytes) -> dict[str, bytes]:
    """Read a script by its description in docs/bundle-format.md."""
    files: dict[str, bytes] = {}
    # Strict: a half of a surrogate pair raises.
    text = script.decode("utf-16")
    for line in text[text.index("(globalThis);\n") :].split("\n")[1:-1]:
        call = CALL.fullmatch(line)
        assert call is not None
        path, count, literal = call.groups()
        characters, escaped = bytearray(), False
        for character in literal:
            if character == "\u2028" and not escaped:
                escaped = True
                continue
            characters += (ord(character) ^ (0x8000 if escaped else 0)).to_bytes(2, "little")
            escaped = False
        files.setdefault(json.loads(path), b"")
        files[json.loads(path)] += bytes(characters[: int(count)])
    return files


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"\xff", b"\\", EVERY_PAIR, EVERY_PAIR[1:]],
    ids=["empty", "one zero", "one byte", "one escape", "every pair", "every pair, shifted"],
)
def test_a_file_comes_back_byte_for_byte(content: bytes) -> None:
    """No byte is lost or changed, not even one that no literal may hold."""
    assert files_of(embed("m", 1, {"a.bin": content})) == {"a.bin": content}


def test_files_keep_their_order_and_large_ones_are_cut() -> None:
    """The page can read small files before the weights have arrived, and each call stays small."""
    files = {"z.json": b"{}", "a.bin": b"\x01" * (PIECE_BYTES + 1)}

    script = embed("m", 1, files)

    assert files_of(script) == files
    assert list(files_of(script)) == ["z.json", "a.bin"]
    assert script.decode("utf-16").count("\nkerasportBundle(") == 3


def test_weights_grow_by_two_percent() -> None:
    """Trained weights look like normal numbers, whose characters seldom need an escape."""
    weights = np.random.default_rng(3).normal(0, 0.05, 500_000).astype("<f4").tobytes()

    # 1.6 % are escapes: the halves of surrogate pairs are 1 of 32 in the lower half of a float32.
    assert len(embed("m", 1, {"a.bin": weights})) < 1.02 * len(weights)


def test_a_name_stays_text() -> None:
    """Nothing in a model's name becomes code."""
    script = embed('"); alert(1); ("\u2028é', 1, {}).decode("utf-16")

    assert r'name: "\"); alert(1); (\"\u2028\u00e9", files' in script


def test_the_frozen_script_is_still_what_is_written() -> None:
    """The same files give the same bytes, on every machine and in every later version."""
    folder = GOLDEN / "bundle-v1"
    files = {name: (folder / name).read_bytes() for name in ("metadata.json", "model.json")}
    files["all.bin"] = EVERY_PAIR[1:]

    assert embed("frozen", 1, files) == (GOLDEN / "model-utf16-late.js").read_bytes()
