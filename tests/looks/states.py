"""Every state of the page, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.demo_page import answered, open_page

from looks.material import Material

__all__ = ["STATES", "State"]

State = Callable[[Any, Material], None]
"""Leads a fresh page of a browser into the state."""


def _ready(page: Any, material: Material) -> None:
    open_page(page, (material.site / "index.html").as_uri())


def _no_model(page: Any, material: Material) -> None:
    page.goto((material.site_without_model / "index.html").as_uri())
    page.wait_for_selector("#message", state="visible")


def _broken_model(page: Any, material: Material) -> None:
    page.goto((material.site_with_broken_model / "index.html").as_uri())
    page.wait_for_selector("#message", state="visible")


def _one_answer(page: Any, material: Material) -> None:
    _ready(page, material)
    page.click("[data-testid=sample] >> nth=3")
    answered(page)


def _own_picture(page: Any, material: Material) -> None:
    _ready(page, material)
    page.set_input_files("#file-input", material.pictures[1])
    answered(page)


def _not_sure(page: Any, material: Material) -> None:
    _ready(page, material)
    page.click("#about-button")
    page.set_input_files("#bundle-input", material.unsure_bundle)
    page.wait_for_selector("#status[data-state=ready]")
    page.set_input_files("#file-input", material.pictures[1])
    answered(page)


def _broken_file(page: Any, material: Material) -> None:
    _ready(page, material)
    page.set_input_files("#file-input", material.unreadable)
    page.wait_for_selector("[data-testid=problem]")


def _another_model_refused(page: Any, material: Material) -> None:
    _ready(page, material)
    page.click("#about-button")
    page.set_input_files("#bundle-input", material.broken_bundle)
    page.wait_for_selector("[data-testid=problem]")


def _why(page: Any, material: Material) -> None:
    _one_answer(page, material)
    page.click("#why-button")
    page.wait_for_selector("[data-testid=heat]")


def _many_running(page: Any, material: Material) -> None:
    _ready(page, material)
    page.set_input_files("#folder-input", material.very_many)
    page.wait_for_selector("[data-testid=many] [data-testid=row]")


def _many_done(page: Any, material: Material) -> None:
    _ready(page, material)
    page.set_input_files("#folder-input", material.many)
    page.wait_for_selector("[data-testid=many][data-state=done]")


def _confusion(page: Any, material: Material) -> None:
    _many_done(page, material)
    page.locator(".score").scroll_into_view_if_needed()


def _opened_from_table(page: Any, material: Material) -> None:
    _many_done(page, material)
    page.click(".file-name >> nth=2")
    answered(page)


def _correcting(page: Any, material: Material) -> None:
    _many_done(page, material)
    page.focus(".file-name >> nth=0")
    page.keyboard.press("n")
    page.wait_for_selector("[data-testid=row][data-mark=none]")
    page.keyboard.press("c")
    page.wait_for_selector("#class-menu[open]")


def _corrected(page: Any, material: Material) -> None:
    _correcting(page, material)
    page.click(".class-menu__class >> nth=1")
    page.wait_for_selector("[data-testid=row][data-mark=label]")
    page.click(".file-name >> nth=0")
    page.wait_for_selector("#correction")


def _drawing(page: Any, material: Material) -> None:
    _ready(page, material)
    page.click("#tab-drawing")
    box = page.locator("canvas >> visible=true").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    for across, down in ((0.65, 0.25), (0.45, 0.75)):
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down, steps=8)
    page.mouse.up()
    page.wait_for_selector("#why-button")


def _camera(page: Any, material: Material) -> None:
    _ready(page, material)
    page.click("#tab-camera")
    page.click("#camera-start")
    page.wait_for_selector("#result .frame canvas")


def _camera_refused(page: Any, material: Material) -> None:
    page.context.clear_permissions()
    _ready(page, material)
    page.click("#tab-camera")
    page.click("#camera-start")
    page.wait_for_selector("[data-testid=problem]")


def _about(page: Any, material: Material) -> None:
    _ready(page, material)
    page.click("#about-button")
    page.wait_for_selector("#about[open]")


STATES: dict[str, State] = {
    "no-model": _no_model,
    "broken-model": _broken_model,
    "ready": _ready,
    "one-answer": _one_answer,
    "own-picture": _own_picture,
    "not-sure": _not_sure,
    "broken-file": _broken_file,
    "another-model-refused": _another_model_refused,
    "why": _why,
    "many-running": _many_running,
    "many-done": _many_done,
    "confusion": _confusion,
    "correcting": _correcting,
    "corrected": _corrected,
    "opened-from-table": _opened_from_table,
    "drawing": _drawing,
    "camera": _camera,
    "camera-refused": _camera_refused,
    "about": _about,
}
