"""From what a table writes to files below a folder: paths of other machines, bare names, ids."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from kerasport.dataset.dataset import Remark
from kerasport.dataset.tables.elsewhere import ADDRESS, count_there, find_meant, is_there
from kerasport.dataset.tables.headings import looks_like_picture
from kerasport.dataset.tables.table import cell_text
from kerasport.dataset.tree import files_below
from kerasport.errors import DataError

__all__ = ["find_files", "unlisted"]

# How Label Studio serves files of the machine.
_SERVED = "/data/local-files/?d="


def find_files(
    cells: Sequence[Any],
    lines: Sequence[str],
    *,
    root: Path,
    table: Path | None,
    name: str,
    remarks: list[Remark],
) -> list[Path]:
    """Return where the picture of each row is: a path below `root`, be there a file or not.

    Relative paths start from `root`, else from the folder of the table. Where most of the rows
    lead to no file, it is looked for what the table may mean, the same for all rows: paths of
    another machine without their beginning; names without their folder or extension.

    Args:
        cells: the path of each row, as the table has it.
        lines: the beginnings of sentences about the rows.
        root: the one folder that may be read; sample pictures are published with the model.
        table: the file that the table is in, or None.
        name: the beginning of a sentence about the table.
        remarks: what was taken for what is added.

    Raises:
        DataError: a row has no path, or one that leads out of `root`; no file is there at all, or
            a name fits several.
    """
    texts = [_spelled(cell, root=root, line=line) for cell, line in zip(cells, lines, strict=True)]
    top = Path(os.path.normpath(root.absolute()))
    found = _nearest(texts, top, table)
    missing = [at for at, path in enumerate(found) if not is_there(path)]
    if len(missing) * 2 > len(texts):
        called = table.stem if table is not None else ""
        find_meant(found, missing, texts, lines, top=top, root=root, called=called)
        left = [at for at in missing if not is_there(found[at])]
        repaired = sorted(set(missing) - set(left))
        if repaired:
            at = repaired[0]
            message = (
                f"{name}: {len(repaired)} file(s) were found that it writes otherwise, like "
                f"'{_known(found[at]).relative_to(top).as_posix()}' for {texts[at]!r:.100}."
            )
            remarks.append(Remark("paths-elsewhere", message, count=len(repaired)))
        missing = left
    for at in missing:
        if found[at] is None:
            raise _leads_out(texts[at], lines[at], root)
    if len(missing) == len(texts) > 1:
        raise DataError(
            f"None of the {len(texts):,} files that {_inside(name)} lists is there; the first "
            f"would be '{root / _known(found[0]).relative_to(top)}'. Name the folder that holds "
            "the pictures with --root."
        )
    return [root / _known(path).relative_to(top) for path in found]


def unlisted(root: Path, listed: Collection[Path]) -> list[Path]:
    """Return what is a picture by its name, lies below `root`, and is not listed."""
    return [
        path
        for path in files_below(root)
        if path.suffix and looks_like_picture(path.name) and path not in listed
    ]


def _spelled(cell: Any, *, root: Path, line: str) -> str:
    text = cell_text(cell)
    if not text or "\0" in text:
        raise DataError(f"{line}: no path. Expected a file below '{root}'.")
    text = text.replace("\\", "/").removeprefix("file://")
    return text.removeprefix(_SERVED)


def _nearest(texts: Sequence[str], top: Path, table: Path | None) -> list[Path | None]:
    """Return the paths from `top`, or from the table's folder where that leads to more files."""
    first = [_below(top, text) for text in texts]
    beside = top if table is None else Path(os.path.normpath(table.absolute().parent))
    if beside == top or count_there(first) == len(first):
        return first
    second = [_below(beside, text, top=top) for text in texts]
    return second if count_there(second) > count_there(first) else first


def _below(base: Path, text: str, *, top: Path | None = None) -> Path | None:
    """Return the path by its spelling, or None where it leads out of `top`, else of `base`.

    A link inside the folder may lead anywhere, as with class folders.
    """
    if ADDRESS.match(text):
        return None
    path = Path(os.path.normpath(base / text))
    return path if path.is_relative_to(top or base) else None


def _leads_out(text: str, line: str, root: Path) -> DataError:
    if ADDRESS.match(text) and not text.startswith("file:"):
        return DataError(
            f"{line}: {text!r:.100} is an address, and no file of its name is below '{root}'. "
            "Pictures are read from a folder: download them and name it with --root."
        )
    return DataError(
        f"{line}: '{text}' leads out of '{root}'. Sample pictures are published with the "
        "model, so only one folder is read; name the one that holds all pictures with --root."
    )


def _known(path: Path | None) -> Path:
    if path is None:
        raise AssertionError("every path is known here")
    return path


def _inside(name: str) -> str:
    return f"{name[0].lower()}{name[1:]}"
