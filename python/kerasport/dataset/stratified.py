"""Cutting pictures with several labels: each split gets its share of every label.

After Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-Label Data", ECML 2011. The
packages that have it (iterative-stratification, scikit-multilearn) know no copies that must stay
together, nor splits that are there already, and need scikit-learn, which reading data does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from kerasport.dataset.dataset import SPLITS, Split
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.split import fraction_of

__all__ = ["stratified_splits"]


def stratified_splits(
    shown: Sequence[tuple[str, tuple[int, ...]]],
    *,
    labels: int,
    options: ReadOptions,
    given: Collection[Split] = (),
) -> dict[str, Split]:
    """Return content -> split, the same for the same pictures in any order.

    The label that fewest of the pictures left have is dealt out first: each picture goes where most
    of that label is still wanted. Copies are dealt out as one picture with the labels of all.
    Unlike splits by content alone, a picture that is added may move others.

    Args:
        shown: content and labels of each picture.
        labels: how many labels there are.
        options: the seed and the shares.
        given: splits that the data brings itself; nothing is added to them.
    """
    copies = Counter(content for content, _ in shown)
    sets: dict[str, set[int]] = {content: set() for content in copies}
    for content, own in shown:
        sets[content].update(own)
    # Among equals chance decides, which is the content's and the seed's.
    order = sorted(sets, key=lambda content: (fraction_of(content, seed=options.seed), content))
    holders: list[list[str]] = [[] for _ in range(labels)]
    for content in order:
        for label in sets[content]:
            holders[label].append(content)
    shares = _shares(options, given)
    wanted = {split: share * len(shown) for split, share in shares.items()}
    totals = [sum(copies[content] for content in each) for each in holders]
    wanted_of = {split: [share * total for total in totals] for split, share in shares.items()}
    left = [len(each) for each in holders]
    splits: dict[str, Split] = {}

    def deal(contents: Iterable[str], label: int | None) -> None:
        for content in contents:
            if content in splits:
                continue
            split = max(
                shares,
                key=lambda each: (
                    wanted_of[each][label] if label is not None else 0.0,
                    wanted[each],
                    -SPLITS.index(each),
                ),
            )
            splits[content] = split
            wanted[split] -= copies[content]
            for own in sets[content]:
                wanted_of[split][own] -= copies[content]
                left[own] -= 1

    while any(left):
        rarest = min((label for label in range(labels) if left[label]), key=left.__getitem__)
        deal(holders[rarest], rarest)
    deal(order, None)
    return splits


def _shares(options: ReadOptions, given: Collection[Split]) -> dict[Split, float]:
    """Return the share of each split that gets pictures."""
    shares: dict[Split, float] = {
        "test": options.test_share,
        "validation": options.validation_share,
    }
    shares = {split: share for split, share in shares.items() if share and split not in given}
    return {"train": 1 - sum(shares.values()), **shares}
