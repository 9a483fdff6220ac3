"""Going on with a training that was interrupted."""

from __future__ import annotations

from pathlib import Path

from kerasport.dataset import DataSource
from kerasport.errors import DataError
from kerasport.models import BACKEND_VARIABLE, chosen_backend
from kerasport.progress import SILENT, Progress
from kerasport.runs import Run, check_target
from kerasport.runs.names import SETTINGS_FILE
from kerasport.training.completion import complete
from kerasport.training.correcting import corrected
from kerasport.training.describe import versions
from kerasport.training.processes import current, device_count
from kerasport.training.reading import read_pictures
from kerasport.training.unfinished import Unfinished

__all__ = ["resume"]


def resume(out: Path, *, data: DataSource | None = None, progress: Progress = SILENT) -> Run:
    """Go on with an interrupted training after its last whole epoch, and return the run folder.

    The result is that of a training without interruption: the same bits, on the same machine
    with the same versions.

    Args:
        out: the run folder that the training was to write.
        data: the pictures again, where they were given as arrays or as a table in memory.
        progress: told what is done.

    Raises:
        DataError: there is no such training, or the pictures are not the same any more.
        ModelError: see `train`.
    """
    unfinished = Unfinished(out)
    with unfinished.alone():
        return _resume(unfinished, data, progress=progress)


def _resume(unfinished: Unfinished, data: DataSource | None, *, progress: Progress) -> Run:
    out, settings = unfinished.out, unfinished.settings()
    check_target(out, force=settings.force)
    source = settings.source if data is None else data
    if source is None:
        raise DataError(
            f"The pictures of '{out}' were given as objects, which are gone. "
            "Go on from Python: kerasport.resume(out, data=...) with the same pictures."
        )
    versions_now = versions()
    backend = "jax" if "jax" in settings.versions else "tensorflow"
    if backend not in versions_now:
        raise DataError(
            f"The training of '{out}' began with Keras on {backend}, and Keras runs on "
            f"{chosen_backend()} here. Set {BACKEND_VARIABLE}={backend}, or start again with "
            "--force."
        )
    changed = [
        f"{name} {old} is now {new}"
        for name, old in settings.versions.items()
        if (new := versions_now.get(name)) != old
    ]
    if device_count() != settings.devices:
        changed.append(f"{settings.devices} device(s) are now {device_count()}")
    if changed:
        progress.warn(f"{'; '.join(changed)}: the result may differ in its last digits.")
    validation = Path(settings.validation) if settings.validation else None
    cache = Path(settings.cache) if settings.cache else None
    dataset = read_pictures(source, settings.reading, validation, cache=cache, progress=progress)
    dataset = corrected(dataset, settings.tables, cache=cache, progress=progress).dataset
    if dataset.fingerprint != settings.fingerprint:
        raise DataError(
            f"The pictures are no longer those that the training of '{out}' began with. "
            "Bring them back, or start again with --force."
        )
    current().share(SETTINGS_FILE, settings.to_json().encode())
    with unfinished.told_how_to_go_on(progress):
        return complete(settings, dataset, unfinished, progress=progress).run
