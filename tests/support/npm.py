"""The npm package in projects of other tools: what is installed there, and how they are run."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.release import ROOT

__all__ = ["FROZEN", "VERSIONS", "WEB", "Project", "npm_package"]

WEB = ROOT / "web"
FROZEN = ROOT / "tests" / "golden" / "bundle-v1"

VERSIONS: dict[str, str] = json.loads(
    (ROOT / "tests" / "tools" / "versions.json").read_text(encoding="utf-8")
)
"""The versions that are tried; of several of a package each has its line behind the name."""

_PATIENCE = 600
"""Seconds that one command may take, downloads included."""


def npm_package(folder: Path) -> Path:
    """Write what `npm pack` makes into a folder, and return it."""
    command = [WEB / "node.sh", "npm", "pack", "--silent", "--pack-destination", folder]
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
    (package,) = folder.glob("kerasport-*.tgz")
    return package


class Project:
    """A project of somebody else, in a folder of its own, that uses the package."""

    def __init__(self, folder: Path, package: Path) -> None:
        self.folder = folder
        self._package = package
        folder.mkdir(parents=True, exist_ok=True)

    def copy(self, source: Path, *, model: str | None = None) -> None:
        """Copy the files of an example, and the frozen bundle to where the example has it."""
        shutil.copytree(source, self.folder, dirs_exist_ok=True)
        if model is not None:
            shutil.copytree(FROZEN, self.folder / model)

    def install(self, *tools: str) -> None:
        """Install the package, and tools by their names in `VERSIONS`.

        Without tools no network is needed: the package asks for nothing, and esbuild, TypeScript
        and Vite 7 are those of the checkout.
        """
        manifest = self.folder / "package.json"
        fields = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
        names = {tool.split(" ")[0]: VERSIONS[tool] for tool in tools}
        # What the example asks for by a range is tried at the version that is written down.
        fields.pop("devDependencies", None)
        fields["dependencies"] = {"kerasport": f"file:{self._package}", **names}
        manifest.write_text(json.dumps({"private": True, **fields}), encoding="utf-8")
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        self.run("npm", "install", "--prefer-offline" if tools else "--offline", *quiet)

    def run(self, *command: str | Path) -> str:
        """Run a command with Node.js and the project's own tools; return what it said."""
        done = subprocess.run(
            [WEB / "node.sh", "sh", "-c", 'cd "$0" && exec "$@"', self.folder, *command],
            env=self._environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_PATIENCE,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{said}"
        return said

    @contextlib.contextmanager
    def serving(self, *command: str | Path) -> Iterator[str]:
        """Run a server on `{port}`, yield its address, and expect that it never stops by itself."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = [str(word).replace("{port}", str(port)) for word in command]
        log = self.folder / "server.log"
        with log.open("w") as out:
            server = subprocess.Popen(
                [WEB / "node.sh", "sh", "-c", 'cd "$0" && exec "$@"', self.folder, *words],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server, log)
            yield address
            assert server.poll() is None, log.read_text(encoding="utf-8")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()

    def _environment(self) -> dict[str, str]:
        tools = [folder / "node_modules" / ".bin" for folder in (self.folder, WEB)]
        return {
            **os.environ,
            "PATH": os.pathsep.join([*map(str, tools), os.environ["PATH"]]),
            "CI": "1",
            "NO_COLOR": "1",
            "NEXT_TELEMETRY_DISABLED": "1",
        }


def _wait_for(address: str, server: subprocess.Popen[Any], log: Path) -> None:
    end = time.monotonic() + 120
    while True:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        try:
            urllib.request.urlopen(address, timeout=60).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            # Nothing tells when a server of somebody else listens.
            time.sleep(0.1)
