"""Find, install and launch Chromium: `python -m kerasport.parity.browsers.chromium --install`."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasport.errors import BrowserError, KerasportError, missing_extra

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

__all__ = [
    "CHROMIUM_FLAGS",
    "WEBGPU_FLAGS",
    "find_chromium",
    "install_chromium",
    "launched_chromium",
    "playwright_builds",
    "playwright_folder",
]

logger = logging.getLogger(__name__)

# Software rendering everywhere: a GPU driver's own rounding would make the measured parity
# differ from machine to machine, and many test machines have no GPU at all.
CHROMIUM_FLAGS = (
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
WEBGPU_FLAGS = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
)

_OVERRIDE = "KERASPORT_CHROMIUM"
_DOWNLOAD_LIMIT_SECONDS = 300
_CONNECT_LIMIT_MILLISECONDS = 10_000
_APT_LIMIT_SECONDS = 600
_REMEDY = (
    "Install Chromium or Chrome (Debian: 'apt-get install chromium'), "
    f"or set {_OVERRIDE} to the path of one."
)


def find_chromium() -> Path | None:
    """Return the Chromium, Chrome or Edge to use, or None when there is none.

    The environment variable KERASPORT_CHROMIUM comes first, then Playwright's own build, then
    what the machine has.

    >>> path = find_chromium()
    """
    return next(_candidates(), None)


def install_chromium() -> str:
    """Make sure that a Chromium launches, installing one if need be, and return its version.

    Tries Playwright's download, then Debian's package where apt is there and may be used.
    """
    _ensure_driver()
    with contextlib.suppress(BrowserError):
        return _launched_version()
    if os.environ.get(_OVERRIDE):
        # Installing another one would not help: the variable goes first.
        return _launched_version()
    if _download() and (version := _version_after_download()):
        return version
    if _may_use_apt():
        logger.info("Installing Debian's chromium (once, a minute or two) ...")
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", "chromium")
    return _launched_version()


@contextlib.contextmanager
def launched_chromium(*, webgpu: bool = False) -> Iterator[Browser]:
    """Yield a headless Playwright browser on software rendering, and close it afterwards.

    One at a time in a thread: Playwright's synchronous interface does not nest.

    >>> with launched_chromium() as browser:
    ...     page = browser.new_page()
    """
    if importlib.util.find_spec("playwright") is None:
        raise missing_extra("verify", "Driving a browser")
    from playwright.sync_api import sync_playwright

    flags = (*CHROMIUM_FLAGS, *WEBGPU_FLAGS) if webgpu else CHROMIUM_FLAGS
    with contextlib.ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
        except Exception as error:
            # Playwright raises a bare Exception when its own process dies at once.
            if (failure := _driver_failure()) is None:
                raise
            raise BrowserError(
                f"Playwright does not start: {failure} Repair it with: "
                "python -m kerasport.parity.browsers.chromium --install"
            ) from error
        browser = _launch_first(playwright, flags)
        stack.callback(browser.close)
        yield browser


def main(arguments: Sequence[str] | None = None) -> int:
    """Install a browser, or say which one there is; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m kerasport.parity.browsers.chromium",
        description="Launch Chromium once and print its version.",
    )
    parser.add_argument("--install", action="store_true", help="install one when none launches")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        version = install_chromium() if options.install else _launched_version()
    except KerasportError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    sys.stdout.write(f"Chromium {version} launches.\n")
    return 0


def _candidates() -> Iterator[Path]:
    """Yield every browser that is there, best first."""
    if override := os.environ.get(_OVERRIDE):
        path = Path(override)
        if not path.is_file():
            raise BrowserError(
                f"{_OVERRIDE} should be the path of a Chromium program, but '{override}' is no "
                f"file. Correct the variable or unset it."
            )
        # Nothing else: a choice that does not launch is to be seen, not replaced.
        yield path
        return
    yield from _playwright_chromiums()
    yield from _system_browsers()


def playwright_folder() -> Path:
    """Return the folder that Playwright keeps its downloaded browsers in."""
    if folder := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(folder)
    if sys.platform == "win32":
        return Path.home() / "AppData" / "Local" / "ms-playwright"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def playwright_builds(name: str) -> list[Path]:
    """Return the folders of the `chromium`, `firefox` or `webkit` builds there, newest first."""
    builds = [
        folder
        for folder in playwright_folder().glob(f"{name}-*")
        if folder.name.rpartition("-")[2].isdigit()
    ]
    return sorted(builds, key=lambda folder: int(folder.name.rpartition("-")[2]), reverse=True)


def _playwright_chromiums() -> Iterator[Path]:
    programs = {
        "win32": "chrome-win*/chrome.exe",
        "darwin": "chrome-mac*/*.app/Contents/MacOS/*",
    }
    for build in playwright_builds("chromium"):
        yield from sorted(build.glob(programs.get(sys.platform, "chrome-linux*/chrome")))


