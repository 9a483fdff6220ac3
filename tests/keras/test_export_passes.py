"""`kerasport export --without`: what is left out, and what the command says was saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kerasport.cli import main

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1" / "model.json"


def export(
    capsys: pytest.CaptureFixture[str], out: Path, *options: str
) -> tuple[dict[str, Any], set[str]]:
    """Export the frozen model again; return what was printed and the classes of the layers."""
    with pytest.raises(SystemExit) as stop:
        main(["export", str(FROZEN), "--out", str(out), "--json", *options])
    assert not stop.value.code
    layers = json.loads((out / "model.json").read_text())["modelTopology"]["model_config"]
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer["optimization"], {each["class_name"] for each in layers["config"]["layers"]}


def test_the_command_leaves_passes_out_and_says_what_the_others_saved(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without all nothing is saved; without one, only its own work stays."""
    saved, classes = export(capsys, tmp_path / "default")
    assert "BatchNormalization" not in classes
    assert all(saved["after"][key] < saved["before"][key] for key in saved["before"])

    saved, classes = export(capsys, tmp_path / "plain", "--without", "all")
    assert "BatchNormalization" in classes
    assert saved["after"] == saved["before"]

    _, classes = export(
        capsys,
        tmp_path / "unfolded",
        *("--without", "fold-batch-normalization"),
        *("--without", "replace-batch-normalization"),
    )
    assert "BatchNormalization" in classes
