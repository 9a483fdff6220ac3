"""What the name of a folder, a column or an array says about a split."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kerasport.dataset.dataset import Split

__all__ = ["Meaning", "NamedSplit", "is_collective", "split_in", "split_named", "splits_among"]

Meaning: TypeAlias = 'Split | Literal["held out", "unlabeled"]'
"""Of a name: a split; what is held out, for validation or for the test; pictures without labels."""

_SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "trainings": "train",
    "trainval": "train",
    "trn": "train",
    "test": "test",
    "tests": "test",
    "testing": "test",
    "tst": "test",
    "val": "validation",
    "vali": "validation",
    "valid": "validation",
    "validate": "validation",
    "validating": "validation",
    "validation": "validation",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
}
_MEANINGS: dict[str, Meaning] = {
    **_SPLITS,
    **dict.fromkeys(("eval", "evaluate", "evaluation", "heldout", "holdout"), "held out"),
    **dict.fromkeys(
        ("pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled", "submission"),
        "unlabeled",
    ),
    **dict.fromkeys(("entrenamiento", "treino", "treinamento", "apprentissage"), "train"),
    **dict.fromkeys(("entrainement", "addestramento"), "train"),
    **dict.fromkeys(("prueba", "pruebas", "teste", "testes"), "test"),
    **dict.fromkeys(("validierung", "validacion", "validacao", "validazione"), "validation"),
}
# Words that a folder of pictures of any kind may have in its name.
_COLLECTIVE = frozenset(
    (
        *("all", "bilder", "classes", "classification", "clean", "cropped", "crops", "cut"),
        *("dados", "data", "dataset", "datasets", "daten", "datos", "final", "folder"),
        *("folders", "full", "image", "imagenes", "imagens", "images", "img", "imgs", "jpeg"),
        *("jpegs", "jpg", "jpgs", "new", "original", "originals", "part", "photo", "photos"),
        *("pic", "pics", "picture", "pictures", "png", "pngs", "processed", "raw", "resized"),
        *("rgb", "sample", "samples", "seg", "set", "sets", "small", "sorted", "split"),
        *("splits", "subset"),
    )
)


@dataclass(frozen=True)
class NamedSplit:
    """What a name means, and its words that say nothing of it: `flowers` of `flowers-train`."""

    meaning: Meaning
    rest: tuple[str, ...] = ()


def split_named(name: str) -> Split | None:
    """Return the split that a whole word stands for: `train`, `training`, `test`, `val`, `dev`."""
    return _SPLITS.get(name)


def split_in(name: str) -> NamedSplit | None:
    """Return what the name of a folder says, whatever is around it: `seg_train`, `TrainSet`.

    None where it names no split, or two.
    """
    words = _words(name)
    meanings = {meaning for word in words if (meaning := _meaning(word))}
    if meanings == {"train", "validation"}:
        # Both parts together, to be cut anew.
        meanings = {"train"}
    if len(meanings) != 1:
        return None
    rest = tuple(word for word in words if not _meaning(word) and not _is_collective(word))
    return NamedSplit(meanings.pop(), rest)


def is_collective(name: str) -> bool:
    """Return whether a name is that of a folder of pictures of any kind, like `images`."""
    words = _words(name)
    return bool(words) and all(_is_collective(word) for word in words)


def splits_among(names: Iterable[str]) -> dict[str, Meaning]:
    """Return the meaning of those folders, side by side, that are named like splits.

    What else is in a name must be a word for pictures, or the same in the names of two splits:
    `flowers-train` counts beside `flowers-test`, and `train station` beside nothing.
    """
    found = {name: named for name in names if (named := split_in(name))}
    meanings: dict[tuple[str, ...], set[Meaning]] = {}
    for named in found.values():
        meanings.setdefault(named.rest, set()).add(named.meaning)
    return {
        name: named.meaning
        for name, named in found.items()
        if not named.rest or ("train" in meanings[named.rest] and len(meanings[named.rest]) > 1)
    }


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    # As Google Drive names what it packs: train-20240131T101500Z-001.
    plain = re.sub(r"\d{8}T\d{6}Z", " ", plain)
    # `TrainSet` are two words, and a number is none.
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+", plain)
    joined = " ".join(word.lower() for word in words)
    return re.sub(r"\b(hold|held) out\b", "holdout", joined).split()


def _meaning(word: str) -> Meaning | None:
    if word in _MEANINGS:
        return _MEANINGS[word]
    # Written together: `trainset`, `testimages`.
    for start, meaning in _MEANINGS.items():
        if word.startswith(start) and word[len(start) :] in _COLLECTIVE:
            return meaning
        if word.endswith(start) and word[: -len(start)] in _COLLECTIVE:
            return meaning
    return None


def _is_collective(word: str) -> bool:
    return word in _COLLECTIVE
