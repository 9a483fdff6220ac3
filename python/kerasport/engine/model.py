"""A bundle on the client's kernels: planned once, then one list of calls per picture."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle import Bundle
from kerasport.bundle.field import Field
from kerasport.bundle.layer_rules import Shape
from kerasport.bundle.plan import plan_model
from kerasport.bundle.topology import Topology, read_topology
from kerasport.engine.binary import Program, has_kernels
from kerasport.engine.program import TooLarge
from kerasport.engine.write import write_model
from kerasport.errors import BundleError

__all__ = ["Engine", "engine_for"]

_MOST_BYTES = 4 << 30
"""Of the memories of all workers together; one may have what the kernels can address."""


def engine_for(bundle: Bundle, *, workers: int = 1) -> Engine | None:
    """Return the engine of a bundle; None where there is none, or the model is too large for it."""
    try:
        return Engine(bundle, workers=workers) if has_kernels() else None
    except TooLarge:
        return None


class Engine:
    """A bundle's model on the engine that the client runs in browsers.

    In float32, with the same bits as the client where it has no relaxed SIMD. A picture is computed
    on one thread; several pictures are dealt to `workers`, each with a memory of its own, and the
    answers are the same bits whoever gave them. Any number of threads may ask.
    """

    def __init__(self, bundle: Bundle, *, workers: int = 1) -> None:
        """Plan the model and get it ready.

        Args:
            bundle: what it answers for.
            workers: how many pictures are computed at a time; fewer where their memories would
                take more than 4 GiB.

        Raises:
            KerasportError: wasmtime is not installed.
            BundleError: the model needs more memory than the kernels can address, or than there is.
        """
        winograd, novelty = bundle.metadata.winograd, bundle.metadata.novelty
        self._load(
            bundle.topology(),
            bundle.shapes,
            bundle.weights(),
            {} if winograd is None else winograd.tiles,
            workers,
            watched=novelty.layer if novelty else None,
        )

    @classmethod
    def of(
        cls,
        topology: dict[str, Any],
        weights: Mapping[str, NDArray[np.float32]],
        winograd: Mapping[str, int] = MappingProxyType({}),
    ) -> Engine:
        """Return the engine of a model that is not written yet.

        Args:
            topology: `modelTopology` of a `model.json`.
            weights: `layer/weight` -> array of float32.
            winograd: names of convolutions of 3 x 3 with stride 1 -> side of the tiles, 2 or 4.
        """
        engine = cls.__new__(cls)
        graph = read_topology(Field("model.json", "modelTopology", topology))
        plan = plan_model(graph, {name: each.shape for name, each in weights.items()}, "model.json")
        engine._load(graph, plan.shapes, weights, winograd)
        return engine

    def _load(
        self,
        topology: Topology,
        shapes: Mapping[str, Shape],
        weights: Mapping[str, NDArray[np.float32]],
        winograd: Mapping[str, int],
        workers: int = 1,
        watched: str | None = None,
    ) -> None:
        self._shape = shapes[topology.layers[0].name]
        # Weights may be any numbers: what becomes of them is seen in the answers.
        with np.errstate(all="ignore"):
            self._written = write_model(topology, shapes, weights, winograd, watched)
        size = self._written.plan.bytes
        self.workers = max(1, min(workers, _MOST_BYTES // size))
        """How many pictures are computed at a time."""
        # The first is made now, so that what is wrong shows now; the others when they are needed.
        self._free: queue.LifoQueue[Program] = queue.LifoQueue()
        self._free.put(self._made())
        self._unmade = threading.Semaphore(self.workers - 1)

    def _made(self) -> Program:
        with np.errstate(all="ignore"):
            return Program(self._written.plan)

    @contextmanager
    def _taken(self) -> Iterator[Program]:
        """Hold one of the programs, for one thread alone: each has one memory."""
        try:
            program = self._free.get_nowait()
        except queue.Empty:
            program = self._made() if self._unmade.acquire(blocking=False) else self._free.get()
        try:
            yield program
        finally:
            self._free.put(program)

    def predict(
        self, pixels: NDArray[np.uint8], *, workers: int | None = None
    ) -> NDArray[np.float32]:
        """Return probabilities `[n, classes]`, float32, for uint8 pixels `[n, h, w, c]`.

        Args:
            pixels: as `kerasport.preprocess` gives them.
            workers: to how many the pictures are dealt; None for all that the engine has.
        """
        return self._predict(pixels, workers)[0]

    def predict_with_features(
        self, pixels: NDArray[np.uint8], *, workers: int | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return probabilities, and the features `[n, features]` of a bundle that has a novelty.

        Args:
            pixels: as `kerasport.preprocess` gives them.
            workers: to how many the pictures are dealt; None for all that the engine has.
        """
        return self._predict(pixels, workers)

    def _predict(
        self, pixels: NDArray[np.uint8], workers: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if pixels.ndim != 4 or pixels.shape[1:] != self._shape or pixels.dtype != np.uint8:
            raise BundleError(
                f"The pixels are {pixels.dtype} of shape {pixels.shape}. Expected uint8 of "
                f"[n, {', '.join(map(str, self._shape))}], as kerasport.preprocess gives it."
            )
        result = np.empty((len(pixels), *self._written.output.shape), np.float32)
        watched = self._written.watched
        seen = np.empty((len(pixels), watched.size if watched else 0), np.float32)
        parts = max(1, min(workers or self.workers, self.workers, len(pixels)))
        if parts == 1:
            self._answer(pixels, result, seen)
        else:
            with ThreadPoolExecutor(parts) as pool:
                cut = (np.array_split(each, parts) for each in (pixels, result, seen))
                list(pool.map(self._answer, *cut))
        if not np.isfinite(result).all():
            raise BundleError(
                "The model's answer holds values that are not finite numbers. Expected "
                "probabilities. Export the bundle again."
            )
        return result, seen

    def _answer(
        self, pixels: NDArray[np.uint8], result: NDArray[np.float32], seen: NDArray[np.float32]
    ) -> None:
        output, source = self._written.output, self._written.source
        watched = self._written.watched
        with self._taken() as program:
            given = program.view(source, pixels[0].size if len(pixels) else 0)
            answer = program.view(output.place, 4 * output.size).view(np.float32)
            features = (
                None
                if watched is None
                else program.view(watched.place, 4 * watched.size).view(np.float32)
            )
            for picture, row, kept in zip(pixels, result, seen, strict=True):
                given[:] = picture.ravel()
                program.run()
                row[...] = answer.reshape(output.shape)
                if features is not None:
                    kept[...] = features
