"""Measure that a bundle predicts the same in a browser as in Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from kerasport import models
from kerasport.bundle import PARITY_FILE, Bundle
from kerasport.dataset.layout import files_below
from kerasport.errors import DataError, KerasportError
from kerasport.files import sha256_of, write_text
from kerasport.metadata import Parity, Sample, Witness
from kerasport.parity.browsers import launched_chromium
from kerasport.parity.comparison import TOLERANCES, Expectation, compare
from kerasport.parity.page import ask_browser
from kerasport.preprocess import preprocess
from kerasport.run import Run

__all__ = ["BACKENDS", "gather_expectations", "verify"]

BACKENDS = ("cpu", "wasm", "webgl")
"""Backends that are compared unless others are asked for."""


def verify(
    bundle: Bundle,
    *,
    run: Run | None = None,
    images: Path | None = None,
    backends: Sequence[str] = BACKENDS,
    advance: Callable[[str, int, int], None] = lambda witness, done, total: None,
) -> Parity:
    """Compare the bundle in a browser with Keras and write `parity.json` into it.

    Args:
        bundle: the exported folder.
        run: the run it was exported from; its Keras model answers anew. Without it the
            answers that Keras gave at export are the reference.
        images: a folder of pictures to compare instead of the bundle's samples; needs `run`.
        backends: any of `cpu`, `wasm`, `webgl`.
        advance: called with the witness, the pictures done and all pictures.

    Returns:
        The measurement; `passed` tells whether every tolerance was kept.
    """
    unknown = [backend for backend in backends if backend not in TOLERANCES]
    if unknown or not backends:
        raise KerasportError(
            f"Unknown backends: {', '.join(unknown) or 'none given'}. "
            f"Expected some of: {', '.join(BACKENDS)}."
        )
    expectations, reference, skipped = gather_expectations(bundle, run, images)
    # In a thread of its own, because Playwright's synchronous interface refuses to run where an
    # event loop does, as in a notebook.
    with ThreadPoolExecutor(1) as thread:
        work = thread.submit(_ask_witnesses, bundle, expectations, backends, advance)
        witnesses = work.result()
    parity = Parity(
        reference=reference,
        model_sha256=sha256_of(bundle.path / "model.json"),
        pictures=f"{len(expectations)} pictures of {images.name}"
        if images
        else f"{len(expectations)} samples of the bundle",
        skipped=skipped,
        witnesses=witnesses,
        passed=all(witness.passed for witness in witnesses),
    )
    write_text(bundle.path / PARITY_FILE, parity.to_json())
    return parity


def _ask_witnesses(
    bundle: Bundle,
    expectations: Sequence[Expectation],
    backends: Sequence[str],
    advance: Callable[[str, int, int], None],
) -> list[Witness]:
    witnesses = []
    with launched_chromium() as browser:
        for backend in backends:
            done = 0

            def report(count: int, backend: str = backend) -> None:
                nonlocal done
                done += count
                advance(f"chromium/{backend}", done, len(expectations))

            engine, answers = ask_browser(
                browser, bundle, expectations, backend=backend, advance=report
            )
            witnesses.append(compare(engine, expectations, answers))
    return witnesses


def gather_expectations(
    bundle: Bundle, run: Run | None, images: Path | None
) -> tuple[list[Expectation], str, list[str]]:
    """Return the pictures with Keras' answers, where these come from, and what was skipped."""
    spec = bundle.metadata.image_spec
    samples = bundle.samples()
    paths, pixels, skipped = [], [], []
    for path in _picture_paths(bundle, samples, run, images):
        try:
            pixels.append(preprocess(path, spec))
            paths.append(path)
        except DataError as error:
            if images is None:
                raise
            skipped.append(str(error))
    if not paths:
        raise DataError(
            f"There is no readable picture in '{images}'. "
            + (skipped[0] if skipped else "Expected picture files, in folders or not.")
        )
    if run is not None:
        model = models.load_model(run.model_path)
        answers = models.probabilities(model, np.stack(pixels))
        reference = "the run's Keras model, answering now"
    else:
        answers = np.array([sample.probabilities for sample in samples], np.float32)
        reference = "Keras' answers, recorded at export"
    rows = zip(paths, pixels, answers, strict=True)
    return [Expectation(*row) for row in rows], reference, skipped


def _picture_paths(
    bundle: Bundle, samples: Sequence[Sample], run: Run | None, images: Path | None
) -> list[Path]:
    if images is None:
        return [bundle.path / sample.file for sample in samples]
    if run is None:
        raise DataError(
            "Pictures that are not in the bundle have no recorded answers. "
            "Name the run that holds the Keras model: --run RUN"
        )
    if not images.is_dir():
        raise DataError(f"There is no folder '{images}'. Expected a folder of pictures.")
    return list(files_below(images))
