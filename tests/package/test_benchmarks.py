"""Benchmarks start, and use what is public: nothing else runs them until somebody measures."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))

START_ALL = """
import contextlib, io, runpy, sys, traceback
for path in sys.argv[1:]:
    said = io.StringIO()
    sys.argv = [path, "--help"]
    code = None
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            code = end.code
        except Exception:
            traceback.print_exc()
    if code != 0 or "usage:" not in said.getvalue():
        print(path)
"""


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_benchmarks_import_public_names(path: Path) -> None:
    """What a benchmark takes from kerasport, in functions too, is there and not private."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kerasport"):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                assert not alias.name.startswith("_"), f"{node.module}.{alias.name} is private"
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")


def test_benchmarks_start() -> None:
    """Each one answers `--help`."""
    # One process for all, so that what they import is imported once.
    folder = str(ROOT / "benchmarks")
    search = os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", START_ALL, *BENCHMARKS],
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "", done.stderr


def test_make_bench_names_benchmarks_that_exist() -> None:
    """The benchmarks that `make bench` passes over are there, and demand data of their own."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = re.search(r"^BENCHMARKS_WITH_DATA := (.+)$", makefile, re.MULTILINE)
    assert listed is not None
    demanding = {
        path.relative_to(ROOT).as_posix()
        for path in BENCHMARKS
        if "required=True" in path.read_text(encoding="utf-8")
    }

    assert set(listed[1].split("|")) == demanding
