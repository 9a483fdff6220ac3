"""The comparison that decides whether a bundle passes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support.measuring import measure

from kerasport.bundle import Bundle
from kerasport.bundle.measured import FloatRounding
from kerasport.bundle.parity import MissingWitness, Parity
from kerasport.cli.verify import print_parity
from kerasport.errors import CheckFailed, KerasportError
from kerasport.parity.certificate import certificate_page
from kerasport.parity.compare.location import locate, locate_pixels
from kerasport.parity.compare.tally import (
    Answer,
    Departure,
    Expectation,
    Tally,
    WitnessIdentity,
)
from kerasport.parity.witnesses.names import WITNESSES, choose_witnesses
from kerasport.preprocess import decode

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
PICTURES = GOLDEN / "pictures"
CHROMIUM = WitnessIdentity("chromium", "1", "wasm", "4.22.0")
PIXELS = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def expected(*values: float) -> Expectation:
    return Expectation(Path("a.png"), PIXELS, np.array(values, np.float32))


def answer(*values: float, pixels: np.ndarray | None = None) -> Answer:
    return Answer(np.array(values, np.float32), pixels)


def test_equal_answers_pass() -> None:
    """No difference is reported as none, and passes."""
    witness = measure(CHROMIUM, [expected(0.2, 0.8)], [answer(0.2, 0.8)])

    assert witness.passed
    assert witness.name == "chromium/wasm"
    assert (witness.differing_pixels, witness.max_absolute_difference) == (0, 0.0)


@pytest.mark.parametrize(
    "received",
    [
        answer(0.2001, 0.7999),
        answer(0.8, 0.2),
        answer(float("nan"), 0.8),
        answer(0.2, 0.8, pixels=np.where(PIXELS == 5, 6, PIXELS)),
    ],
    ids=["beyond-tolerance", "another-class", "not-a-number", "one-pixel-level"],
)
def test_any_difference_that_matters_fails(received: Answer) -> None:
    """A probability beyond tolerance, another class, NaN, or one level of one pixel fails."""
    witness = measure(CHROMIUM, [expected(0.2, 0.8)], [received])

    assert not witness.passed


def test_the_worst_picture_is_named() -> None:
    """Among many pictures the one with the largest difference is reported."""
    pictures = [Expectation(Path(name), PIXELS, np.array([0.5, 0.5], np.float32)) for name in "abc"]

    witness = measure(CHROMIUM, pictures, [answer(0.5, 0.5), answer(0.4, 0.6), answer(0.5, 0.5)])

    assert witness.worst_picture == "b"
    assert witness.max_absolute_difference == pytest.approx(0.1)


def test_classes_that_tie_within_tolerance_agree() -> None:
    """Two classes closer than the tolerance may swap places without counting as disagreement."""
    witness = measure(CHROMIUM, [expected(0.500001, 0.499999)], [answer(0.499999, 0.500001)])

    assert witness.top1_agreement == 1.0
    assert witness.passed


def test_a_model_that_rounds_more_is_allowed_what_its_bundle_says() -> None:
    """The tolerance is the model's own, but never less than the backend's; then it fails."""
    rounding = FloatRounding(pictures=6, keras=7e-5, bundle=5e-5, tolerance=2.8e-4)
    webgpu = WitnessIdentity("chromium", "1", "webgpu", "4.22.0")
    small = rounding.model_copy(update={"tolerance": 1e-5})

    def figures(identity: WitnessIdentity, own: FloatRounding | None, off: float) -> Any:
        tally = Tally(identity, own)
        tally.add([expected(0.2, 0.8)], [answer(0.2 + off, 0.8 - off)])
        return tally.witness()

    assert not figures(CHROMIUM, None, 2e-4).passed
    assert figures(CHROMIUM, rounding, 2e-4).passed
    assert figures(CHROMIUM, rounding, 2e-4).tolerance == 2.8e-4
    assert not figures(CHROMIUM, rounding, 3e-4).passed
    assert figures(webgpu, small, 5e-5).tolerance == 1e-4


@pytest.mark.parametrize("tolerance", [0.9e-5, 1.1e-3, 1.0])
def test_no_bundle_can_allow_itself_anything(tolerance: float) -> None:
    """metadata.json is covered by no hash, so that its tolerance has bounds of its own."""
    with pytest.raises(ValueError, match="tolerance"):
        FloatRounding(pictures=6, keras=0.0, bundle=0.0, tolerance=tolerance)


def test_the_certificate_gives_the_reason_of_the_tolerance(tmp_path: Path) -> None:
    """What float32 adds is shown where it was measured, and why float64 was not compared."""
    rounding = FloatRounding(
        pictures=6, keras=7e-5, bundle=5e-5, tolerance=2.8e-4, limit="TensorFlow has no <float64>"
    )
    metadata = Bundle.open(FROZEN).metadata
    witness = measure(CHROMIUM, [expected(0.2, 0.8)], [answer(0.2, 0.8)])
    parity = Parity(
        reference="Keras",
        model_sha256="0" * 64,
        pictures="1 picture",
        skipped=[],
        witnesses=[witness],
        passed=True,
    )

    without = certificate_page(metadata, parity, {}, date="2026-01-01")
    page = certificate_page(
        metadata.model_copy(update={"float_rounding": rounding}), parity, {}, date="2026-01-01"
    )

    assert "float64" not in without
    assert "TensorFlow has no &lt;float64&gt;" in page
    assert "7e-05" in page
    assert "2.8e-04" in page


def test_a_missing_answer_is_never_a_pass() -> None:
    """Fewer answers than pictures, or none at all, is an error."""
    with pytest.raises(CheckFailed, match="answered for 0 of 1 pictures"):
        measure(CHROMIUM, [expected(0.2, 0.8)], [])
    with pytest.raises(CheckFailed, match="answered for 0 of 0 pictures"):
        measure(CHROMIUM, [], [])


def test_batches_add_up_to_the_same_figures() -> None:
    """Many batches give what one would, and few pictures are held."""
    generator = np.random.default_rng(3)
    pictures = [
        Expectation(Path(f"{number}.png"), PIXELS, row)
        for number, row in enumerate(generator.dirichlet(np.ones(4), 50).astype(np.float32))
    ]
    noise = generator.normal(0, 1e-6, (50, 4)).astype(np.float32)
    answers = [Answer(each.probabilities + off) for each, off in zip(pictures, noise, strict=True)]

    tally = Tally(CHROMIUM)
    for start in range(0, 50, 7):
        tally.add(pictures[start : start + 7], answers[start : start + 7])

    assert tally.witness() == measure(CHROMIUM, pictures, answers)
    assert len(tally.worst) < 10
    assert tally.worst[0].expected.path.name == tally.witness().worst_picture


def test_a_picture_with_another_pixel_comes_before_larger_differences() -> None:
    """What breaks a rule is kept, however little it changes the answer."""
    tally = Tally(CHROMIUM)
    tally.add([expected(0.2, 0.8)], [answer(0.2, 0.8, pixels=PIXELS + 1)])
    tally.add([expected(0.2, 0.8)] * 9, [answer(0.20001, 0.8)] * 9)

    assert tally.worst[0].differing == 12
    assert tally.witness().differing_pictures == 1


def test_a_refused_picture_fails() -> None:
    """An engine that does not read what Python reads is not in parity."""
    refused = Answer(np.full(2, np.nan, np.float32), refusal="it is damaged")

    witness = measure(CHROMIUM, [expected(0.2, 0.8)], [refused])

    assert not witness.passed
    assert witness.differing_pictures == 1
    assert witness.top1_agreement == 0


def test_agreement_with_the_float_weights_is_measured_beside_parity() -> None:
    """Quantised weights answer for themselves; the original is shown, and fails nothing."""
    exact = np.array([0.6, 0.4], np.float32)
    quantized = Expectation(Path("a.png"), PIXELS, np.array([0.45, 0.55], np.float32), exact)

    witness = measure(CHROMIUM, [quantized], [answer(0.45, 0.55)])

    assert witness.passed
    assert witness.float_agreement is not None
    assert witness.float_agreement.top1_agreement == 0
    assert witness.float_agreement.max_absolute_difference == pytest.approx(0.15)


def test_witnesses_are_chosen_by_wildcards() -> None:
    """`*` stands for any part, `all` for every one, and what was spelled out is known."""
    assert choose_witnesses(["firefox/w*", "stock-tfjs/cpu"]) == (
        ["firefox/wasm", "firefox/webgl", "stock-tfjs/cpu"],
        ["stock-tfjs/cpu"],
    )
    assert choose_witnesses(["all"]) == (list(WITNESSES), [])
    assert choose_witnesses(["*/cpu"])[0] == [name for name in WITNESSES if name.endswith("/cpu")]
    with pytest.raises(KerasportError, match="There is no witness 'opera/wasm'"):
        choose_witnesses(["chromium/cpu", "opera/wasm"])


def departure(received: np.ndarray) -> Departure:
    expectation = Expectation(PICTURES / "rgb.png", PIXELS, np.array([0.2, 0.8], np.float32))
    return Departure(expectation, Answer(np.array([0.2, 0.8], np.float32), received), 0.0, 3)


@pytest.mark.parametrize(
    ("change", "where", "detail"),
    [
        (lambda pixels: pixels, "resize", "the decoded and turned pictures are equal"),
        (lambda pixels: np.dstack([pixels, 0 * pixels[:, :, :1] + 255]), "resize", "are equal"),
        (lambda pixels: np.rot90(pixels), "orientation", "turned or mirrored otherwise"),
        (lambda pixels: pixels[:, ::-1], "orientation", "turned or mirrored otherwise"),
        (lambda pixels: pixels[1:], "decode", "pixels in Python,"),
        (lambda pixels: pixels ^ 2, "decode", "up to 2 of 255 levels in"),
    ],
    ids=["equal", "opaque-alpha", "turned", "mirrored", "another-size", "another-level"],
)
def test_other_pixels_are_traced_to_the_step_that_made_them(
    change: Any, where: str, detail: str
) -> None:
    """Decoding, turning and resizing are told apart by the picture at full size."""
    full = np.asarray(decode(PICTURES / "rgb.png"))

    found = locate_pixels(departure(PIXELS + 1), lambda path: change(full))

    assert found[0] == where
    assert detail in found[1]


def test_the_table_fits_an_ordinary_terminal() -> None:
    """In 80 columns no name and no figure is cut, neither of quantised weights."""
    identity = WitnessIdentity("tensorflowjs-python", "4.22.0", "python", "4.22.0")
    exact = np.array([0.25, 0.75], np.float32)
    picture = Expectation(Path("a.png"), PIXELS, np.array([0.2, 0.8], np.float32), exact)
    witness = measure(identity, [picture], [answer(0.2, 0.8)])
    parity = Parity(
        reference="numpy",
        model_sha256="0" * 64,
        pictures="1 picture",
        skipped=[],
        witnesses=[witness.model_copy(update={"differing_pixels": 12_345_678, "passed": False})],
        missing=[MissingWitness(name="chromium/webgpu", reason="it is slow", left_out=True)],
        passed=False,
    )
    console = Console(width=80, file=io.StringIO())

    print_parity(parity, console)

    text = console.file.getvalue()
    assert "\u2026" not in text
    assert "\u2502 tensorflowjs-python \u2502 12,345,678 \u2502" in text
    assert "\u2502              0.05 \u2502 100.0% \u2502" in text
    assert "not asked chromium/webgpu: it is slow" in text


def test_what_witnesses_saw_alike_is_shown_once() -> None:
    """Equal pixels need one picture, equal answers one list; another answer has its own."""
    bundle = Bundle.open(FROZEN)
    worst = {}
    for name, received in {
        "chromium": answer(0.3, 0.7),
        # As from a witness that sends its pixels always.
        "firefox": answer(0.3, 0.7, pixels=PIXELS),
        "webkit": answer(0.4, 0.6),
    }.items():
        tally = Tally(WitnessIdentity(name, "1", "wasm", "4"))
        tally.add([expected(0.2, 0.8)], [received])
        worst[f"{name}/wasm"] = tally
    parity = Parity(
        reference="Keras",
        model_sha256="0" * 64,
        pictures="1 picture",
        skipped=[],
        witnesses=[tally.witness() for tally in worst.values()],
        passed=False,
    )

    page = certificate_page(
        bundle.metadata, parity, {k: tally.worst for k, tally in worst.items()}, date="2026-01-02"
    )

    assert page.count("<img ") == 1
    assert "<b>chromium/wasm, off by 0.1<br>firefox/wasm, off by 0.1</b>" in page
    assert "<b>webkit/wasm, off by 0.2</b>" in page
    assert page.count("<ol>") == 3


def test_the_certificate_shows_both_sides_and_runs_nothing() -> None:
    """Pictures, both answers and hostile names are there, as text and as data."""
    bundle = Bundle.open(FROZEN)
    metadata = bundle.metadata.model_copy(
        update={"class_names": ["<img src=x onerror=alert(1)>", "b"], "name": "<script>"}
    )
    tally = Tally(CHROMIUM)
    tally.add([expected(0.2, 0.8)], [answer(0.7, 0.3, pixels=PIXELS ^ 1)])
    parity = Parity(
        reference="Keras",
        model_sha256="0" * 64,
        pictures="1 picture",
        skipped=["<b>x</b>"],
        witnesses=[tally.witness()],
        missing=[MissingWitness(name="firefox/cpu", reason="not installed")],
        findings=list(locate(tally, bundle, None)),
        passed=False,
    )

    page = certificate_page(metadata, parity, {"chromium/wasm": tally.worst}, date="2026-01-02")

    assert page.count("<img ") == page.count('src="data:image/png;base64,') == 3
    assert "<script" not in page
    assert "onerror=alert(1)&gt;" in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "difference, 255 times" in page
    assert "firefox/cpu, missing: not installed" in page
    assert 'class="verdict failed"' in page
