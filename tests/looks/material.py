"""What the states of the page are made with: sites and pictures, from the bundle alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from support.damage import seal_folder

from kerasport.bundle import Bundle
from kerasport.site import write_site

__all__ = ["Material", "make_material"]

_COPIES_OF_MANY = 6
_COPIES_OF_VERY_MANY = 200
_WRONG = 7
"""Every so many pictures one lies in the folder of another class."""


@dataclass(frozen=True)
class Material:
    """Files to show the page.

    Attributes:
        site: the page with the model.
        site_without_model: the page alone.
        site_with_broken_model: the page with a model that cannot be used.
        unsure_bundle: the model with a threshold that nothing reaches.
        broken_bundle: a folder with a changed file.
        pictures: the bundle's samples.
        unreadable: a file that is no picture.
        many: class folders with pictures, some of them in the wrong one.
        very_many: so many that the page is busy for a while.
    """

    site: Path
    site_without_model: Path
    site_with_broken_model: Path
    unsure_bundle: Path
    broken_bundle: Path
    pictures: tuple[Path, ...]
    unreadable: Path
    many: Path
    very_many: Path


def make_material(bundle: Bundle, folder: Path) -> Material:
    """Write everything into an empty folder."""
    site = write_site(bundle, folder / "site").parent
    without = folder / "without"
    shutil.copytree(site, without, ignore=shutil.ignore_patterns("model"))
    broken = folder / "broken"
    shutil.copytree(site, broken)
    script = broken / "model" / "model.js"
    script.write_bytes(_damaged(script.read_bytes()))
    unsure = folder / "unsure"
    shutil.copytree(bundle.path, unsure)
    metadata = json.loads((unsure / "metadata.json").read_text(encoding="utf-8"))
    changed = json.dumps({**metadata, "confidenceThreshold": 1.0})
    (unsure / "metadata.json").write_text(changed, encoding="utf-8")
    seal_folder(unsure)
    damaged = folder / "damaged"
    shutil.copytree(bundle.path, damaged)
    (damaged / "model.json").write_text("{}", encoding="utf-8")
    unreadable = folder / "IMG_20260214_183501_a_holiday.jpg"
    unreadable.write_bytes(b"no picture")
    return Material(
        site=site,
        site_without_model=without,
        site_with_broken_model=broken,
        unsure_bundle=unsure,
        broken_bundle=damaged,
        pictures=tuple(bundle.path / sample.file for sample in bundle.samples()),
        unreadable=unreadable,
        many=_class_folders(bundle, folder / "many" / "pictures", _COPIES_OF_MANY),
        very_many=_class_folders(bundle, folder / "very many" / "pictures", _COPIES_OF_VERY_MANY),
    )


def _damaged(script: bytes) -> bytes:
    """Return a script that breaks off, as a copy does that was stopped."""
    # Two bytes stand for a character in the newer form; an even length keeps them together.
    return script[: len(script) // 4 * 2]


def _class_folders(bundle: Bundle, root: Path, copies: int) -> Path:
    samples = [sample for sample in bundle.samples() if sample.label is not None]
    names = bundle.metadata.class_names
    number = 0
    for copy in range(copies):
        for sample in samples:
            number += 1
            label = names[number % len(names)] if number % _WRONG == 0 else str(sample.label)
            target = root / label / f"IMG_2026{number:04d}_{copy}{Path(sample.file).suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle.path / sample.file, target)
    return root
