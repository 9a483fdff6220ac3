"""What can fail after the last epoch is tried before the first one."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from kerasport.dataset import Dataset, DecodedDataset, part_of
from kerasport.errors import DataError, KerasportError
from kerasport.evaluation import Evaluation, LabelEvaluation, score, score_labels
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.runs import choose_samples, write_samples
from kerasport.training.fitting import History
from kerasport.training.record import FinishedRun

__all__ = ["made_up_evaluation", "made_up_history", "rehearse", "stage_samples"]

_PICTURES = 24
# Weights, their best, and two of each for the optimizer; a new checkpoint beside the last one, and
# at the end the run. The old run stays until the new one is in place.
_COPIES = 12


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """Yield an empty folder, and remove it; what a killed training left there goes too."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rehearse(
    run: Callable[[], FinishedRun], folder: Path, *, out: Path, progress: Progress
) -> None:
    """Write a run with made-up figures into `folder`, and remove it.

    Args:
        run: makes it.
        folder: where the unfinished training is kept.
        out: where the run will be.
        progress: told where the page or the plots cannot be made. The training goes on then: the
            model matters more.

    Raises:
        DataError: it cannot be written, or there is too little room.
        KerasportError: a package is missing.
    """
    try:
        with _emptied(folder / "rehearsal") as temporary:
            made_up = run()
            made_up.write(temporary)
            _require_room(made_up.model, folder, out=out)
            try:
                made_up.write_report(temporary)
            except (KerasportError, OSError):
                raise
            except Exception as error:  # Whatever drawing libraries raise.
                progress.warn(f"There will be no report: it cannot be made ({error!r}).")
    except OSError as error:
        raise DataError(
            f"'{out}' cannot be written ({error.strerror or error}). This was tried before the "
            "first epoch; make room, or name another folder with --out."
        ) from None


def stage_samples(dataset: Dataset, folder: Path) -> None:
    """Write the run's sample pictures, which may be gone when the training ends.

    Raises:
        DataError: one of them cannot be read any more, or written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        write_samples(choose_samples(dataset), folder, class_names=dataset.class_names)
    except OSError as error:
        raise DataError(
            f"'{error.filename or folder}' cannot be read or written any more "
            f"({error.strerror or error}), and the run's sample pictures need it. Mend that, and "
            "start again."
        ) from None


def made_up_history(*, has_validation: bool) -> History:
    """Return what two epochs could have given."""
    falling, rising = (1.0, 0.5), (0.5, 0.75)
    return History(
        loss=falling,
        accuracy=rising,
        validation_loss=falling if has_validation else (),
        validation_accuracies=rising if has_validation else (),
        learning_rates=(1e-3, 1e-3),
        seconds=(1.0, 1.0),
        best_epoch=2,
        phases=(("Training", 2),),
    )


def made_up_evaluation(decoded: DecodedDataset) -> Evaluation | LabelEvaluation | None:
    """Return an evaluation of some test pictures in which every second answer is wrong."""
    pixels, truth = decoded.split("test")
    if len(pixels) == 0:
        return None
    examples = decoded.dataset.in_split("test")
    count = min(_PICTURES, len(truth))
    chosen = np.linspace(0, len(truth) - 1, count).round().astype(np.int64)
    paths = [examples[index].path.relative_to(decoded.dataset.root) for index in chosen]
    classes = len(decoded.dataset.class_names)
    if decoded.dataset.kind == "labels":
        wrong = (np.arange(count)[:, None] + np.arange(classes)) % 2
        answers = np.where(truth[chosen] != wrong, 0.9, 0.1).astype(np.float32)
        return score_labels(
            [answers],
            truth[chosen],
            decoded.dataset.class_names,
            thresholds=[0.5] * classes,
            paths=paths,
            pixels=part_of(pixels, chosen),
        )
    answers = np.full((count, classes), 0.1 / classes, np.float32)
    answered = (truth[chosen] + np.arange(count) % 2) % classes
    answers[np.arange(count), answered] = 0.9
    return score(
        answers,
        truth[chosen],
        decoded.dataset.class_names,
        paths=paths,
        pixels=part_of(pixels, chosen),
    )


def _require_room(model: KerasModel, folder: Path, *, out: Path) -> None:
    weights = sum(int(np.prod(variable.shape)) * 4 for variable in model.variables)
    needed, free = _COPIES * weights, shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"Training '{out}' needs about {needed / 1e6:,.0f} MB on its disk, and "
            f"{free / 1e6:,.0f} MB are free. Make room, or name another folder with --out."
        )
