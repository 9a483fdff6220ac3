"""What a data set must be before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasport.dataset.dataset import Dataset, Skipped
from kerasport.dataset.read_options import ReadOptions
from kerasport.errors import DataError
from kerasport.labels import similar_class_names

__all__ = [
    "REMEDY_FOR_NOTHING_TO_TRAIN_ON",
    "allowed_unreadable",
    "require_enough",
    "require_readable",
    "require_usable",
]

REMEDY_FOR_NOTHING_TO_TRAIN_ON = (
    "Add pictures to train, or take the class out of the other splits; where the shares decide, "
    "lower those of validation and test, or change the seed."
)

_SHOWN = 5


def require_readable(
    skipped: Sequence[Skipped], *, total: int, limit: int | None, root: Path
) -> None:
    """Raise when more files are unusable than allowed.

    Args:
        skipped: the files that were left out.
        total: number of files that were looked at.
        limit: how many may be left out; None stands for 10 or 1 %, whichever is more.
        root: the folder, for the message.

    Raises:
        DataError: with the first few files and how to go on.
    """
    allowed = allowed_unreadable(total, limit)
    if len(skipped) <= allowed:
        return
    shown = "; ".join(f"'{item.path}' ({item.reason})" for item in skipped[:_SHOWN])
    more = f"; and {len(skipped) - _SHOWN} more" if len(skipped) > _SHOWN else ""
    raise DataError(
        f"{len(skipped)} of {total} files in '{root}' are not usable pictures; "
        f"at most {allowed} may be skipped: {shown}{more}. "
        + (
            f"Remove or replace them, or pass --max-unreadable {len(skipped)}."
            if len(skipped) < total
            else "None is left; save them as JPEG or PNG first."
        )
    )


def allowed_unreadable(total: int, limit: int | None) -> int:
    """Return how many of `total` files may be unusable: `limit`, or 10 or 1 % without one."""
    return max(10, total // 100) if limit is None else limit


def require_enough(dataset: Dataset, options: ReadOptions) -> None:
    """Raise when a class has too few pictures in all, or none to train on."""
    counts = dataset.counts
    for label, name in enumerate(dataset.class_names):
        usable = counts.train[label] + counts.validation[label] + counts.test[label]
        if usable < options.min_per_class:
            remedy = (
                f"Add pictures or pass --min-per-class {usable}."
                if usable
                else "Add pictures, or leave the class out: remove its folder, or name the others "
                "with --classes."
            )
            raise DataError(
                f"Class {name!r} in '{dataset.root}' has {_pictures(usable)} that can be used; "
                f"training needs at least {options.min_per_class} per class. "
                f"{_skipped_in_class(dataset, name)}{remedy}"
            )
        if counts.train[label] == 0:
            raise DataError(
                f"Class {name!r} in '{dataset.root}' has no picture to train on: all "
                f"{usable} went to validation and test. {_nearly(dataset, name)}"
                f"{REMEDY_FOR_NOTHING_TO_TRAIN_ON}"
            )


def require_usable(dataset: Dataset, options: ReadOptions) -> None:
    """Raise when too many files are unusable, or a class has too few pictures."""
    total = len(dataset.examples) + len(dataset.skipped)
    limit = options.max_unreadable
    require_readable(dataset.skipped, total=total, limit=limit, root=dataset.root)
    require_enough(dataset, options)


def _nearly(dataset: Dataset, name: str) -> str:
    for group in similar_class_names(dataset.class_names):
        if name in group:
            other = next(each for each in group if each != name)
            return f"Where it is the class {other!r}, give both the same name. "
    return ""


def _skipped_in_class(dataset: Dataset, name: str) -> str:
    skipped = sum(name in item.path.relative_to(dataset.root).parts for item in dataset.skipped)
    return f"{skipped} were skipped (not usable). " if skipped else ""


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
