"""Names of classes and files that speak of a mistake: nearly the same, not text, not a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kerasport.dataset.checks.report import DataFinding
from kerasport.dataset.dataset import Dataset
from kerasport.dataset.folder_words import is_companion
from kerasport.displayed import displayable, is_text
from kerasport.labels import similar_class_names

__all__ = ["odd_names"]

# What programs write beside a picture: a mask of it, a smaller one, one with boxes drawn in.
_DERIVED = re.compile(
    r"(?P<of>.+?)[\s_.-]+(?:annotated|annotation|bbox|depth|gt|heatmap|label|mask|preview|seg|"
    r"segmentation|thumb|thumbnail)s?(?:[\W_]*\d+)?",
    re.IGNORECASE,
)


def odd_names(dataset: Dataset) -> Iterator[DataFinding]:
    """Yield what the names of classes and files tell, without opening any."""
    yield from _alike(dataset.class_names)
    yield from _no_text(dataset)
    yield from _derived(dataset)


def _alike(class_names: Sequence[str]) -> Iterator[DataFinding]:
    alike = similar_class_names(class_names)
    if alike:
        shown = "; ".join(" and ".join(map(repr, group)) for group in alike[:5])
        yield DataFinding(
            "similar-classes",
            "warning",
            len(alike),
            "Classes whose names differ only in case, spaces or the spelling of a number: "
            f"{shown}.",
            "Where they are one class, give both the same name.",
        )


def _no_text(dataset: Dataset) -> Iterator[DataFinding]:
    files = [each.path for each in dataset.examples] + [each.path for each in dataset.skipped]
    names = [path for path in files if not is_text(path.relative_to(dataset.root))]
    if names:
        yield DataFinding(
            "names-no-text",
            "note",
            len(names),
            f"{len(names)} file(s) have names that are not UTF-8 text, as archives from other "
            "systems leave behind; they are used, and shown with escapes such as \\xe9.",
            examples=tuple((_shown(dataset, path),) for path in names),
        )


def _derived(dataset: Dataset) -> Iterator[DataFinding]:
    stems = {(each.label, each.path.stem) for each in dataset.examples}
    found = []
    for example in dataset.examples:
        # Without the first: a class may be called mask.
        inner = example.path.relative_to(dataset.root).parts[1:-1]
        match = _DERIVED.fullmatch(example.path.stem)
        if any(map(is_companion, inner)) or (match and (example.label, match["of"]) in stems):
            found.append(example.path)
    # Nothing but these is a set of masks, and meant.
    if found and len(found) < len(dataset.examples):
        yield DataFinding(
            "derived-pictures",
            "warning",
            len(found),
            f"{len(found)} picture(s) look like masks or small copies of others by their names, "
            "and count as pictures of their class.",
            "Move them out of the class folders.",
            tuple((_shown(dataset, path),) for path in found),
        )


def _shown(dataset: Dataset, path: Path) -> str:
    return displayable(path.relative_to(dataset.root).as_posix())
