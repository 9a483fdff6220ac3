"""Measure that a bundle predicts the same in browsers as in Keras."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import MODEL_FILE, PARITY_FILE, Bundle
from kerasport.bundle.parity import EngineBits, MissingWitness, Parity, ParityFinding
from kerasport.engine import engine_for
from kerasport.errors import BrowserError
from kerasport.files import check_place, sha256_of, write_text
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.browsers.interruption import run_apart
from kerasport.parity.certificate import CERTIFICATE_FILE, certificate_page
from kerasport.parity.compare.bits import PYTHON, compare_bits
from kerasport.parity.compare.expectations import Expectations
from kerasport.parity.compare.location import locate
from kerasport.parity.compare.metadata import compare_metadata, compare_with_script
from kerasport.parity.compare.tally import Expectation, Tally
from kerasport.parity.compare.trace import compare_weights, expect_layers, first_departure
from kerasport.parity.witnesses.names import (
    DEFAULT_WITNESSES,
    choose_witnesses,
    default_witnesses,
    live_witnesses,
)
from kerasport.parity.witnesses.protocol import EngineWitness, LiveWitness
from kerasport.parity.witnesses.stock_page import stock_page
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run

__all__ = ["verify"]

Item = TypeVar("Item")

_MOST_BITS = 20
"""Pictures of which the engine's answers are compared bit by bit."""


def verify(
    bundle: Bundle,
    *,
    run: Run | None = None,
    images: Path | None = None,
    witnesses: Sequence[str] | None = None,
    backends: Sequence[str] | None = None,
    trace: bool = False,
    certificate: Path | None = None,
    progress: Progress = SILENT,
) -> Parity:
    """Compare the bundle in browsers with Keras; write `parity.json` into it, and a certificate.

    Args:
        bundle: the exported folder.
        run: the run it was exported from; its Keras model answers anew. Without it the
            answers that Keras gave at export are the reference.
        images: a folder of pictures to compare instead of the bundle's samples; needs `run`.
        witnesses: names from `WITNESSES`, with `*` for any part, or `all`. Those that are not
            there are listed as missing; one that was spelled out must be there. By default
            Chromium on every backend, the single-file page, and stock TensorFlow.js where it is
            installed; of more than 1,000 pictures without the slow ones, which are then listed as
            left out.
        backends: short for the witnesses `chromium/BACKEND`.
        trace: compare layer by layer as well, and name the first one that departs.
        certificate: the page to write; by default `parity.html` in the bundle, except with
            `images`, which would then be published with it: there none is written.
        progress: told what is done.

    Returns:
        The measurement; `passed` tells whether every tolerance was kept.

    Raises:
        BrowserError: no witness could be asked, or one that was spelled out could not.
    """
    if backends is not None:
        witnesses = [f"chromium/{each}" for each in backends]
    # A wrong name is told before Keras is loaded.
    names, spelled_out = choose_witnesses(DEFAULT_WITNESSES if witnesses is None else witnesses)
    if witnesses is None:
        spelled_out = []
    if certificate is None and images is None:
        certificate = bundle.path / CERTIFICATE_FILE
    for file in (bundle.path / PARITY_FILE, certificate):
        if file is not None:
            check_place(file, folder=False)
    expectations = Expectations(bundle, run, images)
    left_out: dict[str, str] = {}
    if witnesses is None:
        names, left_out = default_witnesses(len(expectations.paths))

    asked = run_apart(lambda stop: _ask_witnesses(bundle, expectations, names, progress, stop))
    _demand(spelled_out, asked)
    findings = [*compare_metadata(bundle, run), *asked.findings]
    if run is not None:
        findings += compare_weights(bundle, run)
    if trace:
        findings += _trace_layers(bundle, run, asked, progress)

    parity = _summarize(bundle, expectations, asked, left_out, findings)
    _write(bundle, parity, asked, certificate)
    return parity


@dataclass
class _Asked:
    """What came of asking: figures of those who answered, and why the others did not."""

    tallies: list[Tally] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    findings: list[ParityFinding] = field(default_factory=list)
    bits: EngineBits | None = None


def _ask_witnesses(
    bundle: Bundle,
    expectations: Expectations,
    names: Sequence[str],
    progress: Progress,
    stop: threading.Event,
) -> _Asked:
    """Show every picture to every witness; stop in between when `stop` is set."""
    asked = _Asked()
    progress.say(f"Starting {', '.join(names)} ...")
    with live_witnesses(names, bundle, stop=stop) as (live, missing):
        asked.missing = missing
        for witness in live:
            if witness.metadata is not None:
                asked.findings += compare_with_script(
                    witness.identity.name, bundle, witness.metadata
                )
        rounding = bundle.metadata.float_rounding
        labels = bundle.metadata.labels_output
        answering = [(witness, Tally(witness.identity, rounding, labels)) for witness in live]
        total = len(expectations.paths) * len(answering)
        seen: list[NDArray[np.uint8]] = []
        with progress.task("verify", total=total) as task:
            for batch in _made_ahead(expectations.batches()):
                seen += [each.pixels for each in batch[: _MOST_BITS - len(seen)]]
                for witness, tally in list(answering):
                    if stop.is_set():
                        return asked
                    if lost := _ask(witness, tally, batch):
                        answering.remove((witness, tally))
                        asked.findings.append(lost)
                    task.advance(len(batch), detail=witness.identity.name)
        _ask_bits(bundle, [witness for witness, _ in answering], seen, asked)
        for witness, tally in answering:
            asked.tallies.append(tally)
            asked.findings += locate(tally, bundle, witness.read)
    return asked


