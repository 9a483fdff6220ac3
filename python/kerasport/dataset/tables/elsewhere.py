"""What a table means where its paths lead to no file: other machines' paths, bare names, ids."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from kerasport.dataset.paths import exists
from kerasport.dataset.tree import files_below
from kerasport.errors import DataError

__all__ = ["ADDRESS", "count_there", "find_meant", "is_there"]

ADDRESS = re.compile(r"\A[A-Za-z][A-Za-z0-9+]+://")
"""How an address begins, of whatever kind."""

_SAMPLED = 200


def find_meant(
    found: list[Path | None],
    missing: Sequence[int],
    texts: Sequence[str],
    lines: Sequence[str],
    *,
    top: Path,
    root: Path,
    called: str,
) -> None:
    """Put in place of what is missing the files that the table may mean, where there are such.

    Args:
        found: the path of each row below `top`, None where it led out; changed in place.
        missing: the rows whose path leads to no file.
        texts: what the rows have as paths, with slashes.
        lines: the beginnings of sentences about the rows.
        top: `root`, absolute.
        root: the one folder that may be read.
        called: the name of the table without its suffix.

    Raises:
        DataError: a name fits several files equally well.
    """
    parts = {at: _parts(texts[at]) for at in missing}
    shared = _shared(list(parts.values()))
    drop = _beginning(top, list(parts.values()), shared)
    if drop is not None:
        parts = {at: each[drop:] for at, each in parts.items()}
        for at, each in parts.items():
            found[at] = top.joinpath(*each)
    left = {at: each for at, each in parts.items() if not is_there(found[at])}
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
        count_there(top.joinpath(*each[drop:]) for each in parts[:_SAMPLED])
        for drop in range(shared + 1)
    ]
    return hits.index(max(hits)) if max(hits) else None


def _parts(text: str) -> tuple[str, ...]:
    path = PurePosixPath(ADDRESS.sub("/", text))
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


def is_there(path: Path | None) -> bool:
    """Return whether a path is known and leads to something."""
    return path is not None and exists(path)


def count_there(paths: Iterable[Path | None]) -> int:
    """Return how many of the paths lead to something."""
    return sum(map(is_there, paths))
