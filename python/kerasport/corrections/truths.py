"""What corrected pictures show, in the numbers of a data set."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping

from kerasport.corrections.merged import Corrections
from kerasport.corrections.table import Correction
from kerasport.dataset import Dataset
from kerasport.dataset.dataset import Truth
from kerasport.displayed import displayable
from kerasport.errors import DataError
from kerasport.labels import mention_class_names, normalize_class_name

__all__ = ["truths_of"]

_BETWEEN = "|"
"""Stands between several labels of a picture."""

_LEFT_OUT = {
    "labels": "For a picture that has none of the labels the verdict is 'none'.",
    "probabilities": "For a picture of no class the verdict is 'none'.",
}


def truths_of(corrections: Corrections, dataset: Dataset) -> dict[str, Truth | None]:
    """Return what each picture shows, by its content; None where it is to be left out.

    Where pictures have several labels, one that shows none of them stays, without any.

    Raises:
        DataError: a label is none of the data.
    """
    places = {name: place for place, name in enumerate(dataset.class_names)}
    found: dict[str, Truth | None] = {}
    for content, each in corrections.by_content.items():
        if each.verdict != "label":
            is_data = dataset.kind == "labels" and each.verdict == "none"
            found[content] = () if is_data else None
            continue
        names = _names_in(each, places) if dataset.kind == "labels" else (each.label,)
        if not names:
            raise DataError(
                f"The corrections say that '{_picture(each)}' has labels, and no label: "
                f"{each.label!r:.60}. {_LEFT_OUT[dataset.kind]}"
            )
        known = [_as_known(name, places) for name in names]
        if None in known:
            raise _no_class(each, names[known.index(None)], dataset)
        labels = tuple(sorted({places[name] for name in known if name is not None}))
        found[content] = labels if dataset.kind == "labels" else labels[0]
    return found


def _names_in(correction: Correction, places: Mapping[str, int]) -> tuple[str, ...]:
    """Return the labels in a cell: one that is known, a JSON list, or several between bars."""
    text = correction.label
    if (known := _as_known(text, places)) is not None:
        return (known,)
    if text.strip().startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
            return tuple(listed)
    return tuple(part.strip() for part in text.split(_BETWEEN) if part.strip())


def _as_known(name: str, places: Mapping[str, int]) -> str | None:
    """Return the label that somebody meant who put spaces around it or typed on a Mac."""
    return next(
        (each for each in (name, normalize_class_name(name.strip())) if each in places), None
    )


def _picture(correction: Correction) -> str:
    return displayable(correction.file) or correction.content[:12]


def _no_class(correction: Correction, name: str, dataset: Dataset) -> DataError:
    near = difflib.get_close_matches(name, dataset.class_names, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return DataError(
        f"The corrections say that '{_picture(correction)}' is "
        f"{name!r}, which is no class of '{dataset.root}'. {hint}Classes: "
        f"{mention_class_names(dataset.class_names)}. {_LEFT_OUT[dataset.kind]}"
    )
