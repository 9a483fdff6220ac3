"""Pictures that are arrays already: NumPy, `.npz`, and what keras.datasets returns."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.dataset.dataset import Remark, Split, Truth
from kerasport.dataset.entries import Entry, Source
from kerasport.dataset.layout import split_named
from kerasport.errors import DataError
from kerasport.labels import check_class_names, normalize_class_name, order_class_names
from kerasport.literals import LabelsChoice, OutputKind

__all__ = ["array_source", "read_npz"]

_PIXELS = {"x", "image", "images", "data", "pixels"}
_LABELS = {"y", "label", "labels", "target", "targets"}
_CLASS_NAMES = {"class_names", "label_names"}
_LAYOUT = (
    "Expected x_train, y_train, x_test, y_test (x_val, y_val too, where there are), or x and y"
)


def read_npz(
    path: Path,
    *,
    class_names: Sequence[str] | None,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
    for_test: bool = False,
) -> Source:
    """Return the pictures of an `.npz` file, see `array_source`. Its pickles are not opened.

    Raises:
        DataError: the file is damaged, or its arrays are no pictures and labels.
    """
    try:
        # A single array (.npy) would be loaded too, but has no names.
        with path.open("rb") as stream, zipfile.ZipFile(stream):
            stream.seek(0)
            archive = np.load(stream, allow_pickle=False)
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        if "allow_pickle" in str(error):
            raise DataError(
                f"'{path}' holds Python objects, which can run code when they are opened, so they "
                "are not. Save plain arrays: pixels as uint8, labels as numbers or text."
            ) from None
        raise DataError(f"'{path}' is not a readable .npz file: {error}.") from None
    return array_source(
        arrays,
        root=path,
        class_names=class_names,
        remarks=remarks,
        choice=choice,
        for_test=for_test,
    )


def array_source(
    arrays: Any,
    *,
    root: Path,
    class_names: Sequence[str] | None,
    remarks: list[Remark],
    choice: LabelsChoice | None = None,
    for_test: bool = False,
) -> Source:
    """Return pictures that are arrays: each is named `root/SPLIT/NUMBER`.

    Args:
        arrays: `(x, y)`, `((x_train, y_train), (x_test, y_test))`, or a mapping with the names
            `x`, `y`, `x_train`, `y_train`, `x_test`, `y_test`, `x_val`, `y_val` (`images` and
            `labels` mean the same). Pixels are uint8 `[n, height, width]` or with 1, 3 or 4
            channels at the end. Labels are numbers, text, or one-hot rows; or rows of 0 and 1
            with any number of ones, which are several labels of a picture.
        root: what the pictures' names begin with.
        class_names: the names of labels 0, 1, 2 ...; None uses `class_names` of the mapping,
            else the labels themselves.
        remarks: what was converted is added.
        choice: how many labels a picture has; None lets the rows say it.
        for_test: whether there may be nothing to train on.

    Raises:
        DataError: shapes, dtypes or labels do not fit.
    """
    parts, named = _parts(arrays, root=root, for_test=for_test)
    chosen = class_names if class_names is not None else named
    checked: list[tuple[Split | None, NDArray[np.uint8], NDArray[Any]]] = []
    several = choice == "many" or (
        choice is None and any(_has_several(np.asarray(y)) for _, _, y in parts)
    )
    for split, x, y in parts:
        where = f"'{root}'" + (f", {split}" if split else "")
        pixels = _as_pixels(np.asarray(x), where=where, remarks=remarks)
        labels = _as_rows(y, where=where) if several else _as_labels(np.asarray(y), where=where)
        if len(pixels) != len(labels):
            raise DataError(
                f"{where}: {len(pixels):,} pictures and {len(labels):,} labels. Expected as many "
                "of one as of the other."
            )
        checked.append((split, pixels, labels))
    names, numbers = _truths([labels for _, _, labels in checked], several, chosen, root=root)
    given: frozenset[Split] = frozenset(
        split for split, _, _ in checked if split is not None and split != "train"
    )
    cut = not {"validation", "test"} <= given
    if not cut:
        given |= {"train"}
    entries = [
        Entry(
            root / (split or "all") / f"{number:06d}",
            label,
            None if cut and split == "train" else split,
            data=picture,
        )
        for (split, pixels, _), shown in zip(checked, numbers, strict=True)
        for number, (picture, label) in enumerate(zip(pixels, shown, strict=True))
    ]
    kind: OutputKind = "labels" if several else "probabilities"
    return Source(root, tuple(names), tuple(entries), given, kind=kind)


_Parts = list[tuple["Split | None", Any, Any]]


def _parts(arrays: Any, *, root: Path, for_test: bool) -> tuple[_Parts, Sequence[str] | None]:
    if isinstance(arrays, Mapping):
        return _parts_of_mapping(arrays, root=root, for_test=for_test)
    if all(isinstance(part, tuple | list) and len(part) == 2 for part in arrays):
        if len(arrays) == 2:
            return [("train", *arrays[0]), ("test", *arrays[1])], None
        if len(arrays) == 3:
            splits: tuple[Split, ...] = ("train", "validation", "test")
            return [(s, *part) for s, part in zip(splits, arrays, strict=True)], None
    if len(arrays) == 2:
        return [(None, *arrays)], None
    raise DataError(
        f"A {type(arrays).__name__} of {len(arrays)} was given. Expected (x, y), "
        "((x_train, y_train), (x_test, y_test)), or three such pairs with validation between."
    )


def _parts_of_mapping(
    arrays: Mapping[str, Any], *, root: Path, for_test: bool
) -> tuple[_Parts, Sequence[str] | None]:
    found: dict[Split | None, dict[str, str]] = {}
    class_names: Sequence[str] | None = None
    for name in arrays:
        if name.lower() in _CLASS_NAMES:
            class_names = [str(value) for value in arrays[name]]
            continue
        role, split = _role(name.lower())
        if role is None:
            raise DataError(
                f"'{root}' has an array {name!r}, which is neither pictures nor labels. {_LAYOUT}."
            )
        other = found.setdefault(split, {}).setdefault(role, name)
        if other != name:
            raise DataError(f"'{root}': {other!r} and {name!r} mean the same. Keep one of them.")
    for split, names in found.items():
        for role, meaning in (("x", "pictures"), ("y", "labels")):
            if role not in names:
                there = next(iter(names.values()))
                raise DataError(f"'{root}' has {there!r} but no {meaning} for it. {_LAYOUT}.")
        if None in found and split is not None:
            raise DataError(
                f"'{root}' has {found[None]['x']!r} and {names['x']!r}. Expected either splits or "
                "one set that is cut."
            )
    if not found or not (for_test or None in found or "train" in found):
        raise DataError(f"'{root}' has no pictures to train on. {_LAYOUT}.")
    parts = [(split, arrays[names["x"]], arrays[names["y"]]) for split, names in found.items()]
    return parts, class_names


def _role(name: str) -> tuple[str | None, Split | None]:
    words = name.split("_")
    splits = [split for split in map(split_named, words) if split]
    rest = [word for word in words if not split_named(word)]
    role = None
    if len(rest) == 1 and len(splits) <= 1:
        role = "x" if rest[0] in _PIXELS else "y" if rest[0] in _LABELS else None
    return role, splits[0] if splits else None


def _as_pixels(x: NDArray[Any], *, where: str, remarks: list[Remark]) -> NDArray[np.uint8]:
    if x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] not in (1, 3, 4)):
        hint = ""
        if x.ndim == 4 and x.shape[1] in (1, 3, 4):
            hint = " The channels come first here; put them last: x.transpose(0, 2, 3, 1)."
        if x.ndim == 2:
            hint = " Bring flattened pictures into shape: x.reshape(-1, height, width)."
        raise DataError(
            f"{where}: the pictures have shape {list(x.shape)}. Expected [n, height, width] or "
            f"[n, height, width, 1, 3 or 4].{hint}"
        )
    if 0 in x.shape:
        raise DataError(f"{where}: the pictures have shape {list(x.shape)}: there are no pixels.")
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind not in "iuf":
        raise DataError(f"{where}: the pixels have dtype {x.dtype}. Expected uint8 in 0..255.")
    low, high = x.min(), x.max()
    fractions = x.dtype.kind == "f"
    whole = not fractions or (np.isfinite([low, high]).all() and bool((x == np.rint(x)).all()))
    # Only black and white, or all but black: 1 could be the brightest level or the darkest grey.
    if whole and low >= 0 and high <= 255 and not (fractions and high <= 1):
        message = f"{where}: pixels of dtype {x.dtype} are whole numbers of 0..255, as uint8."
        remarks.append(Remark("converted-pixels", message))
        return x.astype(np.uint8)
    if fractions and low >= 0 and high <= 1:
        levels: NDArray[Any] = np.rint(x * 255)
        # float64 and float32 bring a level back within 2e-5, float16 within one step of 1/8.
        if bool((np.abs(x * 255 - levels) <= 0.125).all()):
            message = f"{where}: pixels of dtype {x.dtype} in 0..1 are multiplied by 255, to uint8."
            remarks.append(Remark("converted-pixels", message))
            return levels.astype(np.uint8)
    raise DataError(
        f"{where}: the pixels have dtype {x.dtype} and values of {low:g} to {high:g}. Expected "
        "uint8 in 0..255, as a picture file holds them: scaling belongs to the model's own "
        "Rescaling layer."
    )


def _as_labels(y: NDArray[Any], *, where: str) -> NDArray[Any]:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "biuf":
        ones = (y == 1).sum(axis=1) == 1
        if not bool((ones & ((y != 0).sum(axis=1) == 1)).all()):
            raise DataError(
                f"{where}: the labels have shape {list(y.shape)} but are not one-hot rows: a "
                "picture has exactly one class; where it may have several or none, say "
                "labels='many' (--labels many)."
            )
        classes: NDArray[np.int64] = y.argmax(axis=1)
        return classes
    if y.ndim != 1:
        raise DataError(f"{where}: the labels have shape {list(y.shape)}. Expected [n].")
    if y.dtype.kind == "f" and bool((y == np.rint(y)).all()):
        y = y.astype(np.int64)
    if y.dtype.kind not in "biuUS":
        raise DataError(
            f"{where}: the labels have dtype {y.dtype}. Expected whole numbers or text."
        )
    return np.char.decode(y, "utf-8") if y.dtype.kind == "S" else y


def _truths(
    labels: Sequence[NDArray[Any]], several: bool, class_names: Sequence[str] | None, *, root: Path
) -> tuple[list[str], Sequence[Sequence[Truth]]]:
    """Return the names of the classes, and in each part what each picture shows."""
    return (_labels if several else _classes)(labels, class_names, root=root)


def _has_several(y: NDArray[Any]) -> bool:
    """Return whether rows of 0 and 1 have more than one 1 somewhere."""
    return (
        y.ndim == 2
        and y.shape[1] > 1
        and y.dtype.kind in "biuf"
        and bool(((y == 0) | (y == 1)).all())
        and bool(((y == 1).sum(axis=1) > 1).any())
    )


def _as_rows(y: Any, *, where: str) -> NDArray[Any]:
    """Return which labels each picture has, bool `[n, labels]`."""
    y = np.asarray(y)
    if y.ndim != 2 or y.dtype.kind not in "biuf" or not bool(((y == 0) | (y == 1)).all()):
        raise DataError(
            f"{where}: the labels have shape {list(y.shape)} and dtype {y.dtype}. Expected rows of "
            "0 and 1, [n, labels], where a picture may have several labels."
        )
    rows: NDArray[np.bool_] = y == 1
    return rows


def _labels(
    rows: Sequence[NDArray[Any]], class_names: Sequence[str] | None, *, root: Path
) -> tuple[list[str], list[list[tuple[int, ...]]]]:
    widths = sorted({part.shape[1] for part in rows})
    if len(widths) > 1 or widths[0] < 2:
        raise DataError(
            f"'{root}': the labels have {' and '.join(map(str, widths))} columns. Expected as many "
            "in each split, and at least two."
        )
    if class_names is None:
        names = [str(label) for label in range(widths[0])]
    else:
        names = check_class_names([normalize_class_name(name) for name in class_names])
    if len(names) != widths[0]:
        raise DataError(
            f"'{root}': the labels have {widths[0]} columns, but there are {len(names)} class "
            "names. Expected one for each."
        )
    return names, [[tuple(np.flatnonzero(row).tolist()) for row in part] for part in rows]


def _classes(
    labels: Sequence[NDArray[Any]], class_names: Sequence[str] | None, *, root: Path
) -> tuple[list[str], list[list[int]]]:
    present = np.unique(np.concatenate(labels))
    if present.dtype.kind == "U":
        texts = [[normalize_class_name(str(text)) for text in part] for part in labels]
        names = order_class_names({text for part in texts for text in part})
        if class_names is not None:
            unknown = sorted(set(names) - set(class_names))
            if unknown:
                raise DataError(
                    f"'{root}': {unknown[0]!r} is a label but not one of the class names: "
                    f"{', '.join(class_names)}."
                )
            names = check_class_names(list(class_names))
        positions = {name: at for at, name in enumerate(names)}
        numbers = [[positions[text] for text in part] for part in texts]
    elif class_names is not None:
        names = check_class_names([normalize_class_name(name) for name in class_names])
        if present[0] < 0 or present[-1] >= len(names):
            raise DataError(
                f"'{root}': the labels are {present[0]} to {present[-1]}, but there are "
                f"{len(names)} class names. Expected labels of 0 to {len(names) - 1}."
            )
        numbers = [part.astype(np.int64).tolist() for part in labels]
    else:
        # Numbers are names here; in their own order, so that 10 comes after 9.
        names = [str(int(value)) for value in present]
        numbers = [np.searchsorted(present, part).tolist() for part in labels]
    if len(names) < 2:
        raise DataError(
            f"'{root}' has one class only ({names[0]!r}). Expected at least two: a classifier "
            "chooses between classes."
        )
    return names, numbers
