"""The package in tools of others: some always, all of them with --every-tool."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.npm import VERSIONS, Project, npm_package

NewProject = Callable[[str], Project]

_outcomes: dict[tuple[str, str], str] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what installs much, unless it is asked for."""
    if config.getoption("--every-tool"):
        return
    extra = [item for item in items if item.get_closest_marker("tools")]
    config.hook.pytest_deselected(items=extra)
    items[:] = [item for item in items if item not in extra]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember what became of each tool, for the table."""
    report = yield
    marker = item.get_closest_marker("tried")
    if marker and (report.when == "call" or report.failed):
        _outcomes[marker.args] = "failed" if report.failed else "works"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tools with their versions and what became of each."""
    if not _outcomes:
        return
    terminalreporter.section("tools")
    for (tool, use), outcome in sorted(_outcomes.items()):
        names = [name for name in tool.split(" + ")]
        shown = " + ".join(
            f"{name.split(' ')[0]} {VERSIONS.get(name, '')}".strip() for name in names
        )
        terminalreporter.write_line(f"| {shown} | {use} | {outcome} |")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `npm pack` makes of the built package."""
    return npm_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def new_project(package: Path, tmp_path: Path) -> Iterator[NewProject]:
    """Make projects in folders of their own, which are gone afterwards: some are large."""
    folders: list[Path] = []

    def made(name: str) -> Project:
        folders.append(tmp_path / name)
        return Project(folders[-1], package)

    yield made
    for folder in folders:
        shutil.rmtree(folder)
