"""Find and launch Chromium."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasport.errors import BrowserError, missing_extra
from kerasport.files import scratch_folder
from kerasport.parity.browsers.command import failure_of
from kerasport.parity.browsers.offline import CHROMIUM_OFFLINE
from kerasport.platforms import TEMPORARY_VARIABLES, fits_a_socket, is_root

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

__all__ = [
    "CHROMIUM_FLAGS",
    "CHROMIUM_VARIABLE",
    "HOW_TO_INSTALL",
    "WEBGPU_FLAGS",
    "driver_failure",
    "find_chromium",
    "launched_chromium",
    "playwright_builds",
    "playwright_folder",
]

# Software rendering everywhere: a GPU driver's own rounding would make the measured parity
# differ from machine to machine, and many test machines have no GPU at all.
CHROMIUM_FLAGS = (
    *CHROMIUM_OFFLINE,
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
WEBGPU_FLAGS = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
)

CHROMIUM_VARIABLE = "KERASPORT_CHROMIUM"
"""Environment variable with the path of the Chromium to use, and of no other."""

HOW_TO_INSTALL = (
    "Install Chromium or Chrome (Debian: 'apt-get install chromium'), "
    f"or set {CHROMIUM_VARIABLE} to the path of one."
)


def find_chromium() -> Path | None:
    """Return the Chromium, Chrome or Edge to use, or None when there is none.

    The environment variable KERASPORT_CHROMIUM comes first, then Playwright's own build, then
    what the machine has.

    >>> path = find_chromium()
    """
    return next(_candidates(), None)


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
        # Playwright puts the profile there and removes it, unless it is killed meanwhile.
        temporary = stack.enter_context(scratch_folder())
        try:
            with _temporary_files_in(temporary):
                playwright = stack.enter_context(sync_playwright())
        except Exception as error:
            # Playwright raises a bare Exception when its own process dies at once.
            if (failure := driver_failure()) is None:
                raise
            raise BrowserError(
                f"Playwright does not start: {failure} Repair it with: "
                "python -m kerasport.parity.browsers.install"
            ) from error
        browser = _launch_first(playwright, flags, temporary)
        stack.callback(browser.close)
        yield browser


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Have a program that is started in the block put its temporary files into `folder`."""
    before = {name: os.environ.get(name) for name in TEMPORARY_VARIABLES}
    os.environ.update(dict.fromkeys(TEMPORARY_VARIABLES, str(folder)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _candidates() -> Iterator[Path]:
    """Yield every browser that is there, best first."""
    if override := os.environ.get(CHROMIUM_VARIABLE):
        path = Path(override)
        if not path.is_file():
            raise BrowserError(
                f"{CHROMIUM_VARIABLE} should be the path of a Chromium program, but '{override}' "
                "is no file. Correct the variable or unset it."
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


def _launch_first(playwright: Playwright, flags: Sequence[str], temporary: Path) -> Browser:
    """Return the first candidate that launches."""
    from playwright.sync_api import Error

    failure: Exception | None = None
    tried: list[Path] = []
    for path in _candidates():
        tried.append(path)
        try:
            return _launch(playwright, path, flags, temporary)
        except Error as error:
            failure = failure or error
    if failure is None:
        raise BrowserError(
            "No Chromium was found, neither Playwright's own nor an installed one. "
            f"{HOW_TO_INSTALL}"
        )
    reason = str(failure).strip().splitlines()[0].rstrip(".") + "."
    listed = ", ".join(f"'{path}'" for path in tried)
    raise BrowserError(f"{listed} did not launch: {reason} {HOW_TO_INSTALL}") from failure


def _launch(playwright: Playwright, path: Path, flags: Sequence[str], temporary: Path) -> Browser:
    """Launch one program headless, with its sandbox wherever it can have one."""
    from playwright.sync_api import Error

    environment: dict[str, str | float | bool] = dict(os.environ)
    if fits_a_socket(temporary):
        environment.update(dict.fromkeys(TEMPORARY_VARIABLES, str(temporary)))

    def launch(*, sandbox: bool) -> Browser:
        return playwright.chromium.launch(
            executable_path=path,
            args=list(flags),
            headless=True,
            env=environment,
            chromium_sandbox=sandbox,
            # Ctrl-C is for this process, which then closes the browser. When this process is
            # killed, Playwright's own notices it and ends the browser.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    if is_root():
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


def driver_failure() -> str | None:
    """Return why Playwright itself does not start; None where it does.

    Raises:
        KerasportError: it is not installed.
    """
    if importlib.util.find_spec("playwright") is None:
        raise missing_extra("verify", "Driving a browser")
    return failure_of([sys.executable, "-m", "playwright", "--version"], limit_seconds=60)
