"""Run a command to its end, quietly and within a limit."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from kerasport.platforms import group_options, kill_group

__all__ = ["failure_of", "run_command"]


def run_command(
    command: Sequence[str | Path],
    *,
    limit_seconds: float,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Return how a command ended and what it said.

    Args:
        command: the program and its arguments; it can read nothing from standard input.
        limit_seconds: after this time it is killed, with all that it started.
        environment: variables beside those of this process.

    Raises:
        subprocess.TimeoutExpired: the limit was reached.
    """
    # Files, not pipes, and a process group: a grandchild that outlives the limit would hold a pipe
    # open, and waiting for its end would never return.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            **group_options(),
        )
        try:
            code = process.wait(limit_seconds)
        except BaseException:
            kill_group(process)
            raise
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    return subprocess.CompletedProcess(command, code, *texts)


def failure_of(
    command: Sequence[str],
    *,
    limit_seconds: float,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Run a command; return None when it worked, else one sentence that says why not."""
    try:
        done = run_command(command, limit_seconds=limit_seconds, environment=environment)
    except subprocess.TimeoutExpired:
        return f"no end after {limit_seconds} s."
    if done.returncode == 0:
        return None
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    reasons = [line.partition(":")[2] for line in lines if line.startswith(("Error:", "E:"))]
    reason = (reasons or lines[-1:] or [f"exit code {done.returncode}"])[0]
    return reason.strip().rstrip(".") + "."
