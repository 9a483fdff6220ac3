"""Dealing pictures to folds: what is alike stays together, and classes are spread evenly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset import SPLITS, DecodedDataset, Split, part_of
from kerasport.dataset.split import fraction_of
from kerasport.errors import DataError

__all__ = ["Fold", "deal"]


@dataclass(frozen=True)
class Fold:
    """The pictures that one model answers, and those that it is trained with.

    Attributes:
        number: from 1.
        decoded: all pictures, those to answer as its `test`.
        order: place among the reviewed pictures of each of its pictures, int64 `[n]`.
    """

    number: int
    decoded: DecodedDataset
    order: NDArray[np.int64]

    def places(self, split: Split) -> NDArray[np.int64]:
        """Return where the pictures of a split are among those that are reviewed."""
        return self.order[self.decoded.dataset.span(split)]


def deal(
    decoded: DecodedDataset,
    groups: NDArray[np.int64],
    *,
    folds: int,
    seed: int,
    validation_share: float,
) -> list[Fold]:
    """Return the folds; each picture is answered in exactly one of them.

    Groups are dealt class by class in an order that only contents and seed decide, so that the same
    pictures always come into the same folds. Of what is left to train with, contents and seed
    decide again what is for validation.

    Args:
        decoded: the pictures, whatever their splits.
        groups: the group of each, which is not torn apart, int64 `[n]`.
        folds: how many, at least 2.
        seed: of the order.
        validation_share: part of the pictures to train with that chooses the epoch.

    Raises:
        DataError: there are too few pictures.
    """
    examples = decoded.dataset.examples
    members: dict[int, list[int]] = defaultdict(list)
    for at, group in enumerate(groups.tolist()):
        members[group].append(at)
    if len(members) < folds:
        raise DataError(
            f"'{decoded.dataset.root}' has {len(members)} different picture(s), too few for "
            f"{folds} folds. Expected at least as many as folds."
        )
    keys = {group: min(examples[at].content for at in places) for group, places in members.items()}
    dealt = np.empty(len(examples), np.int64)
    by_class: dict[int, list[int]] = defaultdict(list)
    for group, places in members.items():
        # Of copies under several labels one decides, whatever the order of reading.
        decisive = min(places, key=lambda at: (examples[at].content, examples[at].label))
        by_class[examples[decisive].labels[0]].append(group)
    turn = 0
    for label in sorted(by_class):
        for group in sorted(by_class[label], key=lambda group: fraction_of(keys[group], seed=seed)):
            dealt[members[group]] = turn % folds
            turn += 1
    return [
        _fold(decoded, [keys[g] for g in groups.tolist()], dealt, number, seed, validation_share)
        for number in range(folds)
    ]


def _fold(
    decoded: DecodedDataset,
    keys: list[str],
    dealt: NDArray[np.int64],
    number: int,
    seed: int,
    validation_share: float,
) -> Fold:
    # A seed of its own, so that what validates is not what another fold answers.
    own = seed + 1_000_003 * (number + 1)
    splits: list[Split] = [
        "test"
        if fold == number
        else "validation"
        if fraction_of(key, seed=own) < validation_share
        else "train"
        for fold, key in zip(dealt.tolist(), keys, strict=True)
    ]
    order = np.array(sorted(range(len(splits)), key=lambda at: (SPLITS.index(splits[at]), at)))
    examples = tuple(replace(decoded.dataset.examples[at], split=splits[at]) for at in order)
    return Fold(
        number + 1,
        DecodedDataset(
            replace(decoded.dataset, examples=examples),
            part_of(decoded.pixels, order),
            decoded.labels[order],
        ),
        order,
    )
