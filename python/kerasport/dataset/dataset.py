"""What a labelled set of pictures is, however it was read: one frozen description."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.metadata import Counts
from kerasport.dataset.paths import read_bytes
from kerasport.literals import OutputKind

__all__ = [
    "SPLITS",
    "Content",
    "Dataset",
    "Example",
    "Header",
    "Remark",
    "Skipped",
    "Split",
    "Truth",
    "in_places",
]

Split: TypeAlias = Literal["train", "validation", "test"]

SPLITS: tuple[Split, Split, Split] = ("train", "validation", "test")
"""Every split, in the order in which a data set keeps its examples."""

Content: TypeAlias = "bytes | memoryview | NDArray[np.uint8]"
"""A picture that is no file: its encoded bytes, or pixels `[height, width]` or with channels."""


Truth: TypeAlias = "int | tuple[int, ...]"
"""What a picture shows: the index of its one class, or the ascending indices of its labels."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture says about itself before it is decoded.

    `width` and `height` are in pixels as stored, before any orientation; `mode` is Pillow's, like
    `RGB`, `L` or `P`. The format of pixels that came as an array is `array`.
    """

    format: str
    width: int
    height: int
    mode: str


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled picture: `label` is an index into the class names, `content` a SHA-256.

    Where a picture may have several labels, `label` is a tuple of such indices, ascending, and
    maybe empty. `path` is a file, maybe in an archive, or where `data` is there, a name:
    `mnist.npz/train/00042`.
    """

    path: Path
    label: Truth
    content: str
    split: Split
    data: Content | None = field(default=None, compare=False, repr=False)
    header: Header | None = field(default=None, compare=False, repr=False)

    @property
    def labels(self) -> tuple[int, ...]:
        """The indices of all that it shows: of its one class, or of its labels."""
        return (self.label,) if isinstance(self.label, int) else self.label

    def read(self) -> bytes | NDArray[np.uint8]:
        """Return the encoded picture, or its pixels, as `kerasport.preprocess` takes either.

        Raises:
            OSError: the file cannot be read.
        """
        if self.data is None:
            return read_bytes(self.path)
        return bytes(self.data) if isinstance(self.data, memoryview) else self.data


def in_places(examples: Iterable[Example]) -> list[Example]:
    """Return examples in the order in which they lie: what is read in it is opened once."""
    return sorted(examples, key=lambda example: example.path.as_posix())


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Remark:
    """How something that can be read in two ways was read, or what is odd about it.

    A `warning` makes figures doubtful where it was meant otherwise, a `note` is worth knowing.
    `count` says how many rows or files it is about.
    """

    kind: str
    message: str
    remedy: str = ""
    severity: Literal["warning", "note"] = "note"
    count: int = 1

    @property
    def text(self) -> str:
        """What was understood and what to do where that is wrong, in one line."""
        return f"{self.message} {self.remedy}".rstrip()


@dataclass(frozen=True)
class Dataset:
    """A labelled set of pictures, cut into train, validation and test.

    `examples` are ordered by split (as in `SPLITS`), then by path, so that each split is one
    contiguous piece of whatever array is made of them. Every path lies below `root`. `skipped`
    are no usable pictures; `dropped` are, but were left out of the test as copies. `remarks` say
    how the source was understood. `kind` says whether a picture has one class or any number of
    labels.
    """

    root: Path
    class_names: tuple[str, ...]
    examples: tuple[Example, ...]
    skipped: tuple[Skipped, ...] = ()
    dropped: tuple[Skipped, ...] = ()
    remarks: tuple[Remark, ...] = ()
    kind: OutputKind = "probabilities"

    def in_split(self, split: Split) -> tuple[Example, ...]:
        """Return the examples of one split."""
        return tuple(example for example in self.examples if example.split == split)

    def only(self, split: Split) -> Dataset:
        """Return the data set reduced to the examples of one split."""
        return replace(self, examples=self.in_split(split))

    def span(self, split: Split) -> slice:
        """Return where the split lies among the examples."""
        before = SPLITS[: SPLITS.index(split)]
        start = sum(example.split in before for example in self.examples)
        return slice(start, start + len(self.in_split(split)))

    @property
    def counts(self) -> Counts:
        """Number of pictures per split and class, in the order of the class names.

        A picture with several labels counts for each of them.
        """
        table = {split: [0] * len(self.class_names) for split in SPLITS}
        for example in self.examples:
            for label in example.labels:
                table[example.split][label] += 1
        return Counts(**table)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every picture's content hash, class and split, sorted.

        File names, the order of reading and time stamps do not enter.
        """
        lines = sorted(
            f"{example.content}\t{self._shown_by(example)}\t{example.split}\n"
            for example in self.examples
        )
        return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()

    def _shown_by(self, example: Example) -> str:
        names = (self.class_names[label] for label in example.labels)
        # No name has a tab, and one label is written as one class is.
        return "\t".join(names)

    def without(self, skipped: Collection[Skipped]) -> Dataset:
        """Return the data set less some files, which are added to `skipped`.

        No other picture changes its split: splits are cut by content.
        """
        paths = {item.path for item in skipped}
        kept = tuple(example for example in self.examples if example.path not in paths)
        return replace(self, examples=kept, skipped=(*self.skipped, *skipped))
