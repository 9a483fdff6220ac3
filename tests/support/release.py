"""The wheel and the sdist of the checkout, and clean environments to build and install them in."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIP = ("-m", "pip", "--disable-pip-version-check")


@dataclass(frozen=True)
class Artifacts:
    """What a release consists of.

    Attributes:
        wheel: built from the checkout.
        sdist: built from the checkout.
        wheel_of_sdist: built from the unpacked sdist.
    """

    wheel: Path
    sdist: Path
    wheel_of_sdist: Path


class Installed:
    """A virtual environment that holds the wheel with its base dependencies and nothing else."""

    def __init__(self, python: Path, empty: Path) -> None:
        self.python = python
        self._empty = empty

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the environment's Python, isolated, in an empty folder."""
        environment = {**os.environ, "PYTHONUTF8": "1", "TERM": "dumb", "COLUMNS": "100"}
        return subprocess.run(
            [self.python, "-I", *arguments],
            cwd=self._empty,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    def kerasport(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return self.run(self.python.with_name("kerasport"), *arguments)


def make_environment(folder: Path) -> Path:
    """Make a virtual environment with pip in it and return its Python."""
    venv.create(folder, with_pip=True, symlinks=True)
    return folder / "bin" / "python"


def succeed(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command and show what it said where it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        line = " ".join(str(part) for part in command)
        pytest.fail(f"{line}\nexited with {done.returncode}:\n{done.stdout}{done.stderr}")


def build_requirements() -> list[str]:
    """Return what pyproject.toml asks for to build the package."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    # tomllib is there from Python 3.11 on.
    found = re.search(r"^requires = \[(.+)\]$", text, re.MULTILINE)
    assert found is not None
    return re.findall(r'"([^"]+)"', found[1])
