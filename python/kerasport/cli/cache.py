"""`kerasport cache`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kerasport.cli.console import messages, print_json, results, suggest
from kerasport.cli.shared_options import (
    ClassesOption,
    FitOption,
    JsonOption,
    LabelsOption,
    ResampleOption,
    RootOption,
    UnreadableOption,
    option_of,
    parse_classes,
    parse_image_size,
)
from kerasport.literals import ColorMode

if TYPE_CHECKING:
    from kerasport.dataset import Packed
    from kerasport.training.caching import Cached

__all__ = ["cache"]

_MERGE = "merge"
_SHOWN = 5


def cache(
    data: Annotated[
        str, typer.Argument(help="Pictures, as 'kerasport train --data' takes them; or merge.")
    ],
    caches: Annotated[
        list[Path] | None,
        typer.Argument(help="After merge: the caches that are brought into one."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Decode part I of N only, like 3/16, for merging later."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="Recipe whose training it is for; it chooses what is not chosen.")
    ] = "folder",
    image_size: Annotated[str | None, option_of("image_size")] = None,
    color_mode: Annotated[ColorMode | None, option_of("color_mode")] = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    labels: LabelsOption = None,
    classes: ClassesOption = None,
    root: RootOption = None,
    seed: Annotated[int | None, option_of("seed")] = None,
    test_share: Annotated[float | None, option_of("test_share")] = None,
    validation_share: Annotated[float | None, option_of("validation_share")] = None,
    max_unreadable: UnreadableOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--into",
            "--cache",
            help="Folder for decoded pictures.  "
            "\\[default: $KERASPORT_CACHE, else .cache/kerasport]",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decode pictures into the cache that training uses, on one machine or on many.

    Every machine takes a part; their caches, merged in any order, are byte for byte what one
    machine would have.

    [bold]kerasport cache pictures[/]\n
    [bold]kerasport cache pictures --shard 3/16 --image-size 128 --color-mode rgb --out part-3[/]\n
    [bold]kerasport cache merge part-1 part-2 part-3[/]
    """
    if data == _MERGE:
        _merge(caches or [], out, as_json=as_json)
        return
    if caches:
        raise typer.BadParameter(
            f"'{caches[0]}' follows '{data}'. Give one source of pictures, or 'merge' and the "
            "caches to bring into one."
        )
    from kerasport.dataset import Part
    from kerasport.progress import RichProgress
    from kerasport.recipes import get_recipe
    from kerasport.training import TrainingOptions
    from kerasport.training.caching import fill_cache

    cached = fill_cache(
        data,
        get_recipe(recipe),
        options=TrainingOptions(
            image_size=parse_image_size(image_size),
            color_mode=color_mode,
            fit=fit,
            resample=resample,
            labels=labels,
            classes=parse_classes(classes),
            root=root,
            seed=seed,
            test_share=test_share,
            validation_share=validation_share,
            max_unreadable=max_unreadable,
        ),
        part=None if shard is None else Part.parse(shard),
        cache=out,
        progress=RichProgress(messages),
    )
    if as_json:
        print_json(_as_json(cached))
        return
    results.print(f"{cached.pictures:,} pictures in {cached.folder}", soft_wrap=True)
    for skipped in cached.skipped[:_SHOWN]:
        messages.print(f"Skipped: {skipped.path} ({skipped.reason})", style="yellow")
    if len(cached.skipped) > _SHOWN:
        messages.print(f"and {len(cached.skipped) - _SHOWN:,} more; all with --json", style="dim")
    if shard is not None:
        suggest("kerasport cache merge CACHE CACHE ...")


def _as_json(cached: Cached) -> dict[str, Any]:
    return {
        "folder": str(cached.folder),
        "pictures": cached.pictures,
        "skipped": [
            {"file": str(skipped.path), "reason": skipped.reason} for skipped in cached.skipped
        ],
    }


def _merge(caches: list[Path], into: Path | None, *, as_json: bool) -> None:
    from kerasport.dataset import PixelCache, merge_caches
    from kerasport.errors import DataError
    from kerasport.progress import RichProgress

    if not caches:
        raise typer.BadParameter("Name the caches to merge: kerasport cache merge part-1 part-2")
    target = PixelCache.find(into)
    if target is None:
        raise DataError(
            "The cache is switched off by an empty KERASPORT_CACHE. Name a folder with --into."
        )
    merged = merge_caches(caches, target, progress=RichProgress(messages))
    if as_json:
        print_json(
            [
                {"folder": str(folder), "pictures": packed.pictures, "damaged": packed.damaged}
                for folder, packed in merged.shelves.items()
            ]
        )
        return
    for folder, packed in merged.shelves.items():
        _tell(folder, packed)


def _tell(folder: Path, packed: Packed) -> None:
    unreadable = f", {packed.unreadable:,} unreadable" if packed.unreadable else ""
    results.print(f"{packed.pictures:,} pictures{unreadable} in {folder}", soft_wrap=True)
    if packed.damaged:
        messages.print(
            f"{packed.damaged:,} damaged picture(s) were left out; the next training decodes them.",
            style="yellow",
        )
