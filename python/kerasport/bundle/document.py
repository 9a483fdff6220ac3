"""What every JSON document has in common: how it is read, checked and written.

JSON uses camelCase; Python uses the same words in snake_case.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from kerasport.errors import BundleError
from kerasport.files import to_json

__all__ = [
    "FORMAT_VERSION",
    "SHA256_PATTERN",
    "Byte",
    "Document",
    "Probability",
    "Sha256",
    "parse_document",
    "read_document",
]

FORMAT_VERSION = 1
"""Version of the bundle format; raised only when an older reader could not cope."""

SHA256_PATTERN = "^[0-9a-f]{64}$"
"""A SHA-256 in hexadecimal."""

Byte = Annotated[int, Field(ge=0, le=255)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Field(pattern=SHA256_PATTERN)]


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


DocumentType = TypeVar("DocumentType", bound=Document)


def parse_document(kind: type[DocumentType], text: str, source: str) -> DocumentType:
    """Return the document in `text`.

    Raises:
        BundleError: the text is not JSON, misses a field, or has a newer `formatVersion`.
    """
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise BundleError(
            f"'{source}' is not JSON (line {error.lineno}: {error.msg}). Export the bundle again."
        ) from None
    version = value.get("formatVersion") if isinstance(value, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise BundleError(
            f"'{source}' has bundle format {version}; this kerasport reads formats up to "
            f"{FORMAT_VERSION}. Upgrade it with: pip install --upgrade kerasport"
        )
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'document'}: {problem['msg']}"
            for problem in error.errors()[:5]
        )
        raise BundleError(
            f"'{source}' is not a valid {kind.__name__} document: {problems}. "
            "Export the bundle again."
        ) from None


def read_document(kind: type[DocumentType], path: Path) -> DocumentType:
    """Return the document in the file `path`; see `parse_document`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BundleError(
            f"There is no '{path.name}' in '{path.parent}'. Expected a folder written by kerasport."
        ) from None
    except UnicodeDecodeError as error:
        raise BundleError(f"'{path}' is not UTF-8 text ({error}). Export it again.") from None
    return parse_document(kind, text, str(path))
