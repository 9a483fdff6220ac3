"""The examples for frameworks: checked, built, and asked; and their templates with the element."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.examples import check_page
from support.npm import WEB, Project
from support.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.tools]

NewProject = Callable[[str], Project]

ELEMENTS = Path(__file__).parent / "projects" / "elements"
REACT = ("react", "react-dom", "@types/react", "@types/react-dom")
VUE = ("vue", "vue-tsc")
SVELTE = ("svelte", "svelte-check")
CHECKS = {
    "react": ("tsc", "--noEmit"),
    "vue": ("vue-tsc", "--noEmit"),
    "svelte": ("svelte-check", "--fail-on-warnings"),
}


@pytest.mark.parametrize(
    ("name", "tools"),
    [
        pytest.param(
            name,
            (*tools, plugin, "vite 8", "typescript"),
            marks=pytest.mark.tried(shown, "example"),
        )
        for name, tools, plugin, shown in (
            ("react", REACT, "@vitejs/plugin-react", "react + vite 8"),
            ("vue", VUE, "@vitejs/plugin-vue", "vue + vite 8"),
            ("svelte", SVELTE, "@sveltejs/vite-plugin-svelte", "svelte + vite 8"),
        )
    ],
)
def test_the_example_of_a_framework_answers(
    name: str, tools: tuple[str, ...], new_project: NewProject, browser: Any
) -> None:
    """Its types are right, it builds, and a chosen picture gets Keras' answer."""
    project = new_project("app")
    project.copy(WEB / "examples" / name, model="public/model")
    project.install(*tools)

    project.run(*CHECKS[name])
    project.run("vite", "build", "--logLevel", "error")

    with served(project.folder / "dist") as address:
        check_page(browser, f"{address}/index.html")


@pytest.mark.parametrize(
    ("name", "tools", "files"),
    [
        pytest.param(name, tools, files, marks=pytest.mark.tried(name, "types of the element"))
        for name, tools, files in (
            ("react", REACT, ("react.tsx", "plain.ts")),
            ("vue", VUE, ("Right.vue",)),
            ("svelte", SVELTE, ("Right.svelte",)),
        )
    ],
)
def test_templates_know_the_element(
    name: str, tools: tuple[str, ...], files: tuple[str, ...], new_project: NewProject
) -> None:
    """Attributes and events have their types; a wrong one is an error."""
    project = new_project("app")
    for file in (*files, "tsconfig.json"):
        (project.folder / file).write_bytes((ELEMENTS / file).read_bytes())
    project.install(*tools, "typescript")

    project.run(*CHECKS[name])

    if name != "react":  # which says in the file itself what must be wrong
        wrong = f"Wrong.{name}"
        (project.folder / wrong).write_bytes((ELEMENTS / wrong).read_bytes())
        with pytest.raises(AssertionError, match="not assignable"):
            project.run(*CHECKS[name])
