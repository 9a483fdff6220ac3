"""What the system refuses, as one sentence; and streams that take every text and may be closed."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from pathlib import Path
from typing import TextIO

from kerasport.files import NO_SPACE, is_scratch
from kerasport.platforms import TEMPORARY_VARIABLE

__all__ = ["close_streams", "describe", "open_streams"]


def describe(error: OSError) -> str:
    """Return what the system refused, where, and what to do, as one sentence or two."""
    name = error.filename2 or error.filename
    # An open file is named by its number.
    place = os.fsdecode(name) if isinstance(name, (str, bytes)) else None
    quoted = f"'{place}'" if place else "a file"
    if error.errno in NO_SPACE:
        return (
            f"There is no space left on the disk{f' of {quoted}' if place else ''}. {_more(place)}"
        )
    reasons = {
        errno.EROFS: f"{quoted} cannot be written: its file system can only be read. Name another "
        "place.",
        errno.EACCES: f"{quoted} may not be read or written by this user. Change its permissions, "
        "or name another place.",
        errno.EPERM: f"{quoted} may not be changed by this user. Change its permissions, or name "
        "another place.",
        errno.ENOENT: f"{quoted} is not there. Check the path; another program may have removed "
        "it meanwhile.",
        errno.ENOTDIR: f"{quoted} leads through a file. Expected folders up to its last part.",
        errno.EISDIR: f"{quoted} is a folder. Expected a file.",
        errno.ENAMETOOLONG: f"{quoted} is longer than the file system allows. Choose shorter "
        "names.",
        errno.ELOOP: f"{quoted} is a link that leads round in a circle. Correct it.",
        errno.EMFILE: "Too many files are open. Allow more with 'ulimit -n 4096' and try again.",
        errno.EBUSY: f"{quoted} is in use by another program, or a file system is mounted there. "
        "Name another place.",
        errno.EIO: f"The disk of {quoted} failed to read or write. Try again, and check the disk.",
    }
    text = error.strerror or str(error) or type(error).__name__
    other = f"The system refused to work on {quoted}: {text.rstrip('.')}. Try again, or elsewhere."
    return reasons.get(error.errno or 0, other)


def open_streams() -> None:
    """Have output take every text, whatever its encoding: what it lacks is written as `\\uXXXX`.

    A terminal of Windows may know 256 characters, and the name of a file need be no text at all.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def close_streams() -> str | None:
    """Write out what is left; return why that failed, None where it did not or nobody reads it."""
    problem = None
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            _discard(stream)
        except OSError as error:
            _discard(stream)
            problem = describe(error)
        except ValueError:
            # Closed already.
            continue
    return problem


def _discard(stream: TextIO) -> None:
    """Let the rest go nowhere, so that Python does not complain about it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _more(place: str | None) -> str:
    if place and is_scratch(Path(place)):
        return (
            "Free some, or name a folder on another disk for temporary files with the environment "
            f"variable {TEMPORARY_VARIABLE}."
        )
    return "Free some, or name a folder on another disk. What was there before is unchanged."
