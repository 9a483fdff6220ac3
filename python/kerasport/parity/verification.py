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

from kerasport.bundle import MODEL_FILE, PARITY_FILE, Bundle
from kerasport.bundle.metadata import MissingWitness, Parity, ParityFinding
from kerasport.errors import BrowserError
from kerasport.files import sha256_of, write_text
from kerasport.parity.browsers.engines import find_engine
from kerasport.parity.browsers.interruption import run_apart
from kerasport.parity.certificate import certificate
from kerasport.parity.compare.expectations import Reference, gather_expectations
from kerasport.parity.compare.location import locate
from kerasport.parity.compare.metadata import compare_settings, compare_with_script
from kerasport.parity.compare.tally import Expectation, Tally
from kerasport.parity.compare.trace import compare_weights, first_departure, layer_reference
from kerasport.parity.witnesses.names import (
    DEFAULT,
    WITNESSES,
    LiveWitness,
    choose_witnesses,
    default_witnesses,
    live_witnesses,
)
from kerasport.parity.witnesses.served_page import stock_page
from kerasport.progress import SILENT, Progress
from kerasport.runs.run import Run

__all__ = ["BACKENDS", "REPORT_FILE", "WITNESSES", "gather_expectations", "verify"]

BACKENDS = ("cpu", "wasm", "webgl")
"""Backends that every browser can be expected to have."""

REPORT_FILE = "parity.html"
"""Name of the certificate in a bundle."""

Item = TypeVar("Item")


def verify(
    bundle: Bundle,
    *,
    run: Run | None = None,
    images: Path | None = None,
    witnesses: Sequence[str] | None = None,
    backends: Sequence[str] | None = None,
    trace: bool = False,
    report: Path | None = None,
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
            Chromium on every backend and the single-file page; of more than 1,000 pictures
            without the slow ones, which are then listed as left out.
        backends: short for the witnesses `chromium/BACKEND`.
        trace: compare layer by layer as well, and name the first one that departs.
        report: the certificate to write; by default `parity.html` in the bundle, except with
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
    names, spelled_out = choose_witnesses(DEFAULT if witnesses is None else witnesses)
    reference = Reference(bundle, run, images)
    left_out: dict[str, str] = {}
    if witnesses is None:
        names, left_out = default_witnesses(len(reference.paths))
    measured = run_apart(lambda stop: _measure(bundle, reference, names, progress, stop))
    for name in spelled_out:
        if name in measured.missing:
            raise BrowserError(f"The witness {name} cannot be asked. {measured.missing[name]}")
    if not measured.tallies:
        reasons = " ".join(f"{name}: {reason}" for name, reason in measured.missing.items())
        raise BrowserError(f"No witness can be asked. {reasons}")
    findings = [*compare_settings(bundle, run), *measured.findings]
    if run is not None:
        findings += compare_weights(bundle, run)
    if trace:
        findings += _trace(bundle, run, measured, progress)
    found = [tally.witness() for tally in measured.tallies]
    parity = Parity(
        reference=reference.description,
        model_sha256=sha256_of(bundle.path / MODEL_FILE),
        pictures=reference.pictures,
        skipped=reference.skipped,
        witnesses=found,
        missing=[
            *(MissingWitness(name=k, reason=v) for k, v in measured.missing.items()),
            *(MissingWitness(name=k, reason=v, left_out=True) for k, v in left_out.items()),
        ],
        findings=findings,
        passed=not findings and all(witness.passed for witness in found),
    )
    page = None
    if report is not None or images is None:
        worst = {tally.engine.witness: tally.worst for tally in measured.tallies}
        today = datetime.now(timezone.utc).date().isoformat()
        page = certificate(bundle.metadata, parity, worst, date=today)
    # Together at the end, so that the two hardly ever tell of different measurements.
    write_text(bundle.path / PARITY_FILE, parity.to_json())
    if page is not None:
        write_text(report or bundle.path / REPORT_FILE, page)
    return parity


@dataclass
class _Measured:
    tallies: list[Tally] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    findings: list[ParityFinding] = field(default_factory=list)


def _measure(
    bundle: Bundle,
    reference: Reference,
    names: Sequence[str],
    progress: Progress,
    stop: threading.Event,
) -> _Measured:
    measured = _Measured()
    progress.say(f"Starting {', '.join(names)} ...")
    with live_witnesses(names, bundle, stop=stop) as (live, missing):
        measured.missing = missing
        running = [(witness, Tally(witness.engine)) for witness in live]
        for witness, _ in running:
            if witness.metadata is not None:
                measured.findings += compare_with_script(
                    witness.engine.witness, bundle, witness.metadata
                )
        total = len(reference.paths) * len(running)
        with progress.task("verify", total=total) as task:
            for batch in _ahead(reference.batches()):
                for witness, tally in list(running):
                    if stop.is_set():
                        return measured
                    started = time.perf_counter()
                    try:
                        tally.add(batch, witness.ask(batch))
                    except BrowserError as error:
                        running.remove((witness, tally))
                        measured.findings.append(_lost(witness, batch, error))
                    tally.seconds += time.perf_counter() - started
                    task.advance(len(batch), detail=witness.engine.witness)
        for witness, tally in running:
            measured.tallies.append(tally)
            read = getattr(witness, "read", None)
            measured.findings += locate(tally, bundle, read)
    return measured


def _lost(witness: LiveWitness, batch: Sequence[Expectation], error: BrowserError) -> ParityFinding:
    return ParityFinding(
        where="engine",
        witness=witness.engine.witness,
        picture=batch[0].path.name,
        detail=f"{error} (in the pictures from this one on)",
    )


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each one made while the one before is worked on."""
    with ThreadPoolExecutor(1) as thread:
        coming: Future[Item | None] = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def _trace(
    bundle: Bundle, run: Run | None, measured: _Measured, progress: Progress
) -> list[ParityFinding]:
    """Return the first layer that departs on the worst picture, in stock TensorFlow.js."""
    departures = [found for tally in measured.tallies for found in tally.worst]
    worst = max(departures, key=lambda found: found.difference)
    pixels = worst.expected.pixels
    progress.say("Comparing layer by layer ...")
    reference = layer_reference(bundle, run, pixels)
    with stock_page(find_engine("chromium"), bundle, "cpu") as page:
        name, picture = page.engine.witness, worst.expected.path.name
        found = first_departure(name, picture, reference, pixels, page)
    if found is None:
        progress.say(f"Every layer agrees with {name} on {picture}.")
    progress.say(f"Compared were {reference.description}.")
    return [found] if found else []
