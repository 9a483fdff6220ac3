"""What only pictures with several labels can have: pictures with none, labels that are one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kerasport.dataset.checks.report import DataFinding
from kerasport.dataset.dataset import Dataset
from kerasport.displayed import displayable

__all__ = ["label_findings"]

# Of the pictures to train on. Below it, a model that never gives the label is hardly ever wrong.
_RARE = 0.02
_SHOWN = 10


def label_findings(dataset: Dataset) -> Iterator[DataFinding]:
    """Yield what is odd about the label sets of a data set."""
    pictures = len(dataset.examples)
    if not pictures:
        return
    empty = sum(not example.labels for example in dataset.examples)
    if empty:
        yield DataFinding(
            "no-labels",
            "note",
            empty,
            f"{empty:,} of {pictures:,} picture(s) have no label: they show what is none of them.",
        )
    yield from _together(dataset)
    yield from _everywhere(dataset)
    yield from _rare(dataset)


def _together(dataset: Dataset) -> Iterator[DataFinding]:
    holders: dict[int, list[int]] = {label: [] for label in range(len(dataset.class_names))}
    for number, example in enumerate(dataset.examples):
        for label in example.labels:
            holders[label].append(number)
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for label, numbers in holders.items():
        if numbers:
            groups[tuple(numbers)].append(dataset.class_names[label])
    twins = [names for names in groups.values() if len(names) > 1]
    if twins:
        listed = _list([" = ".join(names) for names in twins])
        yield DataFinding(
            "always-together",
            "warning",
            sum(map(len, twins)),
            f"Labels that are always on the same pictures: {listed}.",
            "No model can tell them apart: keep one of each, or add pictures that have one alone.",
        )


def _everywhere(dataset: Dataset) -> Iterator[DataFinding]:
    train = dataset.in_split("train")
    always = [
        name
        for name, count in zip(dataset.class_names, dataset.counts.train, strict=True)
        if count == len(train) > 0
    ]
    if always:
        yield DataFinding(
            "on-every-picture",
            "warning",
            len(always),
            f"Every training picture has: {_list(always)}.",
            "Nothing can be learned about it: leave it out, or add pictures without.",
        )


def _rare(dataset: Dataset) -> Iterator[DataFinding]:
    train = len(dataset.in_split("train"))
    rare = [
        f"{name} ({count} of {train:,})"
        for name, count in zip(dataset.class_names, dataset.counts.train, strict=True)
        if 0 < count < _RARE * train
    ]
    if rare:
        yield DataFinding(
            "rare-labels",
            "warning",
            len(rare),
            f"On fewer than {_RARE:.0%} of the training pictures: {_list(rare)}.",
            "Add pictures of them where you can, and read their own figures; with --class-weights "
            "balanced those that there are count more.",
        )


def _list(names: list[str]) -> str:
    shown = ", ".join(map(displayable, names[:_SHOWN]))
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