def _system_browsers() -> Iterator[Path]:
    """Yield Chromium, Chrome and Edge from the PATH and from the usual folders."""
    for name in (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
        "msedge",
    ):
        if found := shutil.which(name):
            yield Path(found)
    if sys.platform == "darwin":
        for root in (Path("/Applications"), Path.home() / "Applications"):
            for name in ("Chromium", "Google Chrome", "Microsoft Edge"):
                path = root / f"{name}.app" / "Contents" / "MacOS" / name
                if path.is_file():
                    yield path
    elif sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            for tail in (
                "Chromium/Application/chrome.exe",
                "Google/Chrome/Application/chrome.exe",
                "Microsoft/Edge/Application/msedge.exe",
            ):
                path = Path(os.environ.get(variable, ""), tail)
                if path.is_absolute() and path.is_file():
                    yield path


def _launch_first(playwright: Playwright, flags: Sequence[str]) -> Browser:
    """Return the first candidate that launches."""
    from playwright.sync_api import Error

    failure: Exception | None = None
    tried: list[Path] = []
    for path in _candidates():
        tried.append(path)
        try:
            return _launch(playwright, path, flags)
        except Error as error:
            failure = failure or error
    if failure is None:
        raise BrowserError(
            f"No Chromium was found, neither Playwright's own nor an installed one. {_REMEDY}"
        )
    reason = str(failure).strip().splitlines()[0].rstrip(".") + "."
    listed = ", ".join(f"'{path}'" for path in tried)
    raise BrowserError(f"{listed} did not launch: {reason} {_REMEDY}") from failure


def _launch(playwright: Playwright, path: Path, flags: Sequence[str]) -> Browser:
    """Launch one program headless, with its sandbox wherever it can have one."""
    from playwright.sync_api import Error

    def launch(*, sandbox: bool) -> Browser:
        return playwright.chromium.launch(
            executable_path=path,
            args=list(flags),
            headless=True,
            chromium_sandbox=sandbox,
            # Ctrl-C is for this process, which then closes the browser. When this process is
            # killed, Playwright's own notices it and ends the browser.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    if _is_root():
        # Chromium refuses to run as root inside its sandbox.
        return launch(sandbox=False)
    try:
        return launch(sandbox=True)
    except Error as error:
        # Containers, and distributions that forbid unprivileged user namespaces. What is opened
        # here are only pages of this project.
        if "sandbox" not in str(error).lower():
            raise
        return launch(sandbox=False)


def _launched_version() -> str:
    with launched_chromium() as browser:
        return browser.version


def _ensure_driver() -> None:
    """Make sure that Playwright itself starts; its Node.js needs a library that Debian may lack."""
    failure = _driver_failure()
    if failure is not None and "libatomic" in failure and _may_use_apt():
        logger.info("Installing libatomic1, which Playwright's Node.js needs ...")
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", "libatomic1")
        failure = _driver_failure()
    if failure is not None:
        raise BrowserError(
            f"Playwright does not start: {failure} Install what is missing "
            "(Debian: 'apt-get install libatomic1'), or reinstall it: pip install -U playwright"
        )


def _driver_failure() -> str | None:
    if importlib.util.find_spec("playwright") is None:
        raise missing_extra("verify", "Driving a browser")
    return _run([sys.executable, "-m", "playwright", "--version"], limit_seconds=60)


def _download() -> bool:
    """Download Playwright's own Chromium, and return whether that worked."""
    logger.info("Downloading Playwright's Chromium (once, about 200 MB) ...")
    # The whole browser, not the headless shell: only that one has WebGPU and installed apps.
    done = _run(
        [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"],
        limit_seconds=_DOWNLOAD_LIMIT_SECONDS,
        environment={"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": str(_CONNECT_LIMIT_MILLISECONDS)},
    )
    if done is None:
        return True
    logger.info("The download did not work: %s", done)
    return False


def _version_after_download() -> str | None:
    """Return the version if the downloaded build launches, adding system libraries if need be."""
    try:
        return _launched_version()
    except BrowserError as error:
        if not _may_use_apt():
            logger.info("%s", error)
            return None
    logger.info("Installing the system libraries that Chromium needs ...")
    _run(
        [sys.executable, "-m", "playwright", "install-deps", "chromium"],
        limit_seconds=_APT_LIMIT_SECONDS,
    )
    try:
        return _launched_version()
    except BrowserError as error:
        logger.info("%s", error)
        return None


def _may_use_apt() -> bool:
    return _is_root() and shutil.which("apt-get") is not None


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _apt_get(*arguments: str) -> None:
    failure = _run(
        # Another package manager may be at work on a machine that has just started.
        ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *arguments],
        limit_seconds=_APT_LIMIT_SECONDS,
        environment={"DEBIAN_FRONTEND": "noninteractive"},
    )
    if failure is not None:
        raise BrowserError(f"'apt-get {' '.join(arguments)}' failed: {failure} {_REMEDY}")


def _run(
    command: Sequence[str], *, limit_seconds: int, environment: dict[str, str] | None = None
) -> str | None:
    """Run a command quietly; return None when it worked, else one line that says why not."""
    # A file, not a pipe, and a process group: a grandchild that outlives the limit would hold
    # a pipe open, and waiting for its end would never return.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"no end after {limit_seconds} s."
        if code == 0:
            return None
        output.seek(0)
        lines = output.read().decode(errors="replace").splitlines()
    reasons = [line.partition(":")[2] for line in lines if line.startswith(("Error:", "E:"))]
    return (reasons or lines[-1:] or [f"exit code {code}"])[0].strip().rstrip(".") + "."


if __name__ == "__main__":
    sys.exit(main())
