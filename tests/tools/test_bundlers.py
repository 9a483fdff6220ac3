"""The package behind bundlers and their servers, each asked for an answer in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.examples import check_answer, check_page
from support.npm import FROZEN, WEB, Project
from support.serving import served

pytestmark = pytest.mark.browser

NewProject = Callable[[str], Project]

PLAIN = Path(__file__).parent / "projects" / "plain"
EXAMPLE = WEB / "examples" / "vite-app"


def tried(tool: str, use: str, *, always: bool = False) -> Any:
    """A case of a table: what it shows in `make test-tools`, and whether it runs in `make test`."""
    marks = [pytest.mark.tried(tool, use)]
    return pytest.param(tool, marks=marks if always else [*marks, pytest.mark.tools], id=tool)


def vite_of(tool: str) -> list[str]:
    """What to install: Vite 7 is the checkout's own."""
    return [] if tool == "vite 7" else [tool]


@pytest.mark.parametrize(
    "tool",
    [
        tried("vite 5", "dev server"),
        tried("vite 6", "dev server"),
        tried("vite 7", "dev server", always=True),
        tried("vite 8", "dev server"),
    ],
)
def test_vite_serves_it(tool: str, new_project: NewProject, browser: Any) -> None:
    """The server bundles it beforehand, survives that, and its page answers in a worker."""
    project = new_project("app")
    project.copy(PLAIN, model="public/model")
    project.install(*vite_of(tool))

    with project.serving("vite", "--port", "{port}", "--host", "127.0.0.1") as address:
        page = browser.new_page()
        page.goto(address)
        check_answer(page)
        how = page.inner_text("#how")
        page.close()

    assert how == "worker"


@pytest.mark.parametrize(
    "tool",
    [
        tried("vite 5", "build, TypeScript"),
        tried("vite 6", "build, TypeScript"),
        tried("vite 7", "build, TypeScript", always=True),
        tried("vite 8", "build, TypeScript", always=True),
    ],
)
def test_vite_builds_it(tool: str, new_project: NewProject, browser: Any) -> None:
    """The example with TypeScript is checked, built, and answers where it is served."""
    project = new_project("app")
    project.copy(EXAMPLE, model="public/model")
    project.install(*vite_of(tool))

    project.run("tsc", "--noEmit")
    project.run("vite", "build", "--logLevel", "error")

    with served(project.folder / "dist") as address:
        check_page(browser, f"{address}/index.html")


def built_page(project: Project, script: str) -> None:
    """Let the page load what was built in place of what it was written with."""
    page = project.folder / "index.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace('src="main.js"', f'src="{script}"'), encoding="utf-8")


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(("--format=esm", "--splitting"), id="split"),
        pytest.param(("--format=iife", "--minify"), id="one-script"),
    ],
)
@pytest.mark.tried("esbuild", "build")
def test_esbuild_builds_it(how: tuple[str, ...], new_project: NewProject, browser: Any) -> None:
    """Without a setting or an external name, as modules and as one script."""
    project = new_project("app")
    project.copy(PLAIN, model="model")
    project.install()

    project.run("esbuild", "main.js", "--bundle", *how, "--outdir=out", "--log-level=error")

    built_page(project, "out/main.js")
    with served(project.folder) as address:
        check_page(browser, f"{address}/index.html")


@pytest.mark.tools
@pytest.mark.tried("rollup", "build")
def test_rollup_builds_it(new_project: NewProject, browser: Any) -> None:
    """With the plugin that every project has."""
    project = new_project("app")
    project.copy(PLAIN, model="model")
    project.install("rollup", "@rollup/plugin-node-resolve")

    project.run("rollup", "main.js", "-d", "out", "-f", "es", "-p", "@rollup/plugin-node-resolve")

    built_page(project, "out/main.js")
    with served(project.folder) as address:
        check_page(browser, f"{address}/index.html")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("main.js", id="import"),
        pytest.param("common.js", id="require"),
    ],
)
@pytest.mark.tools
@pytest.mark.tried("webpack", "build")
def test_webpack_builds_it(source: str, new_project: NewProject, browser: Any) -> None:
    """As modules and by `require`, without a configuration."""
    project = new_project("app")
    project.copy(PLAIN, model="model")
    text = (PLAIN / "main.js").read_text(encoding="utf-8")
    common = re.sub(r"import (\{.+\}) from ('.+');", r"const \1 = require(\2);", text)
    (project.folder / "common.js").write_text(common, encoding="utf-8")
    project.install("webpack", "webpack-cli")

    project.run("webpack", "--mode", "production", "--entry", f"./{source}", "-o", "out")

    built_page(project, "out/main.js")
    with served(project.folder) as address:
        check_page(browser, f"{address}/index.html")


OWN_WORKER = """, {
  worker: true,
  workerUrl: () => new Worker(new URL('kerasport/worker', import.meta.url), { type: 'module' }),
});"""


@pytest.mark.parametrize(
    ("tools", "build"),
    [
        pytest.param(
            (),
            ("vite", "build", "--outDir", "out", "--logLevel", "error"),
            marks=pytest.mark.tried("vite 7", "build, worker of the site"),
            id="vite",
        ),
        pytest.param(
            ("webpack", "webpack-cli"),
            ("webpack", "--mode", "production", "--entry", "./main.js", "-o", "out"),
            marks=[pytest.mark.tools, pytest.mark.tried("webpack", "build, worker of the site")],
            id="webpack",
        ),
    ],
)
def test_a_bundler_finds_the_worker_where_the_site_starts_it(
    tools: tuple[str, ...],
    build: tuple[str, ...],
    new_project: NewProject,
    browser: Any,
) -> None:
    """`new Worker(new URL(...))` is all that it takes, under a policy without `blob:`."""
    project = new_project("app")
    project.copy(PLAIN)
    main = project.folder / "main.js"
    text = main.read_text(encoding="utf-8")
    assert text.count("location.href));") == 1
    main.write_text(text.replace("location.href));", f"location.href){OWN_WORKER}"))
    policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"
    page = project.folder / "index.html"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    page.write_text(page.read_text().replace('<meta charset="utf-8">', meta))
    project.install(*tools)

    project.run(*build)

    built = project.folder / "out"
    shutil.copytree(FROZEN, built / "model")
    if not (built / "index.html").exists():
        (built / "index.html").write_text(page.read_text())
    with served(built) as address:
        opened = browser.new_page()
        opened.goto(f"{address}/index.html")
        check_answer(opened)
        how = opened.inner_text("#how")
        opened.close()

    assert how == "worker"


@pytest.mark.tools
@pytest.mark.tried("parcel", "build")
def test_parcel_builds_it(new_project: NewProject, browser: Any) -> None:
    """Which finds the package by `main` and `module`, not by `exports`."""
    project = new_project("app")
    project.copy(PLAIN)
    project.install("parcel")

    project.run("parcel", "build", "index.html", "--dist-dir", "out", "--no-cache")

    shutil.copytree(FROZEN, project.folder / "out" / "model")
    with served(project.folder / "out") as address:
        check_page(browser, f"{address}/index.html")
