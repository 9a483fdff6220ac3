"""JSON of strangers: its length, depth, keys and numbers are checked before anybody walks it.

The client's `bundle/json-text.ts` is the twin: both refuse the same texts in the same words,
whatever the parsers of Python and of a browser would take.
"""

from __future__ import annotations

import json
import math
import re
import stat
from pathlib import Path
from typing import Any, NoReturn

__all__ = [
    "MAX_JSON_BYTES",
    "MAX_JSON_DEPTH",
    "MAX_NUMBER_CHARACTERS",
    "JsonProblem",
    "load_json",
    "load_json_file",
]

MAX_JSON_BYTES = 16 << 20
"""Longest text that is parsed. The largest of keras.applications takes 2 MB; Python's objects for
the most wasteful text of this length take some 400 MB."""

_MOST_OF_A_FILE = 256 << 20
"""The longest that kerasport writes for itself is the report on a test of millions of pictures."""

MAX_JSON_DEPTH = 200
"""Deepest nesting. A model in a model adds four levels; Keras' own reach 15."""

MAX_NUMBER_CHARACTERS = 100
"""Longest number. A double has 24 characters at most; reading many digits takes their square."""

# A text that is not closed goes on to the end, so that its escaped quotes open no others.
_TOKENS = re.compile(r'"[^"\\]*(?:\\.?[^"\\]*)*(?:"|\Z)|[\[\]{}]|-?[0-9][0-9.eE+-]*', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonProblem(ValueError):
    """Why a text is no JSON that is read, as half a sentence.

    Attributes:
        detail: what Python's own decoder says about it, behind a colon; or nothing.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail and f": {detail}"


def load_json(
    data: bytes | str,
    *,
    only_numbers: bool = True,
    whole_texts: bool = True,
    most_bytes: int = MAX_JSON_BYTES,
) -> Any:
    """Return what a JSON text holds.

    Args:
        data: the text, or its bytes in UTF-8 with or without a byte order mark.
        only_numbers: refuse what stands for no number: NaN, Infinity, and what a double cannot
            hold.
        whole_texts: refuse half of a surrogate pair, as stands for a byte in the name of a file
            that is no UTF-8: what a program writes for itself may name such files.
        most_bytes: the longest that it may be.

    Raises:
        JsonProblem: it is not JSON, too long, nested more than 200 deep, has an object
            with one key twice (readers differ in which of the two they take), a number of more
            than 100 characters, or half of a surrogate pair.
    """
    if len(data) > most_bytes:
        raise JsonProblem(f"it is longer than {most_bytes >> 20} MiB")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise JsonProblem("it is not UTF-8", str(error)) from None
    _check_tokens(text, whole_texts=whole_texts)
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant if only_numbers else None,
            parse_float=_finite if only_numbers else None,
        )
    except json.JSONDecodeError as error:
        raise JsonProblem(f"line {error.lineno}: {error.msg}") from None


def load_json_file(path: Path, *, only_numbers: bool = True) -> Any:
    """Return what a file of kerasport's own holds, of which no more is read than may be parsed.

    It may name files whose names are no UTF-8.

    Raises:
        JsonProblem: see `load_json`; or it is no file: a pipe would be waited for.
        OSError: it is missing, or cannot be read.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise JsonProblem("it is no file")
    with path.open("rb") as file:
        # One more than there are tells of a file that grows; so much memory is reserved at once.
        content = file.read(min(found.st_size, _MOST_OF_A_FILE) + 1)
    return load_json(
        content, only_numbers=only_numbers, whole_texts=False, most_bytes=_MOST_OF_A_FILE
    )


def _check_tokens(text: str, *, whole_texts: bool) -> None:
    depth = 0
    for found in _TOKENS.finditer(text):
        token = found[0]
        if token in ("[", "{"):
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise JsonProblem(f"it is nested more than {MAX_JSON_DEPTH} deep")
        elif token in ("]", "}"):
            depth -= 1
        elif token[0] == '"':
            if whole_texts and _SURROGATE.search(token) and not _is_whole(token):
                raise JsonProblem("it has half of a surrogate pair")
        elif len(token) > MAX_NUMBER_CHARACTERS:
            raise JsonProblem(f"it has a number of more than {MAX_NUMBER_CHARACTERS} characters")


def _is_whole(literal: str) -> bool:
    """Tell whether every surrogate in the literal of a text has its other half."""
    try:
        json.loads(literal, strict=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    except json.JSONDecodeError:
        return True  # said by the parser, with the line
    return True


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonProblem(f"the key '{key[:80]}' stands twice in one object")
            seen.add(key)
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise JsonProblem(f"it has {name}, which is no number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonProblem(f"it has the number {text}, which is too large")
    return value
