"""Looking for what spoils a training or its figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from kerasport.dataset.checks.names import odd_names
from kerasport.dataset.checks.report import DataFinding, DataReport, PictureFacts, Totals
from kerasport.dataset.checks.together import label_findings
from kerasport.dataset.dataset import SPLITS, Dataset, Example, Remark, Skipped, Split
from kerasport.dataset.duplicates import key_of
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.requirements import REMEDY_FOR_NOTHING_TO_TRAIN_ON, allowed_unreadable
from kerasport.displayed import displayable

__all__ = ["check_dataset", "warnings_about"]

# Fewer training pictures than this teach a class next to nothing, whatever the model.
_TINY = 20
# From here on accuracy flatters a model that neglects the smaller classes; below, it is noted.
_IMBALANCED, _UNEVEN = 3.0, 1.5

_HELD_BACK: tuple[Split, Split] = ("validation", "test")


def check_dataset(
    dataset: Dataset,
    *,
    options: ReadOptions | None = None,
    hashes: Mapping[str, str] | None = None,
    splits: Sequence[Split] = SPLITS,
) -> DataReport:
    """Return what is in the data and what is wrong with it. Opens no file.

    Args:
        dataset: the data.
        options: the limits that training would keep to.
        hashes: content -> hash of pixels, from `hash_rows` or `hash_pictures`, so that copies
            that were compressed anew are found too; without it copies have equal bytes.
        splits: those in which every class is expected.
    """
    options = options or ReadOptions()
    findings = [_told(remark) for remark in dataset.remarks]
    findings += odd_names(dataset)
    findings += _unusable(dataset, options)
    if "train" in splits:
        findings += _class_sizes(dataset, options)
    findings += _missing(dataset, [split for split in splits if split != "train"])
    findings += _copies(dataset, hashes or {})
    if dataset.kind == "labels":
        findings += label_findings(dataset)
    order = {"error": 0, "warning": 1, "note": 2}
    return DataReport(
        dataset.root,
        dataset.class_names,
        dataset.counts,
        PictureFacts.of(dataset),
        tuple(sorted(findings, key=lambda finding: order[finding.severity])),
        Totals.of(dataset) if dataset.kind == "labels" else None,
    )


def warnings_about(dataset: Dataset, *, splits: Sequence[Split] = _HELD_BACK) -> list[str]:
    """Return the warnings of `check_dataset`, one line each, for `splits`."""
    return check_dataset(dataset, splits=splits).warnings


def _told(remark: Remark) -> DataFinding:
    return DataFinding(remark.kind, remark.severity, remark.count, remark.message, remark.remedy)


def _unusable(dataset: Dataset, options: ReadOptions) -> Iterable[DataFinding]:
    skipped, dropped = dataset.skipped, dataset.dropped
    if skipped:
        total = len(dataset.examples) + len(skipped)
        allowed = allowed_unreadable(total, options.max_unreadable)
        too_many = len(skipped) > allowed
        limit = f"at most {allowed} may be skipped. " if too_many else ""
        yield DataFinding(
            "unreadable",
            "error" if too_many else "warning",
            len(skipped),
            f"{len(skipped)} file(s) were skipped because they are not usable pictures, "
            f"the first is '{displayable(skipped[0].path)}' ({skipped[0].reason}).",
            f"{limit.capitalize()}Remove or replace them"
            + (
                f", or pass --max-unreadable {len(skipped)}."
                if too_many and dataset.examples
                else "."
            ),
            tuple((f"{_name(dataset, item)} ({item.reason})",) for item in skipped),
        )
    if dropped:
        yield DataFinding(
            "dropped-copies",
            "note",
            len(dropped),
            f"{len(dropped)} test picture(s) that are also in train or validation were left out "
            "of the test.",
            examples=tuple((f"{_name(dataset, item)} ({item.reason})",) for item in dropped),
        )


def _class_sizes(dataset: Dataset, options: ReadOptions) -> Iterable[DataFinding]:
    names, counts = dataset.class_names, dataset.counts
    totals = [
        sum(parts) for parts in zip(counts.train, counts.validation, counts.test, strict=True)
    ]
    few = _named(names, totals, lambda n: n < options.min_per_class)
    if few:
        yield DataFinding(
            "too-few",
            "error",
            len(few),
            f"Training needs at least {options.min_per_class} pictures per class; fewer are in: "
            f"{_list(few)}.",
            "Add pictures, or leave the class out."
            if min(totals) == 0
            else f"Add pictures, leave the class out, or pass --min-per-class {min(totals)}.",
        )
    unlearned = [
        f"{name} ({total})"
        for name, train, total in zip(names, counts.train, totals, strict=True)
        if train == 0 and total >= options.min_per_class
    ]
    if unlearned:
        yield DataFinding(
            "nothing-to-train-on",
            "error",
            len(unlearned),
            f"All pictures are in validation and test, none to train on, in: {_list(unlearned)}.",
            REMEDY_FOR_NOTHING_TO_TRAIN_ON,
        )
    tiny = _named(names, counts.train, lambda n: 0 < n < _TINY)
    if tiny and not few:
        yield DataFinding(
            "tiny-classes",
            "warning",
            len(tiny),
            f"Fewer than {_TINY} training pictures in: {_list(tiny)}.",
            "Expect chance to decide much of the figures; add pictures where you can.",
        )
    if dataset.kind == "labels":
        # How often a label is there is nothing that is to be even: see `label_findings`.
        return
    smallest, largest = min(counts.train, default=0), max(counts.train, default=0)
    if smallest and largest / smallest >= _UNEVEN:
        ratio = largest / smallest
        least, most = (names[counts.train.index(n)] for n in (smallest, largest))
        yield DataFinding(
            "imbalance",
            "warning" if ratio >= _IMBALANCED else "note",
            len(names),
            f"The largest class has {ratio:.1f} times as many training pictures as the smallest: "
            f"{most} ({largest:,}), {least} ({smallest:,}).",
            "Train with --class-weights balanced to make them count the same, and read the figures "
            "of each class, not the accuracy alone.",
        )


def _missing(dataset: Dataset, splits: Sequence[Split]) -> Iterable[DataFinding]:
    for split in splits:
        numbers: list[int] = getattr(dataset.counts, split)
        missing = [name for name, n in zip(dataset.class_names, numbers, strict=True) if n == 0]
        if not missing:
            continue
        none = len(missing) == len(dataset.class_names)
        yield DataFinding(
            "missing-classes",
            "warning",
            len(missing),
            f"There are no {split} pictures at all."
            if none
            else f"No {split} picture in: {_list(missing)}.",
        )


def _copies(dataset: Dataset, hashes: Mapping[str, str]) -> Iterable[DataFinding]:
    # Most keys are those of one picture, and a list of one each would be most of the memory.
    once: set[str] = set()
    again: set[str] = set()
    for example in dataset.examples:
        key = key_of(example, hashes)
        (again if key in once else once).add(key)
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in dataset.examples:
        if (key := key_of(example, hashes)) in again:
            groups[key].append(example)
    shared = list(groups.values())

    tested = [group for group in shared if _in(group, "test") and _in(group, "train", "validation")]
    if tested:
        count = sum(len(_in(group, "test")) for group in tested)
        known = len(dataset.in_split("test"))
        yield DataFinding(
            "test-leak",
            "warning",
            count,
            f"{count} of {known:,} test picture(s) are also in train or validation"
            f"{_how(tested)}: figures on the test pictures are too good.",
            "Pass --drop-test-duplicates to leave them out of the test.",
            _paths(dataset, tested),
        )
    watched = [group for group in shared if _in(group, "validation") and _in(group, "train")]
    if watched:
        count = sum(len(_in(group, "validation")) for group in watched)
        yield DataFinding(
            "validation-leak",
            "warning",
            count,
            f"{count} validation picture(s) are also in train{_how(watched)}: the best epoch is "
            "chosen by pictures that were learned.",
            "Remove one of the two.",
            _paths(dataset, watched),
        )
    disputed = [group for group in shared if len({example.label for example in group}) > 1]
    if disputed:
        yield DataFinding(
            "two-labels",
            "warning",
            len(disputed),
            f"{len(disputed)} picture(s) lie in more than one class{_how(disputed)}."
            if dataset.kind == "probabilities"
            else f"{len(disputed)} picture(s) have a copy with other labels{_how(disputed)}.",
            "Keep each in the class that it shows."
            if dataset.kind == "probabilities"
            else "Give all copies the labels that the picture shows.",
            _paths(dataset, disputed),
        )
    repeated, surplus = [], 0
    for group in shared:
        extra = len(group) - len({(example.label, example.split) for example in group})
        surplus += extra
        if extra:
            repeated.append(group)
    if repeated:
        yield DataFinding(
            "duplicates",
            "note",
            surplus,
            f"{surplus} picture(s) are copies of another in the same class and split"
            f"{_how(repeated)}.",
            "Each copy counts once more; remove them where that is not meant.",
            _paths(dataset, repeated),
        )


def _in(group: Sequence[Example], *splits: Split) -> list[Example]:
    return [example for example in group if example.split in splits]


def _how(groups: Sequence[Sequence[Example]]) -> str:
    by_bytes = sum(len({example.content for example in group}) == 1 for group in groups)
    if by_bytes == len(groups):
        return ", byte for byte"
    return ", pixel for pixel" + (f" ({by_bytes} of them byte for byte)" if by_bytes else "")


def _paths(dataset: Dataset, groups: Sequence[Sequence[Example]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(_name(dataset, example) for example in group) for group in groups)


def _name(dataset: Dataset, item: Example | Skipped) -> str:
    return displayable(item.path.relative_to(dataset.root).as_posix())


def _named(
    names: Sequence[str], numbers: Sequence[int], chosen: Callable[[int], bool]
) -> list[str]:
    return [f"{name} ({n})" for name, n in zip(names, numbers, strict=True) if chosen(n)]


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(map(displayable, names[:10]))
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
