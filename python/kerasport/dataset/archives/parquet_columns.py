"""Which column of a Parquet file holds the pictures, and which may hold their labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from kerasport.errors import DataError
from kerasport.json_text import JsonProblem, load_json

__all__ = [
    "PictureColumn",
    "class_names_of",
    "is_list",
    "is_text",
    "list_columns",
    "picture_column",
    "scalar_columns",
    "types_of",
]

_NAMES = ("image", "img", "picture", "photo", "jpg", "png")
_HUGGING_FACE = b"huggingface"
_MOST_SHOWN = 10


class PictureColumn(NamedTuple):
    """A column by its heading, and by the path of the bytes in it: `image` and `image.bytes`."""

    name: str
    path: str


def picture_column(schema: Any, called: str) -> PictureColumn:
    """Return the column of pictures: bytes, or a struct with the field `bytes` as hubs write it.

    Where there are several, the one named like `image` counts.

    Args:
        schema: pyarrow's.
        called: what the file is called.

    Raises:
        DataError: there is none, or it is not clear which.
    """
    found = [column for field in schema if (column := _pictures_in(field)) is not None]
    if len(found) > 1:
        named = [column for column in found if column.name.lower() in _NAMES]
        found = named or found
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(repr(column.name) for column in found[:_MOST_SHOWN])
        raise DataError(
            f"'{called}' has several columns of bytes: {listed}. Expected one of pictures; name it "
            "'image', or leave out the others."
        )
    columns = ", ".join(f"{field.name!r:.60} ({field.type!s:.60})" for field in schema)[:500]
    raise DataError(
        f"'{called}' has no column of pictures, only: {columns or 'none'}. Expected one that holds "
        "the bytes of picture files: binary, or a struct of 'bytes' and 'path' as Hugging Face "
        "writes it."
    )


def scalar_columns(schema: Any) -> list[str]:
    """Return the columns of numbers and texts, which may be labels and splits."""
    counts = Counter(schema.names)
    return [each.name for each in schema if counts[each.name] == 1 and _is_scalar(each.type)]


def list_columns(schema: Any) -> list[str]:
    """Return the columns of lists of numbers or texts, which may be several labels each."""
    counts = Counter(schema.names)
    return [
        each.name
        for each in schema
        if counts[each.name] == 1 and is_list(each.type) and _is_scalar(each.type.value_type)
    ]


def is_list(kind: Any) -> bool:
    """Return whether each value of a column of that type is a list."""
    from pyarrow import types

    return any(
        is_kind(kind) for is_kind in (types.is_list, types.is_large_list, types.is_fixed_size_list)
    )


def is_text(kind: Any) -> bool:
    """Return whether each value of a column of that type has a length of its own."""
    from pyarrow import types

    return any(
        is_kind(kind) for is_kind in (types.is_string, types.is_large_string, types.is_string_view)
    )


def types_of(schema: Any) -> dict[str, str]:
    """Return the types of the columns in words; of those with one name, that there are several."""
    counts = Counter(schema.names)
    return {
        each.name: f"{each.type!s:.60}"
        if counts[each.name] == 1
        else f"{counts[each.name]} columns"
        for each in schema
    }


def class_names_of(schema: Any) -> dict[str, Sequence[str]]:
    """Return the names of the classes of columns whose numbers have names, as Hugging Face writes.

    What is written there otherwise counts as nothing.
    """
    try:
        said = load_json((schema.metadata or {}).get(_HUGGING_FACE, b"{}"))
        features = said["info"]["features"]
        items = list(features.items())
    except (JsonProblem, json.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {}
    found: dict[str, Sequence[str]] = {}
    for name, feature in items:
        # Of a list: the feature of what it holds, in one of the two ways that there have been.
        if isinstance(feature, list) and len(feature) == 1:
            feature = feature[0]
        elif isinstance(feature, dict) and isinstance(feature.get("feature"), dict):
            feature = feature["feature"]
        names = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(names, list) and names and all(isinstance(each, str) for each in names):
            found[name] = names
    return found


def _pictures_in(field: Any) -> PictureColumn | None:
    from pyarrow import types

    kind = field.type
    if _is_bytes(kind):
        return PictureColumn(field.name, field.name)
    if types.is_struct(kind):
        inner = [each for each in kind if each.name == "bytes" and _is_bytes(each.type)]
        if len(inner) == 1:
            return PictureColumn(field.name, f"{field.name}.bytes")
    return None


def _is_bytes(kind: Any) -> bool:
    from pyarrow import types

    return any(
        is_kind(kind) for is_kind in (types.is_binary, types.is_large_binary, types.is_binary_view)
    )


def _is_scalar(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    numbers = (types.is_boolean, types.is_integer, types.is_floating)
    return is_text(kind) or any(is_kind(kind) for is_kind in numbers)
