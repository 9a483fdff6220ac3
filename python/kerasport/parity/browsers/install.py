"""Make sure that a Chromium launches: `python -m kerasport.parity.browsers.install`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import sys
from collections.abc import Sequence

from kerasport.errors import BrowserError, KerasportError
from kerasport.parity.browsers.chromium import (
    CHROMIUM_VARIABLE,
    HOW_TO_INSTALL,
    driver_failure,
    launched_chromium,
)
from kerasport.parity.browsers.command import failure_of
from kerasport.platforms import is_root

__all__ = ["install_chromium", "main"]

logger = logging.getLogger(__name__)

_DOWNLOAD_LIMIT_SECONDS = 300
_CONNECT_LIMIT_MILLISECONDS = 10_000
_APT_LIMIT_SECONDS = 600


def install_chromium() -> str:
    """Make sure that a Chromium launches, installing one if need be, and return its version.

    Tries Playwright's download, then Debian's package where apt is there and may be used.
    """
    _ensure_driver()
    with contextlib.suppress(BrowserError):
        return _launched_version()
    if os.environ.get(CHROMIUM_VARIABLE):
        # Installing another one would not help: the variable goes first.
        return _launched_version()
    if _download() and (version := _version_after_download()):
        return version
    if _may_use_apt():
        logger.info("Installing Debian's chromium (once, a minute or two) ...")
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", "chromium")
    return _launched_version()


def main(arguments: Sequence[str] | None = None) -> int:
    """Install a Chromium where none launches, print its version, and return the exit code."""
    argparse.ArgumentParser(
        prog="python -m kerasport.parity.browsers.install",
        description="Launch Chromium once, installing it when none launches; print its version.",
    ).parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        version = install_chromium()
    except KerasportError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    sys.stdout.write(f"Chromium {version} launches.\n")
    return 0


def _launched_version() -> str:
    with launched_chromium() as browser:
        return browser.version


def _ensure_driver() -> None:
    """Make sure that Playwright itself starts; its Node.js needs a library that Debian may lack."""
    failure = driver_failure()
    if failure is not None and "libatomic" in failure and _may_use_apt():
        logger.info("Installing libatomic1, which Playwright's Node.js needs ...")
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", "libatomic1")
        failure = driver_failure()
    if failure is not None:
        raise BrowserError(
            f"Playwright does not start: {failure} Install what is missing "
            "(Debian: 'apt-get install libatomic1'), or reinstall it: pip install -U playwright"
        )


def _download() -> bool:
    """Download Playwright's own Chromium, and return whether that worked."""
    logger.info("Downloading Playwright's Chromium (once, about 200 MB) ...")
    # The whole browser, not the headless shell: only that one has WebGPU and installed apps.
    done = failure_of(
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
    failure_of(
        [sys.executable, "-m", "playwright", "install-deps", "chromium"],
        limit_seconds=_APT_LIMIT_SECONDS,
    )
    try:
        return _launched_version()
    except BrowserError as error:
        logger.info("%s", error)
        return None


def _may_use_apt() -> bool:
    return is_root() and shutil.which("apt-get") is not None


def _apt_get(*arguments: str) -> None:
    failure = failure_of(
        # Another package manager may be at work on a machine that has just started.
        ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *arguments],
        limit_seconds=_APT_LIMIT_SECONDS,
        environment={"DEBIAN_FRONTEND": "noninteractive"},
    )
    if failure is not None:
        raise BrowserError(f"'apt-get {' '.join(arguments)}' failed: {failure} {HOW_TO_INSTALL}")


if __name__ == "__main__":
    sys.exit(main())
