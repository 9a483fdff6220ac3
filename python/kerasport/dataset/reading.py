"""The front door: any source of labelled pictures to one description."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from kerasport.dataset.archives import address_of, is_address
from kerasport.dataset.arrays import array_source, read_npz
from kerasport.dataset.cache import PixelCache
from kerasport.dataset.checks.findings import check_dataset
from kerasport.dataset.checks.report import DataReport
from kerasport.dataset.dataset import Dataset, Remark
from kerasport.dataset.duplicates import drop_copies, hash_pictures
from kerasport.dataset.entries import Entry, Source, as_labels, collect
from kerasport.dataset.folders import folder_source, tell
from kerasport.dataset.layout import find_layout
from kerasport.dataset.named_sets import keras_source, tfds_source
from kerasport.dataset.parts import Part
from kerasport.dataset.paths import archive_at, exists, is_folder, unwrapped
from kerasport.dataset.read_options import ReadOptions
from kerasport.dataset.requirements import require_usable
from kerasport.dataset.shards import (
    find_shards,
    is_elsewhere,
    pictures_in,
    seen_in,
    shard_source,
)
from kerasport.dataset.tables import (
    TABLE_SUFFIXES,
    Frame,
    frame_source,
    hint_of_table,
    is_frame,
    read_table,
    read_tables,
    tables_beside,
)
from kerasport.errors import DataError
from kerasport.progress import SILENT, Progress

__all__ = [
    "DataSource",
    "check_data",
    "gather_data",
    "name_of_source",
    "read_data",
    "read_part",
]

DataSource: TypeAlias = "str | Path | Frame | tuple[Any, ...] | list[Any] | dict[str, Any]"
"""What `read_data` takes: a path, `keras:NAME`, `tfds:NAME`, a pandas DataFrame, or arrays."""

_EXPECTED = (
    "Expected a folder with one folder per class, or a .zip of it, a .csv table of path and label, "
    ".parquet or .tar files, an .npz file, an address like s3://, keras:NAME or tfds:NAME."
)


def read_data(
    source: DataSource,
    *,
    options: ReadOptions | None = None,
    progress: Progress = SILENT,
    cache: Path | None = None,
) -> Dataset:
    """Return the labelled pictures of any source, cut into splits and checked to be enough.

    | source | what |
    |---|---|
    | a folder | class folders, or `train/`, `test/` and `val/` with class folders |
    | `.zip`, `.tar`, `.tgz` | such a folder, read as it is packed |
    | `.csv`, `.tsv`, `.txt`, `.jsonl`, DataFrame | path and label of each picture, maybe split |
    | `.npz`, tuple or dict of arrays | `x_train y_train x_test y_test` or `x y`, as pixels |
    | `.parquet`, `train-{000..015}.tar`, a folder of such | pictures with labels beside them |
    | `s3://`, `hf://`, `https://` ... | such files where `fsspec` opens them |
    | `keras:NAME` | `keras.datasets.NAME`, like `keras:mnist` |
    | `tfds:NAME` | a TensorFlow Dataset, like `tfds:cats_vs_dogs` |

    Args:
        source: one of these.
        options: how it is read and cut.
        progress: told what is done, and what was converted or left out.
        cache: where hashes of pixels are kept when `options.drop_test_duplicates` needs them;
            None as in `kerasport.train`.

    Raises:
        DataError: the source is not usable: fewer than two classes, too few pictures, too many
            that cannot be read, labels without pictures.
        KerasportError: an optional package that the source needs is not installed.
    """
    options = options or ReadOptions()
    dataset = gather_data(source, options=options, progress=progress, cache=cache)
    tell(dataset.remarks, progress)
    try:
        require_usable(dataset, options)
    except DataError:
        _explain(dataset.remarks, progress)
        raise
    return dataset


def gather_data(
    source: DataSource,
    *,
    options: ReadOptions,
    progress: Progress = SILENT,
    cache: Path | None = None,
) -> Dataset:
    """Return the data set as it is, however few its pictures are; see `read_data`."""
    remarks: list[Remark] = []
    try:
        found = _open(source, options, remarks, progress).only(options.classes)
    except DataError:
        tell(remarks, progress)
        _explain(remarks, progress)
        raise
    found = _of_kind(found, options)
    found = replace(found, remarks=(*remarks, *found.remarks, *_said_of_labels(found, options)))
    dataset = collect(found, options, progress=progress)
    if options.drop_test_duplicates:
        dataset = drop_copies(dataset, cache=cache, progress=progress)
    return dataset


def _of_kind(found: Source, options: ReadOptions) -> Source:
    """Return a source of one class each as one of labels, where many were asked for."""
    return as_labels(found) if options.labels == "many" else found


def _said_of_labels(found: Source, options: ReadOptions) -> list[Remark]:
    if found.kind == "probabilities":
        return []
    counts = [len(entry.label) for entry in found.entries if not isinstance(entry.label, int)]
    none = counts.count(0)
    without = f", {none:,} picture(s) with none" if none else ""
    return [
        Remark(
            "several-labels",
            f"{len(found.class_names):,} labels, up to {max(counts, default=0)} per picture"
            f"{without}: training independent sigmoids.",
            "" if options.labels == "many" else "Where a picture has one class, pass --labels one.",
        )
    ]


def read_part(
    source: DataSource, part: Part, *, options: ReadOptions, progress: Progress = SILENT
) -> Dataset:
    """Return the pictures of one part of a source, as they are decoded apart from the others.

    Of shards there are at least as many as parts where whole files are dealt out; else pictures
    are. Labels of shards are not read, and splits mean nothing.

    Raises:
        DataError: see `read_data`; however few pictures there are is no error.
    """
    shards = find_shards(source) if isinstance(source, str | Path) else None
    if shards is not None and options.classes is None:
        if len(shards.paths) >= part.count:
            entries = [entry for path in part.of(shards.paths) for entry in seen_in(path)]
        else:
            entries = [Entry(path, 0) for path in part.of(list(pictures_in(shards)))]
        found = Source(shards.root, ("",), tuple(entries))
    else:
        found = _of_kind(_open(source, options, [], progress).only(options.classes), options)
        found = replace(found, entries=tuple(part.of(found.entries)), skipped=())
    return collect(found, options, progress=progress)


def check_data(
    source: DataSource,
    *,
    options: ReadOptions | None = None,
    progress: Progress = SILENT,
    cache: Path | None = None,
) -> DataReport:
    """Return what is in the data and what is wrong with it, looking at every pixel.

    Every picture is decoded at full size, so that damaged ones and copies show whatever the
    model's input will be. What was found is kept in `cache`: a second check decodes only what
    is new.

    Args:
        source: what `read_data` takes.
        options: how training would read and cut it, and the limits that it would keep to.
        progress: told what is done.
        cache: as in `kerasport.train`.

    Raises:
        DataError: there is nothing to look at: no source, no classes, labels without pictures.
    """
    options = options or ReadOptions()
    dataset = gather_data(source, options=options, progress=progress, cache=cache)
    hashes, damaged = hash_pictures(dataset, cache=PixelCache.find(cache), progress=progress)
    return check_dataset(dataset.without(damaged), options=options, hashes=hashes)


def name_of_source(source: DataSource) -> str | None:
    """Return what leads to the same data again: an absolute path, an address or `keras:NAME`.

    None where the data was given as objects.
    """
    if not isinstance(source, str | Path):
        return None
    kind, _ = _named(source)
    if is_address(source):
        return address_of(source)
    return str(source) if kind else str(Path(source).absolute())


def leads_somewhere(source: str) -> bool:
    """Return whether what `name_of_source` gave leads to something; of addresses it is believed."""
    return bool(_named(source)[0]) or is_elsewhere(source) or exists(Path(source))


def _explain(remarks: Iterable[Remark], progress: Progress) -> None:
    """Tell the warnings before an error: it may come of how the data was understood."""
    for remark in remarks:
        if remark.severity == "warning":
            progress.warn(remark.text)


def _open(
    source: DataSource, options: ReadOptions, remarks: list[Remark], progress: Progress
) -> Source:
    """Return what the source names; how it was understood, also before an error, is in `remarks`.

    What the layout of folders tells is in those of the result.
    """
    if isinstance(source, str | Path):
        return _open_path(source, options, remarks, progress)
    if is_frame(source):
        return frame_source(
            source, root=options.root or Path(), remarks=remarks, choice=options.labels
        )
    if isinstance(source, tuple | list | dict):
        return array_source(
            source,
            root=Path("arrays"),
            class_names=options.class_names,
            remarks=remarks,
            choice=options.labels,
        )
    raise DataError(
        f"Pictures cannot be read from a {type(source).__name__}. {_EXPECTED} From Python also a "
        "pandas DataFrame, a tuple (x, y) or ((x_train, y_train), (x_test, y_test)), or a dict of "
        "arrays."
    )


def _open_path(
    source: str | Path, options: ReadOptions, remarks: list[Remark], progress: Progress
) -> Source:
    kind, name = _named(source)
    if kind == "keras":
        return keras_source(
            name, class_names=options.class_names, remarks=remarks, progress=progress
        )
    if kind == "tfds":
        return tfds_source(name, data_dir=options.root, remarks=remarks, progress=progress)
    shards = find_shards(source)
    if shards is not None:
        return shard_source(
            shards,
            class_names=options.class_names,
            remarks=remarks,
            choice=options.labels,
            progress=progress,
        )
    path = Path(source)
    suffix = path.suffix.lower()
    if is_folder(path):
        return _open_folder(path, options, remarks)
    if not exists(path):
        raise DataError(f"There is nothing at '{path}'. {_EXPECTED}")
    if suffix in TABLE_SUFFIXES:
        return read_table(
            path, root=options.root or path.parent, remarks=remarks, choice=options.labels
        )
    if suffix == ".npz" and archive_at(path) is None:
        return read_npz(
            path, class_names=options.class_names, remarks=remarks, choice=options.labels
        )
    raise DataError(f"'{path}' is a file of another kind. {_EXPECTED}")


def _open_folder(path: Path, options: ReadOptions, remarks: list[Remark]) -> Source:
    found = archive_at(path)
    if found is not None and found[0].guessed is not None:
        remarks.append(
            Remark(
                "guessed-names",
                f"'{found[0].path}' has names that are not UTF-8; their spelling is a guess, like "
                f"{found[0].guessed!r:.100}.",
                "If it is wrong, unpack the archive where it was made.",
                "warning",
            )
        )
    inner = unwrapped(path)
    if tables := tables_beside(inner):
        return read_tables(tables, root=inner, remarks=remarks, choice=options.labels)
    try:
        layout = find_layout(path)
    except DataError as error:
        raise DataError(f"{error}{hint_of_table(inner)}") from None
    return folder_source(path, layout)


def _named(source: str | Path) -> tuple[str, str]:
    kind, _, name = str(source).partition(":")
    return (kind, name) if kind in ("keras", "tfds") and name else ("", "")
