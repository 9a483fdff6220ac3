"""Decoding pictures into the cache before a training, on one machine or a part on each of many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kerasport.dataset import DataSource, Packed, Part, PixelCache, Skipped, read_data, read_part
from kerasport.dataset.requirements import require_readable
from kerasport.errors import DataError
from kerasport.preprocess import ImageSpec
from kerasport.progress import SILENT, Progress
from kerasport.recipes import Recipe
from kerasport.training.choices import decide_open_choices
from kerasport.training.options import TrainingOptions

__all__ = ["Cached", "fill_cache"]


@dataclass(frozen=True)
class Cached:
    """What a cache has of some data.

    Attributes:
        folder: where the pictures of this specification are.
        pictures: how many of the data are in it.
        skipped: those that have no pixels.
        packed: what the folder has in all.
    """

    folder: Path
    pictures: int
    skipped: tuple[Skipped, ...]
    packed: Packed


def fill_cache(
    data: DataSource,
    recipe: Recipe,
    *,
    options: TrainingOptions | None = None,
    part: Part | None = None,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Cached:
    """Decode what a training would, into the cache that it uses, and return what came of it.

    A training with the same choices then decodes nothing. What is there already is not decoded
    again, and what an interruption leaves stays.

    Args:
        data: as `kerasport.train` takes it.
        recipe: whose training it is for.
        options: what differs from the recipe.
        part: decode this part only; then the recipe and the options must say size and colors of
            the input, which are decided by looking at all pictures.
        cache: the folder; None as in `kerasport.train`.
        progress: told what is done.

    Raises:
        DataError: the data cannot be read, the cache is switched off, or a part would have to
            decide what only the whole can.
        OSError: the cache cannot be written.
    """
    kept = PixelCache.find(cache)
    if kept is None:
        raise DataError(
            "The cache is switched off by an empty KERASPORT_CACHE. Name a folder with --out."
        )
    options = options or TrainingOptions()
    chosen = options.apply(recipe)
    reading = options.read_options(chosen)
    if part is None:
        dataset = read_data(data, options=reading, progress=progress, cache=cache)
        settled, told = decide_open_choices(chosen, dataset, cache=kept)
        size, color_mode = settled.image_size, settled.color_mode
        for name in ("image_size", "color_mode"):
            if name in told:
                progress.say(told[name])
    elif chosen.image_size is None or chosen.color_mode is None:
        raise DataError(
            "A part of the pictures does not tell what all of them are like. Say the model's input "
            "as the training will have it, like --image-size 128 --color-mode rgb."
        )
    else:
        dataset = read_part(data, part, options=reading, progress=progress)
        size, color_mode = chosen.image_size, chosen.color_mode
    spec = ImageSpec(
        height=size[0],
        width=size[1],
        color_mode=color_mode,
        fit=chosen.fit,
        resample=chosen.resample,
    )
    _, damaged = kept.load(dataset.examples, spec, progress=progress)
    skipped = (*dataset.skipped, *damaged)
    if part is None:
        total = len(dataset.examples) + len(dataset.skipped)
        limit = reading.max_unreadable
        require_readable(skipped, total=total, limit=limit, root=dataset.root)
    packed = kept.pack(spec, progress=progress)
    return Cached(kept.shelf(spec), len(dataset.examples) - len(damaged), skipped, packed)
