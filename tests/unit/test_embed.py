"""A bundle as one script: what stands in it, and how much room it takes."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from kerasport.bundle.script import PIECE_BYTES, embed, embed_inline

GOLDEN = Path(__file__).parents[1] / "golden"

# All pairs of bytes: every character that may not stand in a comment is among them.
EVERY_PAIR = np.arange(1 << 16, dtype="<u2").tobytes()

# The first asterisk behind the start of a comment is that of its end.
CALL = re.compile(r'kerasportBundle\((".*?"), (\d+), function\(\)\{/\*([^*]*)\*/\}\);\n')


def files_of(script: bytes) -> dict[str, bytes]:
    """Read a script by its description in docs/bundle-format.md."""
    files: dict[str, bytes] = {}
    # Strict: a half of a surrogate pair raises.
    text = script.decode("utf-16")
    place = text.index("(globalThis);\n") + len("(globalThis);\n")
    while place < len(text):
        call = CALL.match(text, place)
        assert call is not None
        place = call.end()
        path, count, comment = call.groups()
        characters, escaped = bytearray(), False
        for character in comment:
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
    [b"", b"\x00", b"\xff", b"*\x00/\x00", EVERY_PAIR, EVERY_PAIR[1:]],
    ids=["empty", "one zero", "one byte", "an end", "every pair", "every pair, shifted"],
)
def test_a_file_comes_back_byte_for_byte(content: bytes) -> None:
    """No byte is lost or changed, not even one that no comment may hold."""
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

    assert embed("frozen", 1, files) == (GOLDEN / "model-utf16-comments.js").read_bytes()


def test_what_stands_inside_a_page_ends_no_element() -> None:
    """Neither a name nor a path of a script inside a page can end it; all of it is ASCII."""
    script = embed_inline("</script>é", 1, {"</script>": b"<"})

    assert "<" not in script[script.index("name:") : script.index(", files }")]
    assert script.isascii()
    assert script.endswith('kerasportBundle("\\u003c/script>", 1, "PA==");\n')


def test_a_file_inside_a_page_is_cut_where_base64_is_not_padded() -> None:
    """The pieces of a large file, put together, are its base64; an empty file has one piece."""
    content = bytes(range(256)) * 8192

    script = embed_inline("m", 1, {"a.bin": content, "empty.bin": b""})

    calls = re.findall(r'^kerasportBundle\("(.+)", (\d+), "(.*)"\);$', script, re.M)
    assert [path for path, _, _ in calls] == ["a.bin"] * 3 + ["empty.bin"]
    assert base64.b64decode("".join(text for _, _, text in calls)) == content


@pytest.mark.parametrize("name", ["FORMAT_VERSION", "NAME"])
def test_a_placeholder_in_a_name_stays_text(name: str) -> None:
    """A model may be called what the decoders call the places of its name and version."""
    registered = f'push({{ formatVersion: 1, name: "{name}", files'

    assert registered in embed(name, 1, {}).decode("utf-16")
    assert f"{registered} }});" in embed_inline(name, 1, {})
