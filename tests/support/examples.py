"""What the examples show: a chosen picture, and the answer that Keras gave to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasport.bundle import Bundle
from support.npm import FROZEN

__all__ = ["SAMPLE", "check_answer", "check_page", "expected_answer"]

SAMPLE = FROZEN / Bundle.open(FROZEN).samples()[0].file


def expected_answer() -> str:
    """Return Keras' class and probability for the first sample, as the examples write them."""
    bundle = Bundle.open(FROZEN)
    sample = bundle.samples()[0]
    best = int(np.argmax(sample.probabilities))
    return f"{bundle.metadata.class_names[best]} ({sample.probabilities[best]:.3f})"


def check_page(browser: Any, address: str) -> None:
    """Choose the first sample and expect Keras' class and probability on the page."""
    page = browser.new_page()
    try:
        page.goto(address)
        check_answer(page)
    finally:
        page.close()


def check_answer(page: Any) -> None:
    """The same on a page that is open."""
    page.wait_for_selector("#picture:not([disabled])")
    page.set_input_files("#picture", SAMPLE)
    # Not a function that waits: a page's policy may forbid to evaluate one.
    page.locator("#answer", has_text="(").wait_for()
    assert page.inner_text("#answer") == expected_answer()
