"""Cutting pictures with several labels: every split gets its share of every label."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from kerasport.dataset import ReadOptions
from kerasport.dataset.stratified import stratified_splits

OPTIONS = ReadOptions(seed=3, test_share=0.2, validation_share=0.1)


def drawn(
    pictures: int, shares: list[float], *, seed: int = 5
) -> list[tuple[str, tuple[int, ...]]]:
    """Draw pictures that have each label with its share."""
    generator = np.random.default_rng(seed)
    rows = generator.random((pictures, len(shares))) < np.array(shares)
    contents = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(pictures)]
    return [
        (content, tuple(np.flatnonzero(row).tolist()))
        for content, row in zip(contents, rows, strict=True)
    ]


def test_every_label_is_cut_by_the_shares() -> None:
    """Of a rare label as of a frequent one each split gets its share, and so of all pictures."""
    shown = drawn(600, [0.5, 0.2, 0.05, 0.02])

    splits = stratified_splits(shown, labels=4, options=OPTIONS)

    sizes = Counter(splits.values())
    assert abs(sizes["test"] - 120) <= 3
    assert abs(sizes["validation"] - 60) <= 3
    for label in range(4):
        own = Counter(splits[content] for content, labels in shown if label in labels)
        total = sum(own.values())
        assert abs(own["test"] - 0.2 * total) <= 2
        assert abs(own["validation"] - 0.1 * total) <= 2


def test_content_and_seed_decide_not_the_order() -> None:
    """The same pictures in another order fall alike; another seed mixes anew."""
    shown = drawn(200, [0.3, 0.3])
    other = ReadOptions(seed=4, test_share=0.2, validation_share=0.1)

    splits = stratified_splits(shown, labels=2, options=OPTIONS)

    assert stratified_splits(shown[::-1], labels=2, options=OPTIONS) == splits
    assert stratified_splits(shown, labels=2, options=other) != splits


def test_copies_stay_together_and_count_each() -> None:
    """A picture that is there often goes to one split, with the labels of all its copies."""
    shown = drawn(90, [0.3, 0.3])
    copies = [("0" * 64, (0,))] * 5 + [("0" * 64, (1,))] * 5

    splits = stratified_splits([*shown, *copies], labels=2, options=OPTIONS)

    assert len(splits) == 91
    sizes = Counter(splits[content] for content, _ in [*shown, *copies])
    assert abs(sizes["test"] - 20) <= 5


def test_splits_that_are_there_get_nothing() -> None:
    """Where the data brings a test, only validation is cut; pictures without labels are cut too."""
    shown = [(content, ()) for content, _ in drawn(50, [0.5])]

    sizes = Counter(stratified_splits(shown, labels=1, options=OPTIONS, given={"test"}).values())

    assert sizes == {"train": 45, "validation": 5}
