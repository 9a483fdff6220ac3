"""Processes that were started here, with all that they start themselves."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

__all__ = ["group_options", "is_root", "kill", "kill_group"]

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""On Windows every signal ends a process at once."""


def group_options() -> dict[str, Any]:
    """Return the options of `subprocess.Popen` that keep Ctrl-C from what is started.

    It becomes the head of a group, which `kill_group` ends.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started with `group_options`, and all that it started."""
    if sys.platform == "win32":
        # The only thing there that knows what a process has started.
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        with contextlib.suppress(OSError):
            subprocess.run(command, capture_output=True, check=False)
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill(identifier: int) -> None:
    """Kill a process, if it is still there."""
    with contextlib.suppress(OSError):
        os.kill(identifier, _KILL)


def is_root() -> bool:
    """Tell whether this process is root's, as which Chromium runs only without its sandbox."""
    return sys.platform != "win32" and os.geteuid() == 0
