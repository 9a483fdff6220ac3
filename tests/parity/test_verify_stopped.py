"""A verify that is stopped leaves no browser behind, and the bundle as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kerasport.files import sha256_of
from kerasport.parity.browsers.guard import descendants

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="counts processes in /proc"),
]

NEXT = "from kerasport.files import scratch_folder\nwith scratch_folder(): pass"
"""What every command does that needs temporary files."""

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name
)
def test_a_stopped_verify_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    """Playwright's browser and those under a guard end, whether the command is asked or killed."""
    bundle = shutil.copytree(FROZEN, tmp_path / "model")
    before = hashes(bundle)
    # chromium/cpu is Playwright's; the others are started under a guard, on their own display.
    witnesses = ("chromium/cpu", "firefox/cp*", "webkit/cp*", "stock-tfjs/cp*")
    command = [sys.executable, "-m", "kerasport", "verify", str(bundle)]
    command += [part for name in witnesses for part in ("--witness", name)]

    # Not in pytest's folder: Chromium keeps a socket here, whose path may have 107 characters.
    with TemporaryDirectory() as temporary, (tmp_path / "log").open("wb") as log:
        verify = subprocess.Popen(
            command, env={**os.environ, "TMPDIR": temporary}, stdout=log, stderr=log
        )
        try:
            started = wait_for_browsers(verify)
            verify.send_signal(number)
            code = verify.wait(60)
        finally:
            verify.kill()
            verify.wait()
        wait_for_the_end(started)
        left = sorted(path.name for path in Path(temporary).glob("kerasport-*"))
        beside = sorted(path.name for path in Path(temporary).glob("*"))
        subprocess.run([sys.executable, "-c", NEXT], env={**os.environ, "TMPDIR": temporary})
        after = sorted(path.name for path in Path(temporary).glob("*"))

    assert hashes(bundle) == before
    if number != signal.SIGKILL:
        assert code == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
        assert beside == []
    else:
        # The temporary folder of the command, which nobody is left to remove, with its lock.
        assert code == -signal.SIGKILL
        assert len(left) <= 1
        assert set(beside) <= {*left, *(f".{name}.lock" for name in left)}
    assert after == []


def wait_for_browsers(verify: subprocess.Popen[bytes]) -> set[tuple[int, str]]:
    """Return the processes by id and start, once a guard holds a browser of several processes."""
    end = time.monotonic() + 90
    while time.monotonic() < end and verify.poll() is None:
        running = {key(each): command(each) for each in descendants(verify.pid)}
        guards = [number for (number, _), text in running.items() if "guard.py" in text]
        if any(len(descendants(guard)) > 3 for guard in guards):
            assert any("run-driver" in text for text in running.values())
            # One that ended meanwhile has no start any more.
            return {each for each in running if each[1] != "over"}
        time.sleep(0.05)
    raise AssertionError("no browser was started under a guard")


def wait_for_the_end(started: set[tuple[int, str]]) -> None:
    """Return when none of them is left; a browser takes a moment to notice."""
    end = time.monotonic() + 20
    while left := {each: command(each[0]) for each in started if key(each[0]) == each}:
        assert time.monotonic() < end, left
        time.sleep(0.1)


def key(number: int) -> tuple[int, str]:
    """Return the id with the time of the start: ids are used again. Zombies are over."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return number, "over"
    return number, "over" if fields[0] == "Z" else fields[19]


def command(number: int) -> str:
    """Return the command line, empty once the process is over."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().decode().replace("\0", " ")
    except OSError:
        return ""


def hashes(folder: Path) -> dict[str, str]:
    """Return every file of a folder, hidden ones too, with its SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256_of(path) for path in files}
