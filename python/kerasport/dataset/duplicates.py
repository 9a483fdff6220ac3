"""The same picture more than once: found by its bytes and by its pixels."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasport.dataset.cache import PixelCache
from kerasport.dataset.dataset import Dataset, Example, Skipped, in_places
from kerasport.dataset.decoded import DecodedDataset
from kerasport.dataset.identity import content_of, hash_pixels
from kerasport.dataset.parallel import in_parallel
from kerasport.errors import DataError
from kerasport.preprocess import read_pixels
from kerasport.progress import SILENT, Progress

__all__ = ["drop_copies", "hash_pictures", "hash_rows", "key_of"]

_PATH = "{path}"

# What a record has one of: the hash, why there is none, or why there was none this time.
_TOLD = ("hash", "reason", "lost")


def hash_rows(decoded: DecodedDataset) -> dict[str, str]:
    """Return content -> hash of the pixels that the model sees: equal hashes, equal inputs."""
    hashes: dict[str, str] = {}
    rows = zip(decoded.dataset.examples, decoded.pixels, strict=True)
    for part in in_parallel(lambda item: (item[0].content, hash_pixels(item[1])), rows):
        hashes.update(part)
    return hashes


def hash_pictures(
    dataset: Dataset, *, cache: PixelCache | None = None, progress: Progress = SILENT
) -> tuple[dict[str, str], list[Skipped]]:
    """Decode every picture and return content -> hash of its pixels, and what is damaged.

    Pictures share a hash when they have the same size and show the same pixels, upright and on
    white, however they are compressed. What was found is kept in `cache`.
    """
    journal = cache.journal("hashes") if cache else None
    hashes: dict[str, str] = {}
    reasons: dict[str, str] = {}

    def take(content: str, record: dict[str, str]) -> None:
        known, other = (hashes, reasons) if "hash" in record else (reasons, hashes)
        known[content] = next(record[each] for each in _TOLD if each in record)
        other.pop(content, None)

    wanted = {example.content: example for example in dataset.examples}
    for content, record in journal.records() if journal else ():
        if content in wanted and _is_told(record):
            # Not the equal text that was read, which would be there a second time.
            take(wanted[content].content, record)
    fresh = in_places(
        example
        for content, example in wanted.items()
        if content not in hashes and content not in reasons
    )
    del wanted
    with progress.task("Comparing", total=len(fresh)) as task:
        for part in in_parallel(_hash, fresh):
            for content, record in part:
                take(content, record)
            if journal:
                lasting = {content: record for content, record in part if "lost" not in record}
                with contextlib.suppress(OSError):
                    journal.append(lasting)
            task.advance(len(part))
    damaged = [
        Skipped(each.path, reasons[each.content].replace(_PATH, str(each.path)))
        for each in dataset.examples
        if each.content in reasons
    ]
    return hashes, damaged


def drop_copies(
    dataset: Dataset, *, cache: Path | None = None, progress: Progress = SILENT
) -> Dataset:
    """Return the data set less the test pictures that are also in train or validation.

    Copies are those with equal bytes, or with equal pixels at full size; what is left out does
    not depend on the model's input. They are listed in `dropped`.
    """
    hashes, _ = hash_pictures(dataset, cache=PixelCache.find(cache), progress=progress)
    seen = {
        key_of(example, hashes): example for example in dataset.examples if example.split != "test"
    }
    kept, dropped = [], []
    for example in dataset.examples:
        original = seen.get(key_of(example, hashes))
        if example.split == "test" and original is not None:
            name = original.path.relative_to(dataset.root)
            dropped.append(Skipped(example.path, f"the same picture as '{name}'"))
        else:
            kept.append(example)
    if dropped:
        progress.say(
            f"{len(dropped)} test picture(s) left out of the test: they are also in train or "
            "validation."
        )
    return replace(dataset, examples=tuple(kept), dropped=(*dataset.dropped, *dropped))


def key_of(example: Example, hashes: Mapping[str, str]) -> str:
    """Return what copies share: the hash of the pixels, or of the bytes where that is missing."""
    return hashes.get(example.content, example.content)


def _is_told(record: Any) -> bool:
    """Return whether a record of the journal, which may be somebody else's, says something."""
    return (
        isinstance(record, dict)
        and ("hash" in record or "reason" in record)
        and all(isinstance(each, str) and each for each in record.values())
    )


def _hash(example: Example) -> tuple[str, dict[str, str]]:
    content = example.content
    try:
        data = example.read()
    except OSError as error:
        return content, {"lost": f"cannot be read ({error})"}
    if example.data is None and content_of(data) != content:
        return content, {"lost": "was changed while the folder was being read"}
    try:
        return content, {"hash": hash_pixels(read_pixels(data))}
    except DataError as error:
        return content, {"reason": str(error).replace("The picture", f"'{_PATH}'", 1)}
