"""Ask the reader of the `tensorflowjs` package: a witness that shares no code with this one."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np

from kerasport.bundle import MODEL_FILE, Bundle
from kerasport.errors import BrowserError
from kerasport.parity.compare.location import Reader
from kerasport.parity.compare.tally import Answer, Expectation, WitnessIdentity
from kerasport.parity.witnesses import tensorflowjs_program
from kerasport.parity.witnesses.plain_model import check_plain

__all__ = ["PythonReader", "python_reader"]


class PythonReader:
    """A bundle in `tensorflowjs`. Made by `python_reader`."""

    metadata: dict[str, Any] | None = None
    read: Reader | None = None

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes], classes: int) -> None:
        version = importlib.metadata.version("tensorflowjs")
        self.identity = WitnessIdentity("tensorflowjs-python", version, "python", version)
        self._process = process
        self._log = log
        self._classes = classes

    def ask(self, batch: Sequence[Expectation]) -> list[Answer]:
        """Return the answers for the pixels of a batch."""
        pixels = np.stack([expected.pixels for expected in batch])
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(len(batch).to_bytes(8, "little") + pixels.tobytes())
            self._process.stdin.flush()
        body = self.receive(4 * len(batch) * self._classes)
        return [Answer(answer) for answer in np.frombuffer(body, "<f4").reshape(len(batch), -1)]

    def receive(self, count: int) -> bytes:
        """Return that many bytes of the process.

        Raises:
            BrowserError: it ended.
        """
        assert self._process.stdout is not None
        body = self._process.stdout.read(count)
        if len(body) < count:
            self._process.wait()
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit code {self._process.returncode}"
            raise BrowserError(f"the tensorflowjs package does not run the model: {reason}")
        return body


@contextlib.contextmanager
def python_reader(bundle: Bundle) -> Iterator[PythonReader]:
    """Yield the `tensorflowjs` package's own reader with the bundle's `model.json`.

    Raises:
        BrowserError: it is not installed, does not load the model, or would run what it says.
    """
    if importlib.util.find_spec("tensorflowjs") is None:
        raise BrowserError(
            "The tensorflowjs package is not installed. Where it has wheels (Linux x86-64, macOS "
            "on ARM, Python below 3.13): pip install 'kerasport[witness]'"
        )
    check_plain(bundle)
    shape = ",".join(str(side) for side in bundle.metadata.input_shape)
    quiet = {
        "TFDF_DISABLE_WELCOME_MESSAGE": "1",
        "TF_USE_LEGACY_KERAS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            # The package brings JAX, tf_keras and their warnings with it, and wants the Keras of
            # another age: not into this process.
            [
                sys.executable,
                tensorflowjs_program.__file__,
                bundle.path / MODEL_FILE,
                shape,
                str(os.getpid()),
            ],
            env={**os.environ, **quiet},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            reader = PythonReader(process, log, len(bundle.metadata.class_names))
            reader.receive(len(b"ready"))
            yield reader
        finally:
            process.kill()
            process.communicate()
