"""From what a table writes to files below a folder: paths of other machines, bare names, ids."""

from __future__ import annotations

import itertools
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from kerasport.dataset.layout import files_below
from kerasport.dataset.paths import exists
from kerasport.dataset.tables.headings import looks_like_picture
from kerasport.dataset.tables.table import cell_text
from kerasport.errors import DataError
from kerasport.progress import Progress

__all__ = ["find_files", "unlisted"]

_ADDRESS = re.compile(r"\A[A-Za-z][A-Za-z0-9+]+://")
# How Label Studio serves files of the machine.
_SERVED = "/data/local-files/?d="
_SAMPLED = 200


def find_files(
    cells: Sequence[Any],
    lines: Sequence[str],
    *,
    root: Path,
    table: Path | None,
    name: str,
    progress: Progress,
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
        progress: told what was taken for what.

    Raises:
        DataError: a row has no path, or one that leads out of `root`; no file is there at all, or
            a name fits several.
    """
    texts = [_spelled(cell, root=root, line=line) for cell, line in zip(cells, lines, strict=True)]
    top = Path(os.path.normpath(root.absolute()))
    found = _nearest(texts, top, table)
    missing = [at for at, path in enumerate(found) if not _is_there(path)]
    if len(missing) * 2 > len(texts):
        called = table.stem if table is not None else ""
        _repair(found, missing, texts, lines, top=top, root=root, called=called)
        left = [at for at in missing if not _is_there(found[at])]
        repaired = sorted(set(missing) - set(left))
        if repaired:
            at = repaired[0]
            progress.say(
                f"{name}: {len(repaired)} file(s) were found that it writes otherwise, like "
                f"'{_known(found[at]).relative_to(top).as_posix()}' for {texts[at]!r:.100}."
            )
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
    if beside == top or _hits(first) == len(first):
        return first
    second = [_below(beside, text, top=top) for text in texts]
    return second if _hits(second) > _hits(first) else first


def _below(base: Path, text: str, *, top: Path | None = None) -> Path | None:
    """Return the path by its spelling, or None where it leads out of `top`, else of `base`.

    A link inside the folder may lead anywhere, as with class folders.
    """
    if _ADDRESS.match(text):
        return None
    path = Path(os.path.normpath(base / text))
    return path if path.is_relative_to(top or base) else None


def _hits(paths: Iterable[Path | None]) -> int:
    return sum(map(_is_there, paths))


def _is_there(path: Path | None) -> bool:
    return path is not None and exists(path)


def _repair(
    found: list[Path | None],
    missing: Sequence[int],
    texts: Sequence[str],
    lines: Sequence[str],
    *,
    top: Path,
    root: Path,
    called: str,
) -> None:
    """Put in place of what is missing the files that the table may mean."""
    parts = {at: _parts(texts[at]) for at in missing}
    shared = _shared(list(parts.values()))
    drop = _beginning(top, list(parts.values()), shared)
    if drop is not None:
        parts = {at: each[drop:] for at, each in parts.items()}
        for at, each in parts.items():
            found[at] = top.joinpath(*each)
    left = {at: each for at, each in parts.items() if not _is_there(found[at])}
    named = _by_name(top, left.values()) if left else {}
    candidates = {at: _ending_with(named, each) for at, each in left.items()}
    if drop is None and not any(candidates.values()):
        # Folders of another machine, of which none is here.
        left = {at: each[shared:] for at, each in left.items()}
        candidates = {at: _ending_with(named, each) for at, each in left.items()}
    # One folder for all rows, the fuller one; among equals that which is called like the table.
    votes = Counter(_above(path, left[at]) for at, paths in candidates.items() for path in paths)
    for at, paths in candidates.items():
        ranked = sorted(
            (
                (votes[above], above[-1:] == (called,), path)
                for path in paths
                for above in (_above(path, left[at]),)
            ),
            reverse=True,
        )
        if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
            raise DataError(
                f"{lines[at]}: {texts[at]!r:.100} may be '{ranked[1][2]}' or '{ranked[0][2]}' "
                f"below '{root}'. Name the folder of the table's pictures with --root."
            )
        if ranked:
            found[at] = top / ranked[0][2]


def _above(path: PurePosixPath, wanted: Sequence[str]) -> tuple[str, ...]:
    return path.parts[: len(path.parts) - len(wanted)]


def _shared(parts: Sequence[tuple[str, ...]]) -> int:
    """Return how many folders all paths begin with.

    Only those are ever left out: `train/cat/1.jpg` and `test/cat/1.jpg` stay two.
    """
    folders = [each[:-1] for each in parts]
    # What the first and the last in order share, all between them share.
    pairs = zip(min(folders), max(folders), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _beginning(top: Path, parts: Sequence[tuple[str, ...]], shared: int) -> int | None:
    """Return how many of the shared folders to leave out so that files are there, None if none."""
    hits = [
        _hits(top.joinpath(*each[drop:]) for each in parts[:_SAMPLED]) for drop in range(shared + 1)
    ]
    return hits.index(max(hits)) if max(hits) else None


def _parts(text: str) -> tuple[str, ...]:
    path = PurePosixPath(_ADDRESS.sub("/", text))
    # `..` would lead out of the folder.
    return tuple(part for part in path.parts if part not in ("/", "//", "..", "."))


def _by_name(top: Path, wanted: Iterable[tuple[str, ...]]) -> dict[str, list[PurePosixPath]]:
    """Return folded name, with extension and without, -> the files below `top` called so."""
    names = {_folded(each[-1]) for each in wanted if each}
    found: dict[str, list[PurePosixPath]] = defaultdict(list)
    for path in files_below(top):
        name, stem = _folded(path.name), _folded(path.stem)
        for key in {name, stem} & names:
            found[key].append(PurePosixPath(path.relative_to(top).as_posix()))
    return found


def _ending_with(
    named: dict[str, list[PurePosixPath]], wanted: Sequence[str]
) -> list[PurePosixPath]:
    if not wanted:
        return []
    folders = [_folded(part) for part in wanted[:-1]]
    fitting = [
        path
        for path in named.get(_folded(wanted[-1]), ())
        if [_folded(part) for part in path.parts[:-1]][len(path.parts) - len(wanted) :] == folders
        and len(path.parts) >= len(wanted)
    ]
    # As it is written before other letter case, Unicode form or an extension.
    exact = [path for path in fitting if path.name == wanted[-1]]
    return exact or fitting


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _leads_out(text: str, line: str, root: Path) -> DataError:
    if _ADDRESS.match(text) and not text.startswith("file:"):
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
