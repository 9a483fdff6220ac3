"""JSON of models that strangers wrote: what is wrong with it as an error about a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasport.errors import ModelError
from kerasport.json_text import MAX_JSON_BYTES, JsonProblem, load_json

__all__ = ["parse_json", "read_json"]


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
        # Keras writes Infinity where a setting is one.
        return load_json(data, only_numbers=False)
    except JsonProblem as problem:
        raise ModelError(
            f"{what} is not JSON that can be read ({problem}{problem.detail}). "
            f"Expected {expected}. Copy, save or convert it again."
        ) from None
