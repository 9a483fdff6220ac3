"""Putting a folder in the place of another, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kerasport.files.claims import alone_at, bring_back, hidden_prefix
from kerasport.files.places import named_in_errors, place_of
from kerasport.platforms import exchange, held_back, rename

__all__ = ["replaced_folder"]


@contextlib.contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target` that takes its place when the block succeeds.

    When the block raises, the new folder is removed and `target` stays as it was. The two change
    places in one step where the system can do that. Where it cannot, the old folder is renamed away
    first and deleted last, and `put_back` repairs what a kill between the two renames leaves.

    Where `target` is a link, the folder that it leads to is replaced.

    Raises:
        KerasportError: another command is writing `target`.
        OSError: it cannot be written.
    """
    place = place_of(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    with alone_at(place), named_in_errors(place):
        fresh = None
        try:
            with held_back():
                fresh = Path(tempfile.mkdtemp(prefix=hidden_prefix(place, "new"), dir=place.parent))
            # mkdtemp makes folders that only their owner can read; a bundle is there to be served.
            fresh.chmod(0o755)
            yield fresh
            with held_back():
                _put(fresh, place)
        finally:
            if fresh is not None:
                with held_back():
                    shutil.rmtree(fresh, ignore_errors=True)


def _put(fresh: Path, place: Path) -> None:
    """Put one folder in the place of another, which then is in `fresh` or gone."""
    if not os.path.lexists(place):
        rename(fresh, place)
        return
    if exchange(fresh, place):
        return
    old = Path(tempfile.mkdtemp(prefix=hidden_prefix(place, "old"), dir=place.parent))
    try:
        rename(place, old / place.name)
        rename(fresh, place)
    except BaseException:
        bring_back(place)
        with contextlib.suppress(OSError):
            old.rmdir()
        raise
    # What cannot be removed, because a program holds it open, goes with the next command.
    shutil.rmtree(old, ignore_errors=True)
