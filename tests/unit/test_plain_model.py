"""A bundle goes to a reader that runs what it says only if it holds nothing but layers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.parity.witnesses.plain_model import check_plain

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"

Config = dict[str, Any]


def changed(change: Callable[[Config], None], folder: Path) -> Bundle:
    """Return the frozen bundle with a change in its `modelTopology`."""
    shutil.copytree(FROZEN, folder)
    content = json.loads((folder / "model.json").read_text())
    change(content["modelTopology"])
    (folder / "model.json").write_text(json.dumps(content))
    return Bundle.open(folder, check_files=False)


def layers(topology: Config) -> list[Config]:
    found: list[Config] = topology["model_config"]["config"]["layers"]
    return found


def test_an_exported_bundle_is_plain() -> None:
    """What an export writes is given to every witness."""
    check_plain(Bundle.open(FROZEN))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: layers(t)[2].update(class_name="Lambda"), "the layer 'conv' of class 'Lambda'"),
        (lambda t: layers(t)[2].update(module="os"), "the key 'module'"),
        (
            lambda t: layers(t)[2]["config"].update(activation="evil"),
            "the activation 'evil' of the layer 'conv'",
        ),
        (
            lambda t: layers(t)[2]["config"].update(kernel_initializer={"class_name": "Lambda"}),
            "an object in the layer 'conv'",
        ),
        (
            lambda t: layers(t)[2].update(inbound_nodes=[[["x", 0, 0, {"mask": {"a": 1}}]]]),
            "an object in the layer 'conv'",
        ),
        (lambda t: t["model_config"].update(class_name="Sequential"), "the model of class 'Seq"),
        (lambda t: t["model_config"].update(registered_name="Evil>M"), "the key 'registered_name'"),
        (lambda t: t["model_config"]["config"].update(build_config={}), "the key 'build_config'"),
        (lambda t: layers(t)[2].pop("config"), r"a damaged modelTopology \(KeyError\('config'\)\)"),
    ],
    ids=[
        "layer",
        "module",
        "activation",
        "initializer",
        "call",
        "model",
        "package",
        "building",
        "damage",
    ],
)
def test_what_is_more_than_layers_is_named(
    change: Callable[[Config], None], named: str, tmp_path: Path
) -> None:
    """The package is not asked, and the message says because of what."""
    bundle = changed(change, tmp_path / "bundle")

    with pytest.raises(BrowserError, match=f"package is not asked: {named}"):
        check_plain(bundle)
