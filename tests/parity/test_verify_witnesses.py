"""Who is asked: every engine that is here answers, and one that is not is never a pass."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kerasport.bundle import Bundle
from kerasport.cli import main
from kerasport.doctor import examine
from kerasport.errors import BrowserError
from kerasport.parity import verify
from kerasport.parity.browsers import engines
from kerasport.parity.compare.tally import Answer, Expectation
from kerasport.parity.witnesses import names as witnesses
from kerasport.parity.witnesses.playwright_page import ChromiumPage

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A copy of the frozen bundle, into which verify writes."""
    return Bundle.open(shutil.copytree(FROZEN, tmp_path / "model"))


def test_every_kind_of_witness_agrees_with_keras(bundle: Bundle) -> None:
    """One of each kind; a browser that this machine lacks is missing, with what brings it."""
    asked = ["firefox/wasm", "webkit/wasm", "single-file/wasm", "stock-tfjs/cpu"]
    asked += ["tensorflowjs-python"]

    # With a wildcard in it a name may be missing.
    parity = verify(bundle, witnesses=[f"{name[:-1]}*" for name in asked])

    passed = [witness.name for witness in parity.witnesses if witness.passed]
    missing = {each.name: each.reason for each in parity.missing}
    assert sorted([*passed, *missing]) == sorted(asked)
    # The others need packages of the system; these are part of the development set-up.
    assert {"single-file/wasm", "stock-tfjs/cpu"} <= set(passed)
    assert all("install" in reason for reason in missing.values())
    assert parity.findings == []
    assert parity.passed
    assert bundle.parity() == parity
    assert "parity certificate" in (bundle.path / "parity.html").read_text(encoding="utf-8")


def test_the_engine_has_the_same_bits_everywhere(bundle: Bundle) -> None:
    """Python and every browser that is here give one answer to the bit, and the page says so."""
    pytest.importorskip("wasmtime")

    parity = verify(bundle, witnesses=["chromium/wasm", "firefox/w*", "webkit/w*", "chromium/cpu"])

    names = [each.name for each in parity.witnesses if each.backend == "wasm"]
    assert parity.engine_bits is not None
    assert parity.engine_bits.same == ["Python", *names]
    assert parity.engine_bits.differing == []
    assert parity.engine_bits.pictures == len(bundle.samples())
    assert parity.passed
    page = (bundle.path / "parity.html").read_text(encoding="utf-8")
    assert f"with the same bits in Python, {', '.join(names)}." in page


