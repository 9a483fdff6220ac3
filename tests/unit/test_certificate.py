"""The certificate and the command say in one sentence what a measurement came to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.reports import make_certificate

import kerasport.parity
from kerasport.bundle import Bundle
from kerasport.bundle.parity import Parity, ParityFinding, Witness
from kerasport.cli import main
from kerasport.parity.certificate import certificate_page
from kerasport.parity.compare.verdict import verdict_of

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


def witness(name: str, **changed: Any) -> Witness:
    """Return a witness that passed, with some figures changed."""
    figures: dict[str, Any] = {
        "name": name,
        "engine": name.partition("/")[0],
        "engine_version": "1",
        "backend": "wasm",
        "tfjs_version": "4.22.0",
        "pictures": 6,
        "differing_pixels": 0,
        "max_absolute_difference": 6.7e-6,
        "tolerance": 1e-5,
        "top1_agreement": 1.0,
        "worst_picture": "03.png",
        "passed": True,
    }
    return Witness(**{**figures, **changed})


def finding(where: str, detail: str, **changed: Any) -> ParityFinding:
    fields = {"where": where, "witness": None, "picture": None, "detail": detail, **changed}
    return ParityFinding.model_validate(fields)


def measured(
    witnesses: list[Witness], findings: list[ParityFinding] | None = None, *, passed: bool = False
) -> Parity:
    return Parity(
        reference="Keras",
        model_sha256="0" * 64,
        pictures="6 pictures",
        skipped=[],
        witnesses=witnesses,
        findings=findings or [],
        passed=passed,
    )


GOOD = [witness(f"{engine}/wasm") for engine in ("chromium", "firefox", "webkit")]
WRONG = witness("chromium/cpu", max_absolute_difference=0.25, top1_agreement=0.5, passed=False)


@pytest.mark.parametrize(
    ("parity", "sentence"),
    [
        (
            measured(GOOD, passed=True),
            "chromium/wasm, firefox/wasm and webkit/wasm see the pixels that Python sees, and no "
            "probability is off by more than 6.7e-06.",
        ),
        (
            measured(GOOD[:1], passed=True),
            "chromium/wasm sees the pixels that Python sees, and no probability is off by more "
            "than 6.7e-06.",
        ),
        (
            measured([*GOOD, WRONG]),
            "chromium/cpu does not answer like Keras: a probability of '03.png' is off by 0.25, "
            "where 1e-05 is allowed; the best class is the same for 50.0% of the pictures.",
        ),
        (
            measured(
                [*GOOD, WRONG],
                [
                    finding("settings", "the fit is another"),
                    finding("engine", "no numbers.", witness="chromium/cpu", picture="3.png"),
                ],
            ),
            "chromium/cpu does not answer like Keras, first of all in '3.png', engine: no numbers.",
        ),
        (
            measured([each.model_copy(update={"passed": False}) for each in (*GOOD, *GOOD)]),
            "chromium/wasm, firefox/wasm, webkit/wasm and 3 others do not answer like Keras: it "
            "did not pass.",
        ),
        (
            measured(GOOD, [finding("classes", "'cat' where the run has 'dog'.")]),
            "Every witness passed, but the class names of the bundle differ from what was "
            "expected: 'cat' where the run has 'dog'.",
        ),
        (
            measured(GOOD, [finding("weights", "one"), finding("settings", "another")]),
            "Every witness passed, but the weights of the bundle differ from what was expected: "
            "one (1 more below).",
        ),
        (measured(GOOD), "It did not pass, and no reason was recorded."),
    ],
    ids=["passed", "one", "figures", "found", "many", "classes", "two-findings", "no-reason"],
)
def test_a_measurement_is_summed_up_in_a_sentence(parity: Parity, sentence: str) -> None:
    """It names who is wrong and how, or what of the bundle is where every witness passed."""
    assert verdict_of(parity) == sentence


def test_the_reason_stands_under_the_title() -> None:
    """Every row says passed, and the title failed: the sentence between them says why."""
    bundle = Bundle.open(FROZEN)
    parity = measured(GOOD, [finding("settings", "<model.js> is of another export")])

    page = certificate_page(bundle.metadata, parity, {}, date="2026-01-02")

    header = re.search(r"<header>.*?</header>", page, re.DOTALL)
    assert header is not None
    assert 'class="verdict failed">failed<' in header[0]
    assert '<p class="reason failed">Every witness passed, but the settings' in header[0]
    assert "&lt;model.js&gt; is of another export" in header[0]
    assert "parity certificate, failed</title>" in page
    assert page.count("<td>passed</td>") == 3


def test_a_certificate_that_passed_says_what_was_measured() -> None:
    """Title and sentence agree."""
    page = make_certificate(passed=True)

    assert 'class="verdict passed">passed<' in page
    assert '<p class="reason passed">chromium/wasm, firefox/wasm and webkit/wasm see' in page


@pytest.mark.parametrize("passed", [True, False])
def test_the_largest_differences_begin_with_the_largest(passed: bool) -> None:
    """Whoever saw other pixels comes first, then each picture and witness by its difference."""
    page = make_certificate(passed=passed, pictures=4)

    parts = page.split('<div class="part">')[1:]
    shown = [[float(off) for off in re.findall(r"off by ([\d.e-]+)<", part)] for part in parts]

    if not passed:
        assert "difference, 255 times" in parts[0]
        shown = shown[1:]
    assert [max(each) for each in shown] == sorted((max(each) for each in shown), reverse=True)
    assert all(each == sorted(each, reverse=True) for each in shown)
    assert shown[0][0] == 6e-6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], f"Certificate: {FROZEN / 'parity.html'}"),
        (["--images", "pictures"], "No certificate was written"),
        (["--images", "pictures", "--certificate", "it.html"], "Certificate: it.html"),
    ],
    ids=["samples", "images", "images-and-certificate"],
)
def test_the_command_says_where_the_certificate_is(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Pictures of one's own are not published unasked, and that is said."""
    monkeypatch.setattr(kerasport.parity, "verify", lambda *_, **__: measured(GOOD, passed=True))

    with pytest.raises(SystemExit, match=r"^0$"):
        main(["verify", str(FROZEN), *arguments])

    assert said in capsys.readouterr().err
