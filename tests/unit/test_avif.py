"""AVIF files against the table that the browser's side is tested with too."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasport.errors import DataError
from kerasport.pictures import Problem, read_picture_file
from kerasport.preprocess import read_pixels

GOLDEN = Path(__file__).parents[1] / "golden"
TABLE: list[dict[str, Any]] = json.loads((GOLDEN / "avif.json").read_text())["files"]


def content_of(row: dict[str, Any]) -> bytes:
    """Return the bytes of a row's file, which the damaged ones hold themselves."""
    if "bytes" in row:
        return base64.b64decode(row["bytes"])
    path: Path = GOLDEN / "avif" / row["file"]
    return path.read_bytes()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["file"])
def test_a_file_is_read_or_refused_as_the_table_says(row: dict[str, Any]) -> None:
    """Size, orientation and the file that is written anew, or the whole refusal."""
    if "refusal" in row:
        with pytest.raises(Problem, match=f"^{re.escape(row['refusal'])}$"):
            read_picture_file(content_of(row))
        return

    file = read_picture_file(content_of(row))

    assert (file.width, file.height) == (row["width"], row["height"])
    assert file.orientation == row["orientation"]
    assert hashlib.sha256(file.content).hexdigest() == row["content"]


@pytest.mark.parametrize("row", [row for row in TABLE if "pixels" in row], ids=lambda r: r["file"])
def test_the_pixels_are_those_of_the_file_as_it_lies_there(row: dict[str, Any]) -> None:
    """Nothing that decides pixels is lost when a file is written anew."""
    pixels = read_pixels(content_of(row))

    assert hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest() == row["pixels"]


def test_the_table_has_every_refusal() -> None:
    """Each reason that concerns AVIF alone stands in the table at least once."""
    reasons = {row["refusal"] for row in TABLE if "refusal" in row}
    source = "".join(
        (Path(read_picture_file.__code__.co_filename).parent / f"{name}.py").read_text()
        for name in ("avif", "av1_headers", "heif")
    )

    said = re.findall(r'(?:_refused\(\s*f?"|"it is an AVIF )([^"{]+)', source)
    missing = [text for text in said if not any(text.strip() in reason for reason in reasons)]
    assert len(said) > 8
    assert missing == []


def test_wrong_data_behind_a_sound_header_is_one_sentence() -> None:
    """What only the decoder finds is refused as in the browser, not a raw error."""
    content = bytearray((GOLDEN / "avif" / "444-full.avif").read_bytes())
    # A bit of the sequence header by which the frame is read otherwise.
    content[content.index(b"mdat") + 8] ^= 16

    with pytest.raises(DataError) as error:
        read_pixels(bytes(content))

    assert str(error.value) == (
        "The picture cannot be read: it is damaged, its compressed data is wrong. "
        "Copy or save it again."
    )
