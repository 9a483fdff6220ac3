"""Damaged pictures: those that once differed, and fresh ones, in Python and in browsers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fuzz import mutation, originals, run
from support.engines import engine_here

from kerasport.parity.browsers.engines import ENGINES
from kerasport.parity.formats.compare import compare_formats
from kerasport.parity.formats.report import FormatFinding

# AVIF is left to `make fuzz`: what engines make of it is told in docs/formats.md.
FORMATS = ("jpg", "png", "gif", "bmp", "webp")


@pytest.mark.browser
@pytest.mark.parametrize("engine", ENGINES)
def test_what_once_differed_is_alike(engine: str, tmp_path: Path) -> None:
    """Every find, and an ordinary picture of each format, is exact or refused by both."""
    engine_here(engine)
    folder = tmp_path / "pictures"
    shutil.copytree(run.FINDS, folder)
    for name in ("photo-420.jpg", "rgb.png", "clear.gif", "picture.bmp", "lossless-alpha.webp"):
        (folder / f"ordinary-{name}").write_bytes(originals.originals()[name])

    report = compare_formats(folder, engines=[engine])

    assert [finding for finding in report.findings if not finding.is_fine] == []
    ordinary = [f.verdict for f in report.findings if f.file.startswith("ordinary-")]
    assert ordinary == ["exact"] * 5


@pytest.mark.browser
def test_fresh_damage_is_read_alike(tmp_path: Path) -> None:
    """Two hundred mutations, in Chromium: exact or refused by both, some of each."""
    run.write_mutations(tmp_path, seed=20, count=200, formats=FORMATS)

    report = compare_formats(tmp_path, engines=["chromium"])

    assert [finding for finding in report.findings if not finding.is_fine] == []
    verdicts = [finding.verdict for finding in report.findings]
    assert min(verdicts.count("exact"), verdicts.count("refused by both")) > 40


def test_a_seed_gives_the_same_mutations(tmp_path: Path) -> None:
    """Names and bytes depend on seed and number alone, not on how many there are."""
    files = originals.originals()

    few, many = (
        [mutation.mutate(files, seed=7, number=number) for number in range(count)]
        for count in (20, 60)
    )
    other = [mutation.mutate(files, seed=8, number=number) for number in range(20)]

    assert many[:20] == few
    assert not {content for _, content in few} & {content for _, content in other}
    assert {name.split("-")[2] for name, _ in many} == set(mutation.KINDS)


def test_the_table_tells_sides_from_each_other() -> None:
    """Each verdict is counted in its column, by engine and format and in all."""
    verdicts = {
        "a.jpg": "exact",
        "b.jpg": "refused by Python",
        "c.webp": "refused by engine",
        "d.webp": "traceback",
        "e.webp": "different",
    }
    findings = [FormatFinding(file, "webkit", verdict) for file, verdict in verdicts.items()]

    lines = run.table(findings).splitlines()

    assert lines[2] == "| webkit | jpg | 1 | 0 | 0 | 1 | 0 | 0 |"
    assert lines[3] == "| webkit | webp | 0 | 0 | 1 | 1 | 1 | 0 |"
    assert lines[4] == "| webkit | all | 1 | 0 | 1 | 2 | 1 | 0 |"
