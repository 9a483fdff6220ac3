"""What a data set must be before anything is trained on it, and what it had better be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasport.dataset.description import Dataset, ReadOptions, Skipped, Split
from kerasport.errors import DataError

__all__ = ["check_counts", "check_skipped", "warnings_about"]

_SHOWN = 5


def check_skipped(skipped: Sequence[Skipped], *, total: int, limit: int | None, root: Path) -> None:
    """Raise when more files are unusable than allowed.

    Args:
        skipped: the files that were left out.
        total: number of files that were looked at.
        limit: how many may be left out; None stands for 10 or 1 %, whichever is more.
        root: the folder, for the message.

    Raises:
        DataError: with the first few files and how to go on.
    """
    allowed = max(10, total // 100) if limit is None else limit
    if len(skipped) <= allowed:
        return
    shown = "; ".join(f"'{item.path}' ({item.reason})" for item in skipped[:_SHOWN])
    more = f"; and {len(skipped) - _SHOWN} more" if len(skipped) > _SHOWN else ""
    raise DataError(
        f"{len(skipped)} of {total} files in '{root}' are not usable pictures; "
        f"at most {allowed} may be skipped: {shown}{more}. "
        f"Remove or replace them, or pass --max-unreadable {len(skipped)}."
    )


def check_counts(dataset: Dataset, options: ReadOptions) -> None:
    """Raise when a class has too few pictures in all, or none to train on."""
    counts = dataset.counts
    for label, name in enumerate(dataset.class_names):
        usable = counts.train[label] + counts.validation[label] + counts.test[label]
        if usable < options.min_per_class:
            raise DataError(
                f"Class {name!r} in '{dataset.root}' has {_pictures(usable)} that can be used; "
                f"training needs at least {options.min_per_class} per class. "
                f"{_skipped_in_class(dataset, name)}"
                f"Add pictures or pass --min-per-class {max(1, usable)}."
            )
        if counts.train[label] == 0:
            raise DataError(
                f"Class {name!r} in '{dataset.root}' has no picture to train on: all "
                f"{usable} went to validation and test. "
                "Add pictures, lower the shares of validation and test, or change the seed."
            )


def warnings_about(
    dataset: Dataset, *, splits: Sequence[Split] = ("validation", "test")
) -> list[str]:
    """Return what the user should know before trusting figures on this data, one line each.

    Args:
        dataset: the data.
        splits: those in which every class is expected.
    """
    found = []
    if dataset.skipped:
        first = dataset.skipped[0]
        found.append(
            f"{len(dataset.skipped)} file(s) were skipped because they are not usable pictures, "
            f"the first is '{first.path}' ({first.reason})."
        )
    counts = dataset.counts
    for split in splits:
        numbers: list[int] = getattr(counts, split)
        missing = [name for name, n in zip(dataset.class_names, numbers, strict=True) if n == 0]
        if len(missing) == len(dataset.class_names):
            found.append(f"There are no {split} pictures at all.")
        elif missing:
            found.append(f"No {split} picture in: {', '.join(missing)}.")
    return [*found, *_copies(dataset)]


def _copies(dataset: Dataset) -> list[str]:
    places: dict[str, set[tuple[int, str]]] = {}
    for example in dataset.examples:
        places.setdefault(example.content, set()).add((example.label, example.split))
    two_classes = sum(len({label for label, _ in place}) > 1 for place in places.values())
    leaked = sum(len({split for _, split in place}) > 1 for place in places.values())
    found = []
    if two_classes:
        found.append(f"{two_classes} picture(s) lie in more than one class, byte for byte.")
    if leaked:
        found.append(
            f"{leaked} picture(s) lie in more than one split, byte for byte: "
            "figures on the test pictures are too good."
        )
    return found


def _skipped_in_class(dataset: Dataset, name: str) -> str:
    skipped = sum(name in item.path.relative_to(dataset.root).parts for item in dataset.skipped)
    return f"{skipped} were skipped (not usable). " if skipped else ""


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