def test_one_other_bit_is_found_and_fails(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last bit of one probability is enough; without Python the browsers are compared."""
    ask = ChromiumPage.engine_bits

    def flipped(page: ChromiumPage, pixels: Any) -> Any:
        bits = ask(page, pixels)
        if page.identity.engine == "single-file":
            bits[-1, 0] ^= 1
        return bits

    monkeypatch.setattr(ChromiumPage, "engine_bits", flipped)
    monkeypatch.setattr("kerasport.parity.verification.engine_for", lambda bundle: None)

    parity = verify(bundle, witnesses=["chromium/wasm", "single-file/wasm"])

    assert parity.engine_bits is not None
    assert parity.engine_bits.same == ["chromium/wasm"]
    assert parity.engine_bits.differing == ["single-file/wasm"]
    assert [each.where for each in parity.findings] == ["engine"]
    assert "on 1 of" in parity.findings[0].detail
    assert not parity.passed


def test_a_missing_witness_is_listed_and_never_passes(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not asked is said, what was spelled out is demanded, and nobody proves nothing."""

    def absent(name: str) -> None:
        raise BrowserError(f"{name} is not installed. Install it with: apt-get install {name}")

    monkeypatch.setattr(witnesses, "find_engine", absent)

    parity = verify(bundle, witnesses=["chromium/cpu", "firefox/*"])

    assert [witness.name for witness in parity.witnesses] == ["chromium/cpu"]
    assert [each.name for each in parity.missing] == [
        "firefox/cpu",
        "firefox/wasm",
        "firefox/webgl",
    ]
    assert "apt-get install firefox" in parity.missing[0].reason
    with pytest.raises(BrowserError, match="The witness firefox/cpu cannot be asked"):
        verify(bundle, witnesses=["chromium/cpu", "firefox/cpu"])
    with pytest.raises(BrowserError, match="No witness can be asked"):
        verify(bundle, witnesses=["firefox/*"])


def test_of_many_pictures_the_slow_witnesses_are_left_out(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are listed as not asked, with the option that asks them, and are no pass."""
    monkeypatch.setattr(witnesses, "_FEW_PICTURES", len(bundle.samples()) - 1)

    with pytest.raises(SystemExit) as stop:
        main(["verify", str(bundle.path)])

    out = capsys.readouterr().out
    assert not stop.value.code
    for name in ("chromium/webgl", "chromium/webgpu"):
        assert f"not asked {name}: " in out
        assert f"--witness {name}" in out
    parity = bundle.parity()
    assert parity is not None
    asked = ["chromium/cpu", "chromium/wasm", "single-file/wasm", "stock-tfjs/wasm"]
    assert [witness.name for witness in parity.witnesses] == asked
    assert all(each.left_out for each in parity.missing)

    monkeypatch.setattr(witnesses, "_FEW_PICTURES", len(bundle.samples()))
    names, left_out = witnesses.default_witnesses(len(bundle.samples()))
    assert [name for name in names if name not in asked] == ["chromium/webgl", "chromium/webgpu"]
    assert left_out == {}


def test_the_doctor_tells_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    """A witness works once it answered; every optional package has a version or none."""
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--witness", "chromium/wasm", "--json"])

    health = json.loads(capsys.readouterr().out)
    assert not stop.value.code
    (chromium,) = health["witnesses"]
    assert chromium["works"], chromium
    assert chromium["version"]
    assert {package["name"] for package in health["packages"]} >= {"keras", "playwright"}


def test_the_doctor_goes_on_after_a_witness_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that starts and gives no answer is listed with its reason, beside those that work."""

    def fails(self: ChromiumPage, batch: Sequence[Expectation]) -> list[Answer]:
        if self.identity.backend == "cpu":
            raise BrowserError("the page is gone")
        return answers(self, batch)

    answers = ChromiumPage.ask
    monkeypatch.setattr(ChromiumPage, "ask", fails)

    cpu, wasm = examine(["chromium/cpu", "chromium/wasm"]).witnesses

    assert (cpu.name, cpu.works, cpu.reason) == ("chromium/cpu", False, "the page is gone")
    assert (wasm.name, wasm.works) == ("chromium/wasm", True)


def test_an_engine_that_does_not_say_its_version_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A browser that hangs is an error with its command, not a traceback."""
    program = tmp_path / "firefox"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(engines, "_find_program", lambda name: program)
    monkeypatch.setattr(engines, "_VERSION_SECONDS", 0.2)

    with pytest.raises(BrowserError) as error:
        engines.find_engine("firefox")

    assert str(error.value) == f"'{program} --version' gave no answer in 0.2 s."


def test_an_engine_is_looked_for_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of its backends are asked, its version is asked for once."""
    asked = []

    def counted(name: str) -> engines.WebEngine:
        asked.append(name)
        return engines.find_engine(name)

    monkeypatch.setattr(witnesses, "find_engine", counted)

    parity = verify(bundle, witnesses=["stock-tfjs/*"])

    assert [witness.name for witness in parity.witnesses] == ["stock-tfjs/cpu", "stock-tfjs/wasm"]
    assert asked == ["chromium"]


def test_the_certificate_goes_where_the_command_line_says(
    capsys: pytest.CaptureFixture[str], bundle: Bundle, tmp_path: Path
) -> None:
    """`--certificate` replaces the page in the bundle, and stdout has the table."""
    with pytest.raises(SystemExit) as stop:
        main(
            [
                *("verify", str(bundle.path), "--witness", "chromium/cpu"),
                *("--certificate", str(tmp_path / "certificate.html")),
            ]
        )

    out = capsys.readouterr().out
    assert not stop.value.code
    assert "chromium/cpu" in out
    assert "passed" in out
    assert (tmp_path / "certificate.html").is_file()
    assert not (bundle.path / "parity.html").exists()