def _ask_bits(
    bundle: Bundle,
    live: Sequence[LiveWitness],
    pictures: Sequence[NDArray[np.uint8]],
    asked: _Asked,
) -> None:
    """Compare the engine's answers bit by bit, between Python and all that run it."""
    pixels = np.stack(pictures)
    answers: dict[str, NDArray[np.uint32]] = {}
    if (engine := engine_for(bundle)) is not None:
        answers[PYTHON] = engine.predict(pixels).view(np.uint32)
    for witness in live:
        name = witness.identity.name
        if not isinstance(witness, EngineWitness) or witness.identity.backend != "wasm":
            continue
        try:
            answers[name] = witness.engine_bits(pixels)
        except BrowserError as error:
            asked.findings.append(
                ParityFinding(where="engine", witness=name, picture=None, detail=str(error))
            )
    asked.bits, findings = compare_bits(answers)
    asked.findings += findings


def _ask(witness: LiveWitness, tally: Tally, batch: Sequence[Expectation]) -> ParityFinding | None:
    """Add a witness' answers for a batch to its tally; return what is wrong if there are none."""
    started = time.perf_counter()
    try:
        tally.add(batch, witness.ask(batch))
    except BrowserError as error:
        return ParityFinding(
            where="engine",
            witness=witness.identity.name,
            picture=batch[0].path.name,
            detail=f"{error} (in the pictures from this one on)",
        )
    finally:
        tally.seconds += time.perf_counter() - started
    return None


def _made_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each one made while the one before is worked on."""
    with ThreadPoolExecutor(1) as thread:
        coming: Future[Item | None] = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def _demand(spelled_out: Sequence[str], asked: _Asked) -> None:
    """Raise BrowserError where one that was spelled out could not be asked, or nobody could."""
    for name in spelled_out:
        if name in asked.missing:
            raise BrowserError(f"The witness {name} cannot be asked. {asked.missing[name]}")
    if not asked.tallies:
        reasons = " ".join(f"{name}: {reason}" for name, reason in asked.missing.items())
        raise BrowserError(f"No witness can be asked. {reasons}")


def _trace_layers(
    bundle: Bundle, run: Run | None, asked: _Asked, progress: Progress
) -> list[ParityFinding]:
    """Return the first layer that departs on the worst picture, in stock TensorFlow.js."""
    departures = [found for tally in asked.tallies for found in tally.worst]
    worst = max(departures, key=lambda found: found.difference).expected
    progress.say("Comparing layer by layer ...")
    expectations = expect_layers(bundle, run, worst.pixels)
    with stock_page(find_engine("chromium"), bundle, "cpu") as page:
        witness, picture = page.identity.name, worst.path.name
        found = first_departure(witness, picture, expectations, worst.pixels, page)
    if found is None:
        progress.say(f"Every layer agrees with {witness} on {picture}.")
    progress.say(f"Compared were {expectations.description}.")
    return [found] if found else []


def _summarize(
    bundle: Bundle,
    expectations: Expectations,
    asked: _Asked,
    left_out: dict[str, str],
    findings: list[ParityFinding],
) -> Parity:
    witnesses = [tally.witness() for tally in asked.tallies]
    return Parity(
        reference=expectations.description,
        model_sha256=sha256_of(bundle.path / MODEL_FILE),
        integrity=bundle.integrity,
        network="refused",
        output_kind=bundle.metadata.output.kind,
        pictures=expectations.pictures,
        skipped=expectations.skipped,
        witnesses=witnesses,
        missing=[
            *(MissingWitness(name=k, reason=v) for k, v in asked.missing.items()),
            *(MissingWitness(name=k, reason=v, left_out=True) for k, v in left_out.items()),
        ],
        findings=findings,
        engine_bits=asked.bits,
        passed=not findings and all(witness.passed for witness in witnesses),
    )


def _write(bundle: Bundle, parity: Parity, asked: _Asked, certificate: Path | None) -> None:
    """Write the measurement, and the certificate if one is wanted."""
    worst = {tally.identity.name: tally.worst for tally in asked.tallies}
    today = datetime.now(timezone.utc).date().isoformat()
    # Made before anything is written, so that the two hardly ever tell of different measurements.
    page = certificate_page(bundle.metadata, parity, worst, date=today)
    write_text(bundle.path / PARITY_FILE, parity.to_json())
    if certificate is not None:
        write_text(certificate, page)
