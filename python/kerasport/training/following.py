"""A training in a process that does not lead: it computes its part, and writes and says nothing."""

from __future__ import annotations

import json
from pathlib import Path

from kerasport.dataset import DataSource, PixelCache
from kerasport.errors import DataError
from kerasport.progress import SILENT
from kerasport.recipes import Recipe
from kerasport.runs.names import SETTINGS_FILE
from kerasport.training.completion import DECODED
from kerasport.training.correcting import corrected
from kerasport.training.job import WORK
from kerasport.training.model import fitted_model
from kerasport.training.origin import start_of
from kerasport.training.processes import current
from kerasport.training.reading import decode_pictures, read_pictures
from kerasport.training.unfinished import Settings

__all__ = ["follow"]


def follow(recipe: Recipe | None, *, data: DataSource | None, cache: Path | None) -> None:
    """Take part in the training that process 0 starts or goes on with.

    Args:
        recipe: as process 0 was given it; None where it goes on with a training.
        data: the same; the pictures must be there for each process.
        cache: where preprocessed pictures are kept. Where all processes see one cache, process 0
            has filled it; else this one fills its own.

    Raises:
        DataError: the pictures are not those of process 0.
        ModelError: see `train`.
    """
    world = current()
    settings = Settings.model_validate(json.loads(world.share(SETTINGS_FILE)))
    # Process 0 goes on with a training only where its pictures have a name.
    source = (settings.source or "") if recipe is None else recipe.prepare(data, WORK)
    validation = Path(settings.validation) if settings.validation else None
    dataset = read_pictures(source, settings.reading, validation, cache=cache, progress=SILENT)
    dataset = corrected(dataset, settings.tables, cache=cache, progress=SILENT).dataset
    if dataset.fingerprint != settings.fingerprint:
        raise DataError(
            f"Process {world.number} of {world.count} finds other pictures at '{source}' than "
            "process 0. Expected the same files at the same place for all of them."
        )
    world.share(DECODED)
    decoded = decode_pictures(
        dataset,
        settings.recipe,
        settings.reading,
        cache=PixelCache.find(cache),
        progress=SILENT,
    )
    fitted_model(
        settings.recipe,
        decoded,
        None,
        before=lambda model: None,
        start=start_of(settings),
        progress=SILENT,
    )
