"""The pictures that are compared, and what is expected of them: batch by batch, in any number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle import Bundle
from kerasport.bundle.samples import Sample
from kerasport.errors import BundleError, DataError
from kerasport.parity.compare.picture_files import PictureFiles
from kerasport.parity.compare.strangeness import ExpectedNovelty, expect_novelties
from kerasport.parity.compare.tally import Expectation
from kerasport.preprocess import preprocess
from kerasport.runs.run import Run
from kerasport.runtime import Runtime

__all__ = ["Expectations"]

_Watched: TypeAlias = (
    "Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]"
)

_BATCH_PICTURES = 128
"""Pictures that are held and handed over at once: enough to hide every round trip."""


class Expectations:
    """What is expected of the bundle, and on which pictures.

    Args:
        bundle: the exported folder.
        run: the run it was exported from; its Keras model answers anew, for pixels as its own
            metadata describes them. Without it the answers kept at export are the measure.
        images: a folder or shards of pictures instead of the bundle's samples; needs `run`.

    Attributes:
        paths: the files, readable or not.
        skipped: why files of `images` were left out; grows while `batches` runs.
    """

    def __init__(self, bundle: Bundle, run: Run | None, images: Path | None) -> None:
        self._bundle = bundle
        self._run = run
        self._images = images
        self.samples = bundle.samples()
        self.spec = run.image_spec if run else bundle.metadata.image_spec
        if run is not None:
            _check_run(bundle, run)
        self._files = self._find_files()
        self.paths = (
            [bundle.path / sample.file for sample in self.samples]
            if self._files is None
            else self._files.paths
        )
        self.skipped: list[str] = []
        self._model = models.load_model(run.model_path) if run else None
        self._is_quantized = bundle.metadata.quantization.weights != "float32"
        self._runtime = Runtime(bundle) if run and self._is_quantized else None
        self._watched = self._find_watched()

    @property
    def description(self) -> str:
        """Where the expected answers come from."""
        kind = self._bundle.metadata.quantization.weights
        if self._run is not None:
            if self._is_quantized:
                return f"the bundle's {kind} weights, run in numpy now"
            return "the run's Keras model, answering now"
        if self._is_quantized:
            return f"the answers of the {kind} weights in numpy, recorded at export"
        return "Keras' answers, recorded at export"

    @property
    def pictures(self) -> str:
        """Which pictures these are."""
        count = len(self.paths) - len(self.skipped)
        if self._images is None:
            return f"{count:,} samples of the bundle"
        return f"{count:,} pictures of {self._images.name}"

    def batches(self, size: int = _BATCH_PICTURES) -> Iterator[list[Expectation]]:
        """Yield the readable pictures with what is expected, at most `size` at a time.

        Raises:
            DataError: a sample of the bundle cannot be read, or no picture of the folder can.
        """
        found = 0
        # Decoders release the interpreter's lock.
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            for start in range(0, len(self.paths), size):
                paths = self.paths[start : start + size]
                samples = self.samples[start : start + size] if not self._images else []
                batch = self._expect(list(threads.map(self._read, paths)), samples)
                found += len(batch)
                if batch:
                    yield batch
        if not found:
            raise DataError(
                f"There is no readable picture in '{self._images or self._bundle.path}'. "
                + (self.skipped[0] if self.skipped else "Expected picture files.")
            )

    def _read(self, path: Path) -> tuple[Path, NDArray[np.uint8]] | DataError:
        try:
            file = path if self._files is None else self._files.file_of(path)
            return file, preprocess(file, self.spec)
        except DataError as error:
            return error

    def _expect(
        self,
        read: Sequence[tuple[Path, NDArray[np.uint8]] | DataError],
        samples: Sequence[Sample],
    ) -> list[Expectation]:
        kept: list[tuple[Path, NDArray[np.uint8]]] = []
        for each in read:
            if not isinstance(each, DataError):
                kept.append(each)
            elif self._images is None:
                raise each
            else:
                self.skipped.append(str(each))
        if not kept:
            return []
        stack = np.stack([pixels for _, pixels in kept])
        exact: NDArray[np.float32] | list[None] = [None] * len(kept)
        features: NDArray[np.float32] | None = None
        if self._watched is not None:
            watched, features = self._watched(stack)
        if self._model is None:
            answers = np.array([sample.probabilities for sample in samples], np.float32)
            if self._is_quantized and all(sample.float_probabilities for sample in samples):
                exact = np.array([sample.float_probabilities for sample in samples], np.float32)
        elif self._runtime is None:
            answers = watched if features is not None else models.probabilities(self._model, stack)
        else:
            exact = models.probabilities(self._model, stack)
            answers = watched if features is not None else self._runtime.predict(stack)
        scale = self._bundle.novelty_scale
        novelties: Sequence[ExpectedNovelty | None] = [None] * len(kept)
        if scale is not None and features is not None:
            novelties = expect_novelties(scale, features)
        rows = zip(kept, answers, exact, novelties, strict=True)
        return [
            Expectation(path, pixels, answer, was, novelty)
            for (path, pixels), answer, was, novelty in rows
        ]

    def _find_watched(self) -> _Watched | None:
        """Return who gives features beside answers: Keras; numpy, of weights that it has not."""
        scale = self._bundle.novelty_scale
        if scale is None:
            return None
        if self._model is None or self._runtime is not None:
            runtime = self._runtime or Runtime(self._bundle)
            return partial(runtime.predict_with, scale.novelty.layer)
        found = models.watch_features(self._model)
        return None if isinstance(found, str) else found.answers

    def _find_files(self) -> PictureFiles | None:
        """Return the pictures that are named, None for the samples."""
        if self._images is None:
            if not self.samples:
                raise DataError(
                    f"The bundle '{self._bundle.path}' has no samples, so that nothing can be "
                    "compared. Name pictures and the run that holds the Keras model: "
                    "--images FOLDER --run RUN"
                )
            return None
        if self._run is None:
            raise DataError(
                "Pictures that are not in the bundle have no recorded answers. "
                "Name the run that holds the Keras model: --run RUN"
            )
        return PictureFiles(self._images)


def _check_run(bundle: Bundle, run: Run) -> None:
    ours, theirs = bundle.metadata, run.description
    if ours.input_shape != theirs.input_shape or len(ours.class_names) != len(theirs.class_names):
        sides = [
            f"{each.input_shape[1]} x {each.input_shape[0]} pixels, {each.color_mode}, "
            f"{len(each.class_names)} classes"
            for each in (theirs, ours)
        ]
        raise BundleError(
            f"'{bundle.path}' was not exported from '{run.path}': the run has {sides[0]}, the "
            f"bundle {sides[1]}. Name the run it came from."
        )
