"""Commands that are run quietly and within a limit."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from kerasport.parity.browsers.command import failure_of, run_command


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_what_a_command_says_is_kept_apart() -> None:
    """Output and errors are two texts; variables are added to those of this process."""
    code = "import os, sys; print(os.environ['WHAT']); print('beside it', file=sys.stderr)"

    done = run_command(python(code), limit_seconds=60, environment={"WHAT": "its answer"})

    assert (done.returncode, done.stdout, done.stderr) == (0, "its answer\n", "beside it\n")


def test_a_command_that_hangs_is_killed_with_what_it_started() -> None:
    """A child that holds the output open does not make the caller wait for it."""
    code = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60)'])"
    )
    start = time.monotonic()

    with pytest.raises(subprocess.TimeoutExpired):
        run_command(python(code), limit_seconds=0.5)

    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("pass", None),
        ("print('fine so far'); raise SystemExit(4)", "fine so far."),
        ("print('Error: no space'); print('more')\nraise SystemExit(1)", "no space."),
        ("raise SystemExit(4)", "exit code 4."),
        ("import time; time.sleep(60)", "no end after 0.5 s."),
    ],
    ids=["works", "last-line", "its-own-error", "silent", "hangs"],
)
def test_a_failure_is_one_sentence(code: str, failure: str | None) -> None:
    """The line that says most of why a command failed; nothing where it worked."""
    limit_seconds = 0.5 if failure and "no end" in failure else 60

    assert failure_of(python(code), limit_seconds=limit_seconds) == failure
