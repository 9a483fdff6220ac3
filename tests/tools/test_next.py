"""The package in Next: server component, client component and element, built and served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.examples import SAMPLE, check_answer, expected_answer
from support.npm import WEB, Project

pytestmark = [pytest.mark.browser, pytest.mark.tools]

NewProject = Callable[[str], Project]

EXAMPLE = WEB / "examples" / "next"
REACT = ("react", "react-dom", "@types/react", "@types/react-dom", "@types/node", "typescript")


def check_site(browser: Any, address: str) -> None:
    """The server has run the model, the page runs it, and so does the element."""
    page = browser.new_page()
    try:
        page.goto(address)
        check_answer(page)
        said = page.inner_text("#server")
        page.goto(f"{address}/element")
        page.locator("image-classifier input").set_input_files(SAMPLE)
        page.wait_for_function("document.querySelector('#answer').textContent")
        named = page.inner_text("#answer")
    finally:
        page.close()

    assert said == "The server answers like Keras."
    assert expected_answer().startswith(f"{named} (")


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(name, marks=pytest.mark.tried(name, "server component, client, element"))
        for name in ("next 15", "next 16")
    ],
)
def test_next_builds_and_serves_it(version: str, new_project: NewProject, browser: Any) -> None:
    """Webpack is the default of 15, Turbopack of 16."""
    project = new_project("app")
    project.copy(EXAMPLE, model="public/model")
    project.install(version, *REACT)

    project.run("next", "build")

    with project.serving("next", "start", "-p", "{port}") as address:
        check_site(browser, address)


@pytest.mark.tried("next 16", "dev server")
def test_next_serves_it_while_it_is_written(new_project: NewProject, browser: Any) -> None:
    """The same without a build, on its dev server."""
    project = new_project("app")
    project.copy(EXAMPLE, model="public/model")
    project.install("next 16", *REACT)

    with project.serving("next", "dev", "-H", "127.0.0.1", "-p", "{port}") as address:
        check_site(browser, address)
