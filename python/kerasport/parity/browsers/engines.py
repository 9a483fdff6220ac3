"""Open a page in Chromium, Firefox or WebKit, without a driver between.

Playwright drives Chromium for `kerasport verify`. Its own Firefox and WebKit are downloads that
many machines may not make, while the distributions' packages are there for all; those need no
driver when the page itself fetches its work and reports back (`kerasport.parity.witnesses.desk`).
Where there is no such package, as on macOS and Windows, Playwright's builds are opened if they are
there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasport.errors import BrowserError
from kerasport.files import scratch_folder
from kerasport.parity.browsers import guard, own_build
from kerasport.parity.browsers.chromium import (
    CHROMIUM_FLAGS,
    find_chromium,
    playwright_builds,
    playwright_folder,
)
from kerasport.parity.browsers.command import run_command
from kerasport.parity.browsers.offline import FIREFOX_OFFLINE, WEBKIT_OFFLINE
from kerasport.platforms import TEMPORARY_VARIABLES, group_options, is_root, kill, kill_group

__all__ = ["ENGINES", "WebEngine", "find_engine", "is_over", "memory_of", "opened"]

ENGINES = ("chromium", "firefox", "webkit")
"""Engines that can be asked for."""

_PACKAGES = {
    "chromium": "chromium",
    "firefox": "firefox-esr",
    "webkit": "webkit2gtk-driver xvfb",
}

# The first start of a profile opens pages, asks questions and calls home; none of that here.
_FIREFOX_PREFERENCES = """\
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.max_script_run_time", 0);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "");
user_pref("toolkit.telemetry.enabled", false);
user_pref("webgl.force-enabled", true);
"""

_VERSION_SECONDS = 60

# Waits for its server and takes it down again.
_DISPLAY = ("xvfb-run", "-a", "-s", "-screen 0 1280x800x24")


@dataclass(frozen=True)
class WebEngine:
    """An installed engine: `name` is one of `ENGINES`; `is_own` where only Playwright opens it."""

    name: str
    program: Path
    version: str
    is_own: bool = False


def find_engine(name: str) -> WebEngine:
    """Return the installed engine of that name.

    Raises:
        BrowserError: it is unknown or not installed; the message names the package.
    """
    if name not in ENGINES:
        raise BrowserError(f"Unknown engine '{name}'. Expected one of: {', '.join(ENGINES)}.")
    program = _find_program(name)
    if program is None or (name == "webkit" and shutil.which("Xvfb") is None):
        return _find_own(name)
    # MiniBrowser says its version only on a display.
    display = _DISPLAY if name == "webkit" else ()
    answer = _ask([*display, program, "--version"])
    number = re.search(r"\d+(\.\d+)+", answer.stdout + answer.stderr)
    return WebEngine(name, program, number.group() if number else "unknown")


def _find_own(name: str) -> WebEngine:
    builds = playwright_builds(name)
    if not builds:
        raise BrowserError(
            f"{name} is not installed. On Debian and Ubuntu: apt-get install {_PACKAGES[name]}. "
            f"Elsewhere: python -m playwright install {name}"
        )
    answer = _ask([sys.executable, own_build.__file__, name])
    if answer.returncode:
        reason = (answer.stderr.strip().splitlines() or ["it ended at once"])[-1]
        raise BrowserError(
            f"Playwright's {name} in '{builds[0]}' does not start: {reason}. "
            f"Repair it with: python -m playwright install --with-deps {name}"
        )
    return WebEngine(name, builds[0], answer.stdout.strip(), is_own=True)


def _ask(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Return what a browser's program says of itself."""
    try:
        return run_command(command, limit_seconds=_VERSION_SECONDS)
    except subprocess.TimeoutExpired:
        text = " ".join(map(str, command))
        raise BrowserError(f"'{text}' gave no answer in {_VERSION_SECONDS} s.") from None


def _find_program(name: str) -> Path | None:
    if name == "chromium":
        return find_chromium()
    if name == "firefox":
        found = shutil.which("firefox-esr") or shutil.which("firefox")
        return Path(found) if found else None
    places = (
        folder / "MiniBrowser"
        for pattern in ("lib/*/webkit2gtk-4.*", "libexec/webkit2gtk-4.*", "lib/webkit2gtk-4.*")
        for folder in sorted(Path("/usr").glob(pattern), reverse=True)
    )
    return next((place for place in places if place.is_file()), None)


@contextlib.contextmanager
def opened(engine: WebEngine, address: str) -> Iterator[int]:
    """Open a page in a new profile, yield the session of its processes, and end them all after.

    They end as well when this process is killed.

    >>> with opened(find_engine("firefox"), "http://127.0.0.1:8000/") as session:
    ...     print(memory_of(session))
    """
    # A pipe that nobody reads would stop the browser one day.
    with scratch_folder() as home, (home / "log").open("wb") as log:
        process = subprocess.Popen(
            # Isolated and without site packages: the guard has to start at once, everywhere.
            [sys.executable, "-I", "-S", guard.__file__, home, *_command(engine, address, home)],
            env={**os.environ, **_environment(engine, home)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            # Ctrl-C is for the command that asks; it ends the guard in its own time.
            **group_options(),
        )
        try:
            yield process.pid
        finally:
            _end(process)


def _command(engine: WebEngine, address: str, home: Path) -> list[str]:
    if engine.is_own:
        return [sys.executable, own_build.__file__, engine.name, address]
    if engine.name == "chromium":
        return [
            str(engine.program),
            "--headless=new",
            *CHROMIUM_FLAGS,
            # Chromium refuses to run as root inside its sandbox.
            *(["--no-sandbox"] if is_root() else []),
            "--disable-dev-shm-usage",
            "--no-first-run",
            f"--user-data-dir={home}",
            address,
        ]
    if engine.name == "firefox":
        preferences = _FIREFOX_PREFERENCES + FIREFOX_OFFLINE
        (home / "user.js").write_text(preferences, encoding="utf-8")
        command = [str(engine.program), "--no-remote", "--profile", str(home), address]
        # Headless, Firefox has no WebGL; on a virtual display it has.
        return [*_DISPLAY, *command] if shutil.which("Xvfb") else [*command, "--headless"]
    return [*_DISPLAY, str(engine.program), *WEBKIT_OFFLINE, "--private", address]


def _environment(engine: WebEngine, home: Path) -> dict[str, str]:
    # What they leave in their temporary folder goes with the profile.
    environment = {"HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}
    environment.update(dict.fromkeys(TEMPORARY_VARIABLES, str(home)))
    if engine.is_own:
        # It is sought below the home folder otherwise.
        environment["PLAYWRIGHT_BROWSERS_PATH"] = str(playwright_folder())
    if engine.name != "chromium":
        environment["LIBGL_ALWAYS_SOFTWARE"] = "1"
    return environment


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have a guard end its browser; where it fails, kill the whole session."""
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(4 * guard.GRACE_SECONDS)
    left = [each.id for each in guard.processes() if each.session == process.pid]
    for identifier in left:
        kill(identifier)
    if process.poll() is None:
        kill_group(process)
    process.wait()


def memory_of(session: int) -> int:
    """Return the bytes of memory that the processes of a session hold; 0 where unknown."""
    return sum(each.memory for each in guard.processes() if each.session == session)


def is_over(session: int) -> bool:
    """Tell whether the browser of a session has ended by itself; False where unknown."""
    running = list(guard.processes())
    return bool(running) and all(each.session != session for each in running)
