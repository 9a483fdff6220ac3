"""Another exported model, dropped on the demo page: used if it is whole, explained if it is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.demo_page import answered, drop_files

from kerasport.bundle import Bundle
from kerasport.parity.compare.tally import TOLERANCES

pytestmark = [pytest.mark.browser, pytest.mark.keras]

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


def loose_files(folder: Path) -> list[Path]:
    """Return every file of a folder, as a person picks them all in two windows."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("paths", [lambda folder: [folder], loose_files], ids=["folder", "files"])
def test_a_dropped_model_is_used_instead(paths: Callable[[Path], list[Path]], demo: Any) -> None:
    """Name, classes, samples and answers are those of the dropped one, and nothing complains."""
    bundle = Bundle.open(FROZEN)
    drop_files(demo, paths(FROZEN))
    demo.wait_for_selector("h1:text-is('frozen')")

    demo.click("[data-testid=sample] >> nth=2")
    shown = answered(demo)

    sample = bundle.samples()[2]
    assert set(shown) == set(bundle.metadata.class_names)
    for name, expected in zip(bundle.metadata.class_names, sample.probabilities, strict=True):
        assert abs(shown[name] - expected) <= TOLERANCES["wasm"]
    assert demo.locator("[data-testid=sample]").count() == len(bundle.samples())
    demo.click("#about-button")
    names = [cell.inner_text() for cell in demo.query_selector_all("[data-testid=class-name]")]
    assert names == bundle.metadata.class_names
    assert demo.complaints == []


def change_weights(folder: Path) -> None:
    """Flip one bit."""
    path = folder / "group1-shard1of1.bin"
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)


def leave_weights_out(folder: Path) -> None:
    """Forget a file."""
    (folder / "group1-shard1of1.bin").unlink()


def leave_topology_out(folder: Path) -> None:
    """Forget the file that the weights belong to."""
    (folder / "model.json").unlink()


def make_newer(folder: Path) -> None:
    """Claim a later format."""
    metadata = json.loads((folder / "metadata.json").read_text("utf-8"))
    (folder / "metadata.json").write_text(json.dumps(metadata | {"formatVersion": 99}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change_weights, ["group1-shard1of1.bin", "SHA-256", "or export the model again"]),
        (leave_weights_out, ["There is no 'group1-shard1of1.bin'", "or export the model again"]),
        (leave_topology_out, ["There is no 'model.json'", "or export the model again"]),
        (make_newer, ["format 99", "web files"]),
    ],
)
def test_a_broken_model_is_explained_and_the_present_one_stays(
    damage: Callable[[Path], None],
    words: list[str],
    demo: Any,
    digits_bundle: Bundle,
    tmp_path: Path,
) -> None:
    """The message says what is wrong with which file; then a picture gets its answer as before."""
    broken = tmp_path / "broken"
    shutil.copytree(FROZEN, broken)
    damage(broken)
    drop_files(demo, [broken])
    demo.wait_for_selector("#status[data-state=problem]")

    message = demo.inner_text("[data-testid=problem]")
    assert all(word in message for word in words), message
    assert demo.inner_text("h1") == "digits"
    demo.click("[data-testid=sample] >> nth=3")
    shown = answered(demo)
    sample = digits_bundle.samples()[3]
    names = digits_bundle.metadata.class_names
    for name, probability in shown.items():
        assert abs(probability - sample.probabilities[names.index(name)]) <= TOLERANCES["wasm"]
