"""What every JSON document has in common: how it is read, checked and written.

JSON uses camelCase; Python uses the same words in snake_case.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from kerasport.errors import BundleError
from kerasport.files import to_json
from kerasport.json_text import MAX_JSON_BYTES, JsonProblem, load_json
from kerasport.labels import is_blank

__all__ = [
    "FORMAT_VERSION",
    "PATH_PATTERN",
    "SHA256_PATTERN",
    "Byte",
    "Count",
    "Document",
    "Integrity",
    "Probability",
    "Sha256",
    "Text",
    "check_is_file",
    "parse_document",
    "parse_json",
    "problems_of",
    "read_document",
    "read_text_file",
]

FORMAT_VERSION = 2
"""Newest version of the bundle format; raised only when an older reader could not cope."""

PATH_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"
"""A relative path of plain characters, which leads out of no folder."""

SHA256_PATTERN = "^[0-9a-f]{64}$"
"""A SHA-256 in hexadecimal."""

Byte = Annotated[int, Field(ge=0, le=255)]
Count = Annotated[int, Field(ge=0)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Field(pattern=SHA256_PATTERN)]


def _shown(text: str) -> str:
    if is_blank(text):
        raise ValueError("Expected a text.")
    return text


Text = Annotated[str, AfterValidator(_shown)]
"""What shows something."""

Integrity = Annotated[str, Field(pattern="^sha384-[A-Za-z0-9+/]{64}$")]


class Document(BaseModel):
    """A JSON document, or a part of one; see `read_document`."""

    # Unknown fields are ignored, so that a field added later does not need a new format version.
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    def to_json(self) -> str:
        """Return the document as camelCase JSON with sorted keys: equal content, equal bytes."""
        return to_json(self.model_dump(mode="json", by_alias=True))


_SAFE = 2**53
_MOST_OF_A_PLACE = 100
"""Characters of a place in a document that a message shows; keys are somebody's texts."""

_MOST_OF_A_PROBLEM = 300
"""Characters of a problem that a message shows; it may quote the value."""

DocumentType = TypeVar("DocumentType", bound=Document)


def parse_document(kind: type[DocumentType], data: bytes | str, source: str) -> DocumentType:
    """Return the document in `data`.

    Numbers and texts are not taken for each other: `"2"` and `true` are no whole numbers, and 2.0
    is one, as in JavaScript.

    Raises:
        BundleError: it is not JSON, misses a field, or has a newer `formatVersion`.
    """
    value = parse_json(data, source)
    version = value.get("formatVersion") if isinstance(value, dict) else None
    if type(version) is int and version > FORMAT_VERSION:
        raise BundleError(
            f"'{source}' has bundle format {version}; this kerasport reads formats up to "
            f"{FORMAT_VERSION}. Upgrade it with: pip install --upgrade kerasport"
        )
    try:
        return kind.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise BundleError(
            f"'{source}' is not a valid {kind.__name__} document: {problems_of(error)}. "
            "Export the bundle again."
        ) from None


def problems_of(error: Exception) -> str:
    """Return in half a sentence why something was no document; its places, and what is there."""
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))[:_MOST_OF_A_PLACE] or 'document'}: "
        f"{problem['msg']:.{_MOST_OF_A_PROBLEM}}"
        for problem in error.errors()[:5]
    )


def parse_json(data: bytes | str, source: str) -> Any:
    """Return what a JSON text of a bundle holds; numbers like 2.0 are whole ones.

    Raises:
        BundleError: it is no JSON that is read; see `kerasport.json_text`.
    """
    try:
        return _with_whole_numbers(load_json(data))
    except JsonProblem as problem:
        raise BundleError(f"'{source}' is not JSON ({problem}). Export the bundle again.") from None


def read_document(kind: type[DocumentType], path: Path) -> DocumentType:
    """Return the document in the file `path`; see `parse_document`."""
    return parse_document(kind, read_text_file(path), str(path))


def read_text_file(path: Path) -> bytes:
    """Return the bytes of a file, or so many of them that they are refused as JSON.

    Raises:
        BundleError: it is missing, no file, or cannot be read.
    """
    try:
        check_is_file(path)
        with path.open("rb") as file:
            return file.read(MAX_JSON_BYTES + 1)
    except FileNotFoundError:
        raise BundleError(
            f"There is no '{path.name}' in '{path.parent}'. Expected a folder written by kerasport."
        ) from None
    except OSError as error:
        raise BundleError(
            f"'{path}' cannot be read: {error.strerror or error}. Copy the folder again, whole."
        ) from None


def check_is_file(path: Path) -> None:
    """Refuse a path where something else than a file is: a pipe would be waited for."""
    if not path.is_file() and path.exists():
        raise BundleError(f"'{path}' is no file. Expected a folder written by kerasport.")


def _with_whole_numbers(value: Any) -> Any:
    """Return JSON in which numbers like 2.0 are whole, and those beyond 2**53 are not.

    JavaScript cannot tell the former apart, nor the latter from their neighbours.
    """
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_whole_numbers(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) < _SAFE:
        return int(value)
    # What JavaScript would read as another whole number is none for either side.
    if type(value) is int and abs(value) >= _SAFE:
        return float(value)
    return value
