"""A user's whole way through the command line, on a folder of own pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasport.bundle import Bundle
from kerasport.cli import main

pytestmark = pytest.mark.keras


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Return exit code and stdout of a command."""
    try:
        main([str(argument) for argument in arguments])
        code: object = 0
    except SystemExit as stop:
        code = stop.code or 0
    captured = capsys.readouterr()
    assert isinstance(code, int), captured.err
    return code, captured.out


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes that a few epochs can tell apart: dark stripes across, bright ones down."""
    generator = np.random.default_rng(3)
    for name, axis in (("across", 0), ("down", 1)):
        folder = tmp_path / "my pictures" / name
        folder.mkdir(parents=True)
        for number in range(30):
            pixels = generator.integers(0, 60, (20, 26, 3), dtype=np.uint8)
            stripes = np.arange(pixels.shape[axis]) // 3 % 2 == 1
            index = (stripes, slice(None)) if axis == 0 else (slice(None), stripes)
            pixels[index] += np.uint8(150)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "my pictures"


@pytest.mark.browser
def test_from_a_folder_of_pictures_to_a_verified_bundle(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """train, evaluate, export, verify, predict and inspect follow each other without a detour."""
    out, bundle = tmp_path / "run", tmp_path / "bundle"
    picture = pictures / "down" / "7.png"

    code, text = run(
        capsys, "train", "folder", "--data", pictures, "--out", out, "--epochs", 3, "--json"
    )
    assert code == 0
    description = json.loads(text)
    assert description["classNames"] == ["across", "down"]
    assert sum(sum(counts) for counts in description["training"]["counts"].values()) == 60

    code, text = run(capsys, "evaluate", out, "--json")
    assert code == 0
    assert json.loads(text)["accuracy"] == description["metrics"]["testAccuracy"]

    assert run(capsys, "export", out, "--out", bundle)[0] == 0
    assert run(capsys, "export", out, "--out", bundle)[0] == 1
    assert run(capsys, "export", out, "--out", bundle, "--force")[0] == 0

    code, text = run(
        capsys, "verify", bundle, "--run", out, "--images", pictures / "down", "--json"
    )
    assert code == 0
    parity = json.loads(text)
    # webgpu is the fourth, where this Chromium has it.
    assert [witness["backend"] for witness in parity["witnesses"]][:3] == ["cpu", "wasm", "webgl"]
    assert all(witness["differingPixels"] == 0 for witness in parity["witnesses"])
    assert Bundle.open(bundle).parity() is not None
    # It would publish these pictures with the bundle.
    assert not (bundle / "parity.html").exists()

    by_keras = json.loads(run(capsys, "predict", out, picture, "--json")[1])
    by_bundle = json.loads(run(capsys, "predict", bundle, picture, "--json")[1])
    for one, other in zip(by_keras[0]["predictions"], by_bundle[0]["predictions"], strict=True):
        assert one["className"] == other["className"]
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-6)


@pytest.mark.browser
def test_a_damaged_bundle_fails_verification_with_exit_code_3(
    digits_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bundle whose recorded answers are not what its model gives is caught."""
    import shutil

    from support.damage import seal_folder

    folder = tmp_path / "model"
    shutil.copytree(digits_bundle.path, folder)
    samples = folder / "samples" / "samples.json"
    content = json.loads(samples.read_text())
    content["samples"][0]["probabilities"].reverse()
    samples.write_text(json.dumps(content))
    seal_folder(folder)

    code, text = run(capsys, "verify", folder, "--backend", "cpu", "--json")

    assert code == 3
    parity = json.loads(text)
    assert parity["passed"] is False
    assert parity["witnesses"][0]["worstPicture"] == "01.png"
