"""Write a classifier in other formats, each into a folder of the bundle, and compare each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from kerasport.bundle.agreement import same_answers
from kerasport.bundle.metadata import FileEntry, FormatAgreement, OtherFormat
from kerasport.errors import ExportError, UsageError
from kerasport.exporter.answering import rounded_up
from kerasport.exporter.formats.litert import write_litert, write_litert_int8
from kerasport.exporter.formats.onnx import write_onnx
from kerasport.exporter.formats.runtimes import (
    FormatRuntime,
    litert_runtime,
    onnx_runtime,
    teachable_runtime,
)
from kerasport.exporter.formats.subject import FormatSubject
from kerasport.exporter.formats.teachable_machine import write_teachable_machine
from kerasport.exporter.formats.transformers import write_transformers
from kerasport.files import sha256_of
from kerasport.literals import FormatName
from kerasport.progress import Progress

__all__ = ["check_formats", "runtime_of", "write_formats"]


@dataclass(frozen=True)
class _Format:
    """How a format is written, and what runs it where it is installed.

    Attributes:
        write: writes the files into a folder and returns them, the model first.
        runtime: what runs the model.
        is_exact: whether its answers must keep the model's tolerance.
    """

    write: Callable[[Path, FormatSubject], list[Path]]
    runtime: Callable[[Path], FormatRuntime | None]
    is_exact: bool = True


_FORMATS: dict[str, _Format] = {
    "onnx": _Format(write_onnx, onnx_runtime),
    "transformers": _Format(write_transformers, onnx_runtime),
    "litert": _Format(write_litert, litert_runtime),
    "litert-int8": _Format(write_litert_int8, litert_runtime, is_exact=False),
    "teachable-machine": _Format(write_teachable_machine, teachable_runtime),
}


def check_formats(names: Collection[str]) -> list[str]:
    """Return the formats once each, in the order in which they are documented.

    Raises:
        UsageError: there is no such format.
    """
    unknown = [name for name in names if name not in _FORMATS]
    if unknown:
        raise UsageError(
            f"There is no other format {unknown[0]!r}. Expected some of: {', '.join(_FORMATS)}."
        )
    return [name for name in get_args(FormatName) if name in names]


def runtime_of(name: str, path: Path) -> FormatRuntime | None:
    """Return what runs a file of a format; None where it is not installed.

    Raises:
        BundleError: it does not load the file.
    """
    return _FORMATS[name].runtime(path)


def write_formats(
    bundle: Path, names: Sequence[str], subject: FormatSubject, progress: Progress
) -> list[OtherFormat]:
    """Write a classifier in these formats, each into a folder of its name; return what was written.

    Where a runtime is installed, it runs the file, and must give the answers of the bundle.

    Raises:
        ExportError: a format cannot express the model, or its runtime answers otherwise.
    """
    written = []
    for name in names:
        paths = _FORMATS[name].write(bundle / name, subject)
        entries = [
            FileEntry(
                path=path.relative_to(bundle).as_posix(),
                bytes=path.stat().st_size,
                sha256=sha256_of(path),
            )
            for path in paths
        ]
        agreement = _compared(name, paths[0], subject, progress)
        written.append(OtherFormat(format=name, files=entries, agreement=agreement))
    return written


def _compared(
    name: str, path: Path, subject: FormatSubject, progress: Progress
) -> FormatAgreement | None:
    runtime = _FORMATS[name].runtime(path)
    if runtime is None:
        progress.say(
            f"{name}: written, and not compared, because what runs it is not installed. Install it "
            "with: pip install 'kerasport[formats]'"
        )
        return None
    is_exact = _FORMATS[name].is_exact
    # How much whole numbers of 8 bits cost shows on pictures like those that they were made for.
    pixels = subject.pixels if is_exact else np.asarray(subject.typical())
    expected = subject.expected if is_exact else subject.answer(pixels)
    answers = runtime.predict(pixels)
    off = np.abs(answers - expected).max(axis=1)
    largest = float(np.where(np.isfinite(off), off, 1.0).max())
    if is_exact and not largest <= subject.tolerance:
        raise ExportError(
            f"The model as {name}, run by {runtime.name} {runtime.version}, differs from the "
            f"bundle by {largest:.2g}. Allowed are {subject.tolerance:g}, which is what float32 "
            "explains. Nothing was put in place. Leave the format out, and please report it as a "
            "bug of kerasport."
        )
    same = same_answers(expected, answers, subject.description.labels_output)
    return FormatAgreement(
        runtime=f"{runtime.name} {runtime.version}",
        pictures=len(answers),
        top1_agreement=float(same.mean()),
        max_absolute_difference=min(1.0, rounded_up(largest)),
    )
