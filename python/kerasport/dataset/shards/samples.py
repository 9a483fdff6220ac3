"""What a TAR of WebDataset says: `000123.jpg` with `000123.cls`, `.json` or `.txt` beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from kerasport.dataset.archives import Container
from kerasport.dataset.folder_words import PICTURE_SUFFIXES
from kerasport.dataset.tables.headings import flag_named, rank_of
from kerasport.errors import DataError
from kerasport.json_text import JsonProblem, load_json

__all__ = ["LABEL_KINDS", "Keyed", "holds_samples", "is_picture", "label_cells", "samples_in"]

LABEL_KINDS = ("cls", "json", "txt")
"""What may hold the label of a picture, in the order in which it is believed."""

_MOST_LABEL_BYTES = 1 << 20
_SAMPLED = 1000
_LABEL = "label"


@dataclass
class Keyed:
    """What has one key: its pictures, and the files with its label by their kinds."""

    pictures: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


def is_picture(name: str) -> bool:
    """Return whether a file in a shard is a picture by its name, and not hidden."""
    path = PurePosixPath(name)
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def samples_in(names: Iterable[str]) -> dict[str, Keyed]:
    """Return the samples of a shard by their keys, in their order.

    A key is a path up to the first dot of its last part, as WebDataset has it.
    """
    found: dict[str, Keyed] = {}
    for name in names:
        folder, slash, last = name.rpartition("/")
        key, _, rest = last.partition(".")
        if not key:
            continue
        sample = found.setdefault(f"{folder}{slash}{key}", Keyed())
        kind = rest.rpartition(".")[2].lower()
        if is_picture(name):
            sample.pictures.append(name)
        elif kind in LABEL_KINDS:
            sample.labels.setdefault(kind, name)
    return found


def holds_samples(container: Container) -> bool:
    """Return whether an archive is a shard: its pictures have labels beside them.

    Texts and JSON beside pictures in folders do not count: then the folders are the classes.
    """
    samples = samples_in(itertools.islice(container.names, _SAMPLED))
    labeled = [
        "cls" in sample.labels or (bool(sample.labels) and "/" not in key)
        for key, sample in samples.items()
        if sample.pictures
    ]
    return sum(labeled) * 2 > len(labeled)


def label_cells(container: Container, kind: str, sample: Keyed) -> dict[str, Any]:
    """Return what the label's file of a sample says, by column; nothing where there is none.

    Raises:
        DataError: it cannot be read, or is no label.
    """
    name = sample.labels.get(kind)
    if name is None:
        return {}
    try:
        size = container.size_of(name)
        if size > _MOST_LABEL_BYTES:
            raise OSError(f"it has {size:,} bytes, more than {_MOST_LABEL_BYTES:,}")
        data = container.read(name)
        if kind != "json":
            return {_LABEL: data.decode("utf-8-sig").strip()}
        record = load_json(data)
    except UnicodeDecodeError:
        reason = "it is no text in UTF-8"
    except (OSError, JsonProblem) as error:
        reason = str(error)
    else:
        if isinstance(record, dict):
            return dict(_columns(record))
        reason = "it holds no JSON object"
    raise DataError(
        f"The label '{container.path}/{name}' cannot be read: {reason.rstrip('.')}. Write the "
        "shard again."
    )


def _columns(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        is_named = any(rank_of(name, role) is not None for role in ("label", "split"))
        if is_named or flag_named(name) is not None:
            yield name, tuple(value) if isinstance(value, list) else value
