"""JSON of strangers: its length, its depth and its keys are checked before anybody walks it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from kerasport.errors import ModelError

__all__ = ["MAX_JSON_BYTES", "parse_json", "read_json"]

MAX_JSON_BYTES = 16 << 20
"""Longest text that is parsed. The largest of keras.applications takes 2 MB; Python's objects for
the most wasteful text of this length take some 400 MB."""

_MAX_JSON_DEPTH = 200
"""Deepest nesting. A model in a model adds four levels; Keras' own reach 15."""

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_json(path: Path, *, expected: str) -> Any:
    """Return the content of a JSON file; see `parse_json`.

    Raises:
        ModelError: it cannot be read, or see `parse_json`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror or error}.") from None
    return parse_json(data, f"'{path}'", expected=expected)


def parse_json(data: bytes | str, what: str, *, expected: str) -> Any:
    """Return what a JSON text holds.

    Args:
        data: the text, or its bytes in UTF-8 with or without a byte order mark.
        what: how a message names the text, such as a quoted path.
        expected: what a message says was expected, such as "a whole .keras file".

    Raises:
        ModelError: it is not JSON, longer than 16 MiB, nested more than 200 deep, or has an object
            with one key twice (readers differ in which of the two they take).
    """
    if len(data) > MAX_JSON_BYTES:
        raise ModelError(
            f"{what} holds more than {MAX_JSON_BYTES >> 20} MiB of JSON. Expected {expected}: the "
            "description of a model is a few MiB at most."
        )
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        _check_depth(text)
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{what} is not JSON that can be read ({error}). Expected {expected}. "
            "Copy, save or convert it again."
        ) from None


def _check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > _MAX_JSON_DEPTH:
                raise ValueError(f"it is nested more than {_MAX_JSON_DEPTH} deep")
        elif found[0] in "]}":
            depth -= 1


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated!r:.100} stands twice in one object")
    return found
