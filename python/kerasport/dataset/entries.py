"""From labelled pictures, wherever they are, to the one description."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kerasport.dataset.contents import read_content
from kerasport.dataset.dataset import (
    SPLITS,
    Content,
    Dataset,
    Example,
    Header,
    Remark,
    Skipped,
    Split,
    Truth,
)
from kerasport.dataset.identity import identify
from kerasport.dataset.parallel import in_parallel
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.split import split_of
from kerasport.dataset.stratified import stratified_splits
from kerasport.errors import DataError
from kerasport.literals import OutputKind
from kerasport.progress import SILENT, Progress

__all__ = ["Entry", "Source", "as_labels", "collect", "look"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A labelled picture: a file, or `data` with `path` as its name.

    `label` is as in `Example`. `split` is None where its content has to decide. `seen` is what
    came of looking at it, where that was done already.
    """

    path: Path
    label: Truth
    split: Split | None = None
    data: Content | None = None
    seen: tuple[str, Header] | Skipped | None = None


@dataclass(frozen=True)
class Source:
    """What a reader found: entries in any order, and the splits that the data brings itself.

    `skipped` are what belongs to no class; every path lies below `root`. `remarks` say how the
    source was understood. `kind` is as in `Dataset`.
    """

    root: Path
    class_names: tuple[str, ...]
    entries: tuple[Entry, ...]
    given: frozenset[Split] = frozenset()
    skipped: tuple[Skipped, ...] = ()
    remarks: tuple[Remark, ...] = ()
    kind: OutputKind = "probabilities"

    def only(self, classes: Sequence[str] | None) -> Source:
        """Return the entries of some of the classes, in the order that the data gives them.

        A picture with several labels stays, with those of them that are chosen, if any.

        Raises:
            DataError: a class is not there; the message names the nearest.
        """
        if classes is None:
            return self
        _require_known(classes, self.class_names, root=self.root)
        chosen = set(classes)
        old = [label for label, name in enumerate(self.class_names) if name in chosen]
        labels = {label: new for new, label in enumerate(old)}
        entries = tuple(
            replace(entry, label=left)
            for entry in self.entries
            if (left := _chosen(entry.label, labels)) is not None
        )
        kept = tuple(self.class_names[label] for label in old)
        return replace(self, class_names=kept, entries=entries)


def as_labels(source: Source) -> Source:
    """Return a source in which a picture has any number of labels: one, where it has a class."""
    entries = tuple(
        replace(entry, label=(entry.label,)) if isinstance(entry.label, int) else entry
        for entry in source.entries
    )
    return replace(source, entries=entries, kind="labels")


def _chosen(label: Truth, labels: Mapping[int, int]) -> Truth | None:
    """Return what is left of a label under its new number, None where the picture goes."""
    if isinstance(label, int):
        return labels.get(label)
    return tuple(labels[each] for each in label if each in labels)


def _require_known(classes: Iterable[str], known: Sequence[str], *, root: Path) -> None:
    """Raise unless every name in `classes` is one of the `known`.

    Raises:
        DataError: the message names the nearest classes that are there.
    """
    there = set(known)
    for name in classes:
        if name not in there:
            near = difflib.get_close_matches(name, known, n=3)
            hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
            raise DataError(f"'{root}' has no class {name!r}. {hint}Classes: {', '.join(known)}.")


def collect(source: Source, options: ReadOptions, *, progress: Progress = SILENT) -> Dataset:
    """Return the data set of a source: every picture read once, hashed, and put into a split.

    Whether there is enough of it is for the caller to check.
    """
    examples: list[Example] = []
    undecided: list[int] = []
    skipped = list(source.skipped)
    with progress.task("Reading", total=len(source.entries)) as task:
        remaining = iter(source.entries)
        for part in in_parallel(look, source.entries):
            task.advance(len(part))
            # In this order, zip takes no entry too many when the part is used up.
            for found, entry in zip(part, remaining, strict=False):
                if isinstance(found, Skipped):
                    skipped.append(found)
                    continue
                if entry.split is None:
                    undecided.append(len(examples))
                examples.append(_example(entry, *found, options=options, given=source.given))
    if source.kind == "labels":
        _stratify(examples, undecided, source, options)
    # By split, then by path: twice in turn, for a pair as the key is an object for each picture.
    examples.sort(key=lambda example: example.path.as_posix())
    examples.sort(key=lambda example: SPLITS.index(example.split))
    return Dataset(
        source.root,
        source.class_names,
        tuple(examples),
        tuple(skipped),
        remarks=source.remarks,
        kind=source.kind,
    )


def _stratify(
    examples: list[Example], undecided: Sequence[int], source: Source, options: ReadOptions
) -> None:
    """Put examples whose split the data does not name where their labels are wanted."""
    splits = stratified_splits(
        [(examples[at].content, examples[at].labels) for at in undecided],
        labels=len(source.class_names),
        options=options,
        given=source.given,
    )
    for at in undecided:
        examples[at] = replace(examples[at], split=splits[examples[at].content])


def _example(
    entry: Entry, content: str, header: Header, *, options: ReadOptions, given: Collection[Split]
) -> Example:
    split = entry.split or split_of(content, options, given=given)
    return Example(entry.path, entry.label, content, split, data=entry.data, header=header)


def look(entry: Entry) -> tuple[str, Header] | Skipped:
    """Return the content hash and the header of a picture, or why it is left out."""
    if entry.seen is not None:
        return entry.seen
    if entry.data is not None:
        data = bytes(entry.data) if isinstance(entry.data, memoryview) else entry.data
        return identify(entry.path, data)
    content = read_content(entry.path)
    return content if isinstance(content, Skipped) else identify(entry.path, content)
