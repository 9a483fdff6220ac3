"""From settings and pictures to a run: what a training and one that goes on have in common."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kerasport.classifier import Classifier
from kerasport.dataset import (
    DataReport,
    Dataset,
    DecodedDataset,
    PixelCache,
    check_dataset,
    hash_rows,
)
from kerasport.errors import DataError
from kerasport.evaluation import (
    Evaluation,
    LabelEvaluation,
    ModelComparison,
    ask,
    compare_models,
    score_batches,
    score_labels,
)
from kerasport.models import KerasModel
from kerasport.progress import Progress
from kerasport.report import Report
from kerasport.runs import DataRecord, Run, names, new_run
from kerasport.shares import share_text
from kerasport.training.calibration import (
    CalibrationOutcome,
    LabelCalibration,
    calibrate,
    calibrate_labels,
)
from kerasport.training.describe import TrainingResult, describe
from kerasport.training.fitting import History
from kerasport.training.model import fitted_model
from kerasport.training.novelty import NoveltyOutcome, measure_novelty
from kerasport.training.origin import EarlierAnswers, Origin
from kerasport.training.processes import current
from kerasport.training.reading import decode_pictures
from kerasport.training.record import FinishedRun, RecipeRecord
from kerasport.training.rehearsal import (
    made_up_evaluation,
    made_up_history,
    rehearse,
    stage_samples,
)
from kerasport.training.unfinished import Settings, Unfinished

__all__ = ["DECODED", "complete"]

DECODED = "decoded"
"""What the other processes wait for: the cache then holds every picture."""


def complete(
    settings: Settings, dataset: Dataset, unfinished: Unfinished, *, progress: Progress
) -> Classifier:
    """Train, calibrate, test, write the run, and remove what was kept of the unfinished training.

    Raises:
        DataError: pictures turn out to be damaged, the checkpoint is, or the run cannot be written.
        ModelError: the training diverged, or the model does not fit the pictures.
    """
    recipe = settings.recipe
    cache = PixelCache.find(Path(settings.cache) if settings.cache else None)
    started = time.perf_counter()
    origin = Origin.open(Path(settings.origin)) if settings.origin else None
    decoded = decode_pictures(dataset, recipe, settings.reading, cache=cache, progress=progress)
    current().share(DECODED)
    found = check_dataset(decoded.dataset, options=settings.reading, hashes=hash_rows(decoded))
    for warning in found.warnings:
        progress.warn(warning)
    ready = time.perf_counter()
    stage_samples(decoded.dataset, unfinished.path / names.SAMPLES_FOLDER)
    # Asked before the training: the run may be gone, or replaced by this one, after it.
    earlier = None
    if origin is not None and settings.comparable:
        earlier = origin.answers_to(decoded, progress=progress)
    ending = _Ending(settings, unfinished, decoded, found, progress, earlier)
    try:
        model, history = fitted_model(
            recipe,
            decoded,
            unfinished.path,
            before=ending.rehearse,
            start=origin.start if origin else None,
            progress=progress,
        )
    except OSError as error:
        raise _stopped(unfinished, "could not be kept on disk", error) from error
    times = {"decode and check the pictures": ready - started, "train": time.perf_counter() - ready}
    try:
        return ending.play(model, history, times)
    except Exception as error:  # Whatever it is, the training is not lost by it.
        raise _stopped(unfinished, "is finished, but could not be written", error) from error


def _stopped(unfinished: Unfinished, what: str, error: Exception) -> DataError:
    out = unfinished.out
    reason = error.strerror if isinstance(error, OSError) else None
    said = str(reason or error or repr(error)).rstrip(".")
    advice = (
        f"What is done is kept; when that is mended, go on with: kerasport train --resume {out}"
        if unfinished.can_go_on
        else "Mend that and start it again."
    )
    return DataError(f"The training of '{out}' {what}: {said}. {advice}")


@dataclass(frozen=True)
class _Ending:
    """What comes after the last epoch, and its rehearsal before the first one."""

    settings: Settings
    unfinished: Unfinished
    decoded: DecodedDataset
    found: DataReport
    progress: Progress
    earlier: EarlierAnswers | None = None

    @property
    def samples(self) -> Path:
        return self.unfinished.path / names.SAMPLES_FOLDER

    def rehearse(self, model: KerasModel) -> None:
        def run() -> FinishedRun:
            history = made_up_history(has_validation=len(self.decoded.split("validation")[0]) > 0)
            return self._run(model, history, None, made_up_evaluation(self.decoded), {"train": 1.0})

        rehearse(run, self.unfinished.path, out=self.unfinished.out, progress=self.progress)

    def play(self, model: KerasModel, history: History, times: dict[str, float]) -> Classifier:
        """Calibrate, test, and write the run."""
        out, say = self.unfinished.out, self.progress.say
        trained = time.perf_counter()
        # The last thing that is chosen, hence on validation; the test sees the model that is kept.
        calibration = self._calibrate(model)
        if calibration is not None:
            say(calibration.note)
        novelty = measure_novelty(model, self.decoded)
        say(novelty.note)
        evaluation = _evaluate_once(model, self.decoded, calibration)
        if evaluation is not None:
            say(
                f"{_told(evaluation)} of {evaluation.pictures:,} "
                f"pictures (best epoch {history.best_epoch} of {history.epochs})."
            )
            if (compared := self._compared(evaluation)) is not None:
                say(compared.text)
        times["calibrate and test"] = time.perf_counter() - trained
        finished = self._run(model, history, calibration, evaluation, times, novelty)
        with new_run(out, force=self.settings.force) as folder:
            finished.write(folder)
            table = self.unfinished.path / names.CORRECTIONS_FILE
            if table.is_file():
                shutil.copyfile(table, folder / table.name)
            logs = self.unfinished.path / names.TENSORBOARD_FOLDER
            if logs.is_dir():
                shutil.copytree(logs, folder / names.TENSORBOARD_FOLDER)
            self._write_report(finished, folder)
        self.unfinished.remove()
        return Classifier(Run.open(out), model, evaluation)

    def _calibrate(self, model: KerasModel) -> CalibrationOutcome | LabelCalibration | None:
        recipe, dataset = self.settings.recipe, self.decoded.dataset
        pictures = self.decoded.split("validation")
        if dataset.kind == "probabilities":
            return calibrate(model, *pictures, adjust=recipe.calibrate)
        return calibrate_labels(
            model,
            *pictures,
            dataset.class_names,
            adjust=recipe.calibrate,
            precision=recipe.label_precision,
        )

    def _write_report(self, finished: FinishedRun, folder: Path) -> None:
        try:
            finished.write_report(folder)
        except Exception as error:  # Model and figures are worth more than any page.
            out = self.unfinished.out
            self.progress.warn(
                f"The report could not be made ({error!r}). Model and figures are in '{out}'; make "
                f"it again with: kerasport evaluate {out} --report {out / names.REPORT_PAGE}"
            )

    def _run(
        self,
        model: KerasModel,
        history: History,
        calibration: CalibrationOutcome | LabelCalibration | None,
        evaluation: Evaluation | LabelEvaluation | None,
        times: dict[str, float],
        novelty: NoveltyOutcome | None = None,
    ) -> FinishedRun:
        settings, decoded, found = self.settings, self.decoded, self.found
        result = TrainingResult(
            settings.recipe, decoded, model, history, calibration, evaluation, novelty
        )
        record = RecipeRecord(recipe=settings.recipe, choices=settings.choices)
        report = Report(
            description=describe(self.unfinished.out.name, result),
            recipe=record.to_dict()["recipe"],
            history=history.to_dict(),
            evaluation=evaluation,
            warnings=tuple(found.warnings),
            findings=found.to_dict()["findings"],
            automatic=record.to_dict()["choices"],
            timings=times,
            calibration_note=calibration.note if calibration else "",
            comparison=self._compared(evaluation),
        )
        data = DataRecord(
            root=str(decoded.dataset.root.absolute()),
            source=settings.source,
            reading=settings.reading,
            validation=settings.validation,
            corrections=settings.corrections,
        )
        scale = novelty.scale if novelty else None
        return FinishedRun(model, history, record, data, self.samples, report, scale)

    def _compared(self, evaluation: Evaluation | LabelEvaluation | None) -> ModelComparison | None:
        """Return the new answers beside the earlier model's; those of a rehearsal are fewer."""
        if self.earlier is None or not isinstance(evaluation, Evaluation):
            return None
        if len(evaluation.truth) != len(self.earlier.predicted):
            return None
        return compare_models(self.earlier.name, self.earlier.predicted, evaluation)


def _told(evaluation: Evaluation | LabelEvaluation) -> str:
    if isinstance(evaluation, Evaluation):
        return f"Test accuracy: {share_text(evaluation.accuracy)}"
    precision = evaluation.mean_average_precision
    return (
        f"Test: mean average precision {'unknown' if precision is None else share_text(precision)},"
        f" F1 {share_text(evaluation.macro_f1)}, all labels right for "
        f"{share_text(evaluation.exact_match)}"
    )


def _evaluate_once(
    model: KerasModel,
    decoded: DecodedDataset,
    calibration: CalibrationOutcome | LabelCalibration | None,
) -> Evaluation | LabelEvaluation | None:
    pixels, truth = decoded.split("test")
    if len(pixels) == 0:
        return None
    paths = [
        example.path.relative_to(decoded.dataset.root)
        for example in decoded.dataset.in_split("test")
    ]
    answers = ask(model, pixels)
    if isinstance(calibration, LabelCalibration):
        return score_labels(
            answers,
            truth,
            decoded.dataset.class_names,
            thresholds=calibration.output.thresholds,
            paths=paths,
            pixels=pixels,
        )
    return score_batches(answers, truth, decoded.dataset.class_names, paths=paths, pixels=pixels)
