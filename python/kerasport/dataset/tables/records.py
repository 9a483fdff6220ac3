"""From JSON to a table: an object per picture, as hubs and annotation tools write them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from kerasport.dataset.tables.headings import looks_like_picture
from kerasport.dataset.tables.table import Table
from kerasport.errors import DataError

__all__ = ["parse_records"]


def parse_records(text: str, *, name: str) -> Table:
    """Return the table in JSON: an object per line, a list of them, or one of path and label.

    Objects inside objects become columns like `data.image`, the choices of Label Studio's
    annotations a column `choice`.

    Raises:
        DataError: it is no such JSON; the message names the line.
    """
    lines: list[str] = []
    records: list[dict[str, Any]] = []
    for line, value in _values(text, name):
        if not isinstance(value, dict):
            raise DataError(
                f"{line}: {json.dumps(value)!s:.60}. Expected an object with the path and the "
                'label of one picture, like {"file_name": "1.jpg", "label": "cat"}.'
            )
        if isinstance(value.get("images"), list) and isinstance(value.get("annotations"), list):
            raise DataError(
                f"{name} lists annotations of parts of pictures, as COCO does. Expected one class "
                "per picture: a table of path and label, or one folder per class."
            )
        records.append(dict(_flat(_with_choice(value))))
        lines.append(line)
    if not records:
        raise DataError(f"{name} is empty. Expected one JSON object per picture.")
    columns = tuple(dict.fromkeys(itertools.chain.from_iterable(records)))
    cells = tuple([record.get(column) for record in records] for column in columns)
    return Table(name, columns, cells, lines)


def _values(text: str, name: str) -> Iterator[tuple[str, Any]]:
    """Yield where each record stands, and the record."""
    lines = [
        (number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()
    ]
    # A list, or an object over several lines; else each line is a document of its own.
    if text.lstrip()[:1] == "[" or (lines and lines[0][1].strip() == "{") or len(lines) == 1:
        value = _parsed(text, name if text.lstrip()[:1] == "[" else f"{name}, line 1")
        if isinstance(value, list):
            yield from ((f"{name}, entry {at}", each) for at, each in enumerate(value, start=1))
        elif _is_pairs(value):
            for path, label in value.items():
                yield f"{name}, {path!r:.100}", {"path": path, "label": label}
        else:
            yield f"{name}, line 1", value
        return
    for number, line in lines:
        yield f"{name}, line {number}", _parsed(line, f"{name}, line {number}")


def _is_pairs(value: Any) -> bool:
    """Return whether an object has a picture's path for each key and a label for each value."""
    return isinstance(value, dict) and all(
        looks_like_picture(key) and not isinstance(label, dict) for key, label in value.items()
    )


def _parsed(text: str, place: str) -> Any:
    try:
        value = json.loads(text)
        # Half of a pair of code units is no text: it can be neither a path nor a label.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{place}: no JSON ({error}). Expected an object per line, or one list of objects."
        ) from None


def _with_choice(record: dict[str, Any]) -> dict[str, Any]:
    """Return a task of Label Studio with its choices, which lie deep, as one field."""
    annotations = record.get("annotations")
    if not isinstance(record.get("data"), dict) or not isinstance(annotations, list):
        return record
    choices = [
        choice
        for annotation in annotations
        for result in _field(annotation, "result")
        for choice in _field(result.get("value") if isinstance(result, dict) else None, "choices")
    ]
    return {"data": record["data"], "choice": list(dict.fromkeys(map(str, choices)))}


def _field(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _flat(record: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            single = len(value) == 1 and not isinstance(value[0], dict | list)
            yield f"{before}{key}", value[0] if single else tuple(value) or None
        else:
            yield f"{before}{key}", value
