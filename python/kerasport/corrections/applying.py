"""A data set with what is known better about its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kerasport.corrections.merged import Corrections
from kerasport.corrections.truths import truths_of
from kerasport.dataset import SPLITS, Dataset, Example, PixelCache, Skipped
from kerasport.dataset.dataset import Remark, Truth
from kerasport.dataset.duplicates import hash_pictures, key_of
from kerasport.dataset.identity import identify
from kerasport.dataset.paths import read_bytes
from kerasport.errors import DataError
from kerasport.progress import SILENT, Progress

__all__ = ["Applied", "apply_corrections"]

_SHOWN = 5


@dataclass(frozen=True)
class Applied:
    """What corrections changed, in pictures.

    Attributes:
        relabeled: have another label now.
        confirmed: have the label that they had.
        none: were left out because they show none of the classes.
        bad: were left out because they are no usable pictures.
        new: came with the corrections, and are trained with.
        test_copies: came with them, but are pictures of the test, and stay there alone.
        absent: are neither in the data nor with the corrections.
        conflicts: were corrected twice, and differently.
    """

    relabeled: int = 0
    confirmed: int = 0
    none: int = 0
    bad: int = 0
    new: int = 0
    test_copies: int = 0
    absent: int = 0
    conflicts: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)

    @property
    def text(self) -> str:
        """What was changed, in one line."""
        parts = [
            (self.relabeled, "relabelled"),
            (self.confirmed, "confirmed"),
            (self.new, "new to train with"),
            (self.none, "left out as none of the classes"),
            (self.bad, "left out as bad pictures"),
            (self.test_copies, "came along but are test pictures"),
            (self.absent, "not in the data and without a picture"),
        ]
        told = ", ".join(f"{count:,} {words}" for count, words in parts if count)
        return f"Corrections: {told or 'none'}."


def apply_corrections(
    dataset: Dataset,
    corrections: Corrections,
    *,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> tuple[Dataset, Applied]:
    """Return the data set as the corrections have it, and what they changed.

    A picture keeps its split; what is new is trained with and never tested on. The data set has
    remarks that say the same.

    Args:
        dataset: the pictures.
        corrections: see `read_corrections`.
        cache: where hashes of pixels are kept, as in `kerasport.train`.
        progress: told nothing but how far comparing is.

    Raises:
        DataError: a label is none of the classes, a new picture cannot be read, or none is left to
            train on.
    """
    truths = truths_of(corrections, dataset)
    kept: list[Example] = []
    counts = dict.fromkeys(Applied.__dataclass_fields__, 0)
    counts["conflicts"] = len(corrections.conflicts)
    for example in dataset.examples:
        found = corrections.by_content.get(example.content)
        if found is None:
            kept.append(example)
        elif (truth := truths[example.content]) is None:
            counts[found.verdict] += 1
        else:
            counts["confirmed" if truth == example.label else "relabeled"] += 1
            kept.append(replace(example, label=truth))
    there = {example.content for example in dataset.examples}
    fresh: list[Example] = []
    for content, found in corrections.by_content.items():
        if content in there:
            continue
        if content not in corrections.pictures:
            counts["absent"] += 1
        elif (truth := truths[content]) is None:
            counts[found.verdict] += 1
        else:
            fresh.append(_fresh(dataset, corrections.pictures[content], truth))
    added = _without_tested(dataset, kept, fresh, cache=cache, progress=progress)
    counts["new"], counts["test_copies"] = len(added), len(fresh) - len(added)
    kept += added
    kept.sort(key=lambda example: (SPLITS.index(example.split), example.path.as_posix()))
    applied = Applied(**counts)
    if dataset.in_split("train") and not any(example.split == "train" for example in kept):
        raise DataError(
            f"With the corrections '{dataset.root}' has no picture to train on. {applied.text} "
            "Check their verdicts, or add pictures."
        )
    remarks = (*dataset.remarks, *_remarks(corrections, applied))
    return replace(dataset, examples=tuple(kept), remarks=remarks), applied


def _fresh(dataset: Dataset, path: Path, label: Truth) -> Example:
    data = read_bytes(path)
    seen = identify(path, data)
    if isinstance(seen, Skipped):
        raise DataError(
            f"'{path}' cannot be trained with: {seen.reason}. Take its line out of the table, or "
            "give it the verdict 'bad'."
        )
    content, header = seen
    # Kept in memory, under a name beside the others: where it comes from may be gone later.
    name = dataset.root / "corrections" / f"{content[:16]}{path.suffix.lower()}"
    return Example(name, label, content, "train", data=data, header=header)


def _without_tested(
    dataset: Dataset,
    kept: Sequence[Example],
    fresh: Sequence[Example],
    *,
    cache: Path | None,
    progress: Progress,
) -> list[Example]:
    """Return the new pictures less those that a test picture shows pixel for pixel."""
    tested = [example for example in kept if example.split == "test"]
    if not fresh or not tested:
        return list(fresh)
    both = replace(dataset, examples=(*tested, *fresh))
    hashes, _ = hash_pictures(both, cache=PixelCache.find(cache), progress=progress)
    seen = {key_of(example, hashes) for example in tested}
    return [example for example in fresh if key_of(example, hashes) not in seen]


def _remarks(corrections: Corrections, applied: Applied) -> list[Remark]:
    told = [Remark("corrections", applied.text, count=len(corrections.by_content))]
    if corrections.conflicts:
        listed = "; ".join(each.text for each in corrections.conflicts[:_SHOWN])
        left = len(corrections.conflicts) - _SHOWN
        more = f"; and {left:,} more" if left > 0 else ""
        told.append(
            Remark(
                "corrections-in-conflict",
                f"{len(corrections.conflicts):,} picture(s) were corrected more than once, and "
                f"differently: {listed}{more}.",
                "The later one is taken.",
                "warning",
                len(corrections.conflicts),
            )
        )
    return told
