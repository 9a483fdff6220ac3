"""One command at a time at one place, and clearing what killed ones have left beside it.

Beside `NAME` there may be, while it is written and after a kill:

* `.NAME.lock`, held by the command that writes it;
* `.NAME.new-XXXXXXXX`, what is to take its place, or what was in its place until just now;
* `.NAME.old-XXXXXXXX/NAME`, what was renamed away, where the two cannot change places in one step.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from kerasport.errors import KerasportError
from kerasport.files.places import place_of
from kerasport.platforms import drop_lock, held_back, rename, take_lock

__all__ = ["alone_at", "bring_back", "hidden_prefix", "put_back"]

logger = logging.getLogger(__name__)

# Others write for seconds, up to minutes: a large model is compared before it is put in place.
_WAIT_SECONDS, _PAUSE_SECONDS = 10.0, 0.05

# File systems allow 255 bytes, and the names above are some longer than the name itself.
_LONGEST_NAME = 200


def hidden_prefix(place: Path, kind: str) -> str:
    """Return how the names begin of what stands beside `place`; `kind` is `new` or `old`."""
    return f".{_short(place)}.{kind}-"


@contextlib.contextmanager
def alone_at(place: Path) -> Iterator[None]:
    """Let one command at a time write `place`, with what killed ones have left there cleared.

    Raises:
        KerasportError: another command is writing it, and does not end soon.
    """
    lock = place.parent / f".{_short(place)}.lock"
    end = time.monotonic() + _WAIT_SECONDS
    descriptor = None
    try:
        # A file system may have no locks, and where nothing can be written the work will tell.
        # Whose the leftovers are cannot be known there, so they stay.
        with contextlib.suppress(OSError):
            while True:
                with held_back():
                    descriptor = take_lock(lock)
                if descriptor is not None:
                    break
                if time.monotonic() > end:
                    raise KerasportError(
                        f"Another command is writing '{place}' at this moment. "
                        "Wait until it has ended, or name another place."
                    )
                time.sleep(_PAUSE_SECONDS)
            with held_back():
                _clear(place)
        yield
    finally:
        if descriptor is not None:
            with held_back():
                drop_lock(lock, descriptor)


def put_back(path: Path) -> None:
    """Bring back a folder that is missing because a command was killed while replacing it.

    Readers call it before they look. It does nothing where there is nothing to bring back.

    Raises:
        KerasportError: another command is replacing it, and does not end soon.
    """
    if os.path.lexists(path) and not path.is_symlink():
        return
    with contextlib.suppress(OSError):
        place = place_of(path)
        if not place.exists() and _renamed_away(place) is not None:
            with alone_at(place):
                pass


def bring_back(place: Path) -> None:
    """Rename back what was renamed away from `place`, if nothing is there; only when alone."""
    kept = _renamed_away(place)
    if kept is not None and not os.path.lexists(place):
        rename(kept, place)


def _clear(place: Path) -> None:
    if not os.path.lexists(place) and _renamed_away(place) is not None:
        try:
            bring_back(place)
        except OSError:
            return
        logger.warning("'%s' was missing, because a command was killed: it is back.", place)
    for path in (*_beside(place, "new"), *_beside(place, "old")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _renamed_away(place: Path) -> Path | None:
    """Return the folder that was renamed away from `place` and is still there, the last one."""
    found = [old / place.name for old in _beside(place, "old")]
    found = [path for path in found if path.is_dir()]
    return max(found, key=lambda path: path.parent.stat().st_mtime, default=None)


def _beside(place: Path, kind: str) -> list[Path]:
    # As `tempfile` ends a name: nothing of anybody else's is taken for a leftover.
    pattern = re.compile(re.escape(hidden_prefix(place, kind)) + "[a-z0-9_]{8}")
    try:
        with os.scandir(place.parent) as entries:
            names = sorted(entry.name for entry in entries if pattern.fullmatch(entry.name))
    except OSError:
        return []
    return [place.parent / name for name in names]


def _short(place: Path) -> str:
    name = os.fsencode(place.name)
    return place.name if len(name) <= _LONGEST_NAME else hashlib.sha256(name).hexdigest()[:16]
