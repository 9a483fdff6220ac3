"""Which pictures to look at first, and why, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset import Dataset, Example
from kerasport.displayed import displayable
from kerasport.review.distances import excess
from kerasport.review.fitting import Answered
from kerasport.review.mislabeled import doubts_about

__all__ = ["Reason", "Suspect", "rank_suspects"]

Reason: TypeAlias = Literal["copy", "label", "far", "alien"]
"""Why a picture is looked at: a copy has another label; its own is probably wrong; it is far from
its class; it is far from every class."""

_FAR = 3.0
_SHOWN = 3


@dataclass(frozen=True)
class Suspect:
    """A picture with what speaks against its label.

    Attributes:
        place: among the reviewed pictures.
        example: the picture.
        given: index of its label.
        proposed: index of the most probable class.
        probability: of the proposed class.
        given_probability: of its label.
        kinds: what speaks against it; empty where it is only less certain than others.
        reasons: the same in sentences.
    """

    place: int
    example: Example
    given: int
    proposed: int
    probability: float
    given_probability: float
    kinds: tuple[Reason, ...]
    reasons: tuple[str, ...]


def rank_suspects(dataset: Dataset, groups: NDArray[np.int64], answered: Answered) -> list[Suspect]:
    """Return every answered picture, the most suspicious first.

    First come pictures whose copies have another label: one of them is wrong, whatever a model
    says. Then those whose labels confident learning doubts, then those that are far from their
    class or from all, then the others; each time those first whose labels fit least.

    Args:
        dataset: the reviewed pictures.
        groups: see `alike`, int64 `[pictures]`.
        answered: what models said about those that they had not seen.

    Raises:
        KerasportError: cleanlab is missing.
    """
    labels = np.array([example.label for example in dataset.examples], np.int64)
    given = labels[answered.places]
    rows = np.arange(len(given))
    doubts = doubts_about(given, answered.probabilities)
    far, alien = _excesses(answered, given)
    others = _other_labels(dataset, groups)
    best = answered.probabilities.argmax(axis=1)
    own = answered.probabilities[rows, given]
    found = []
    for row, place in enumerate(answered.places.tolist()):
        kinds: list[Reason] = []
        kinds += ["copy"] if place in others else []
        kinds += ["label"] if doubts.doubted[row] else []
        kinds += ["far"] if far[row] > _FAR else []
        kinds += ["alien"] if alien[row] > _FAR else []
        suspect = Suspect(
            place=place,
            example=dataset.examples[place],
            given=int(given[row]),
            proposed=int(best[row]),
            probability=float(answered.probabilities[row, best[row]]),
            given_probability=float(own[row]),
            kinds=tuple(kinds),
            reasons=tuple(
                _sentence(kind, dataset, int(given[row]), others.get(place, ()), float(far[row]))
                for kind in kinds
            ),
        )
        order = ("copy" not in kinds, "label" not in kinds, not kinds, float(doubts.quality[row]))
        found.append((order, suspect))
    found.sort(key=lambda item: item[0])
    return [suspect for _, suspect in found]


def _excesses(
    answered: Answered, given: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how unusually far each picture is from its own class, and from the nearest."""
    far = np.zeros(len(given), np.float32)
    alien = np.zeros(len(given), np.float32)
    own = np.take_along_axis(answered.distances, given[:, None], axis=1)[:, 0]
    nearest = answered.distances.min(axis=1)
    # Each model has a space of its own, and distances are compared within one alone.
    for model in np.unique(answered.model):
        those = answered.model == model
        far[those] = excess(own[those], given[those])
        alien[those] = excess(nearest[those], np.zeros(int(those.sum()), np.int64))
    return far, alien


def _other_labels(dataset: Dataset, groups: NDArray[np.int64]) -> dict[int, Sequence[Example]]:
    """Return the copies with another label of each picture that has such."""
    members: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups.tolist()):
        members[group].append(place)
    found: dict[int, Sequence[Example]] = {}
    for places in members.values():
        if len({dataset.examples[place].label for place in places}) > 1:
            for place in places:
                own = dataset.examples[place].label
                found[place] = [
                    dataset.examples[other]
                    for other in places
                    if dataset.examples[other].label != own
                ]
    return found


def _sentence(
    kind: Reason, dataset: Dataset, given: int, copies: Sequence[Example], far: float
) -> str:
    name = displayable(dataset.class_names[given])
    if kind == "copy":
        listed = "; ".join(
            f"{displayable(dataset.class_names[each.labels[0]])} "
            f"({displayable(each.path.relative_to(dataset.root).as_posix())})"
            for each in copies[:_SHOWN]
        )
        more = f"; and {len(copies) - _SHOWN} more" if len(copies) > _SHOWN else ""
        return f"The same picture, or nearly, is also labelled {listed}{more}."
    if kind == "label":
        return "Models that had not seen it are surer of another class than they usually are of it."
    if kind == "far":
        return f"It lies far from the other pictures of {name}: {far:.1f} deviations."
    return "It lies far from every class: maybe none of these, or a bad picture."
