"""The client's resampling against Pillow itself, on random pictures and specifications."""

from __future__ import annotations

import os

import pytest
from support.resizing import WEB, Comparison, compared

CASES = int(os.environ.get("KERASPORT_RESIZE_CASES", "400"))
SEED = int(os.environ.get("KERASPORT_RESIZE_SEED", "20"))


@pytest.mark.skipif(
    not (WEB / "node_modules" / "vite").is_dir(),
    reason="the web side's packages are not installed: make web",
)
def test_random_resizes_give_pillow_s_bytes() -> None:
    """Whatever the sizes, the filter, the fit, the box and the alpha: no pixel differs."""
    found: dict[str, Comparison] = {}

    for so_far in compared(CASES, SEED):
        found = so_far

    assert {name: kernel.cases for name, kernel in found.items()} == {
        "WebAssembly": CASES,
        "TypeScript": CASES,
    }
    assert [case for kernel in found.values() for case in kernel.differing_cases] == []
