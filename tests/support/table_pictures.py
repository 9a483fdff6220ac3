"""Pictures that tables list, and what a data set made of them says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kerasport.dataset import Dataset, ReadOptions
from support.pictures import write_class_folders

NO_CUT = ReadOptions(test_share=0, validation_share=0)


def draw_pictures(folder: Path) -> Path:
    """Write nine pictures each into a/ and b/, with names of their own; return the folder."""
    root = write_class_folders(folder, {"a": 9, "b": 9})
    for path in sorted(root.rglob("*.png")):
        path.rename(path.with_name(f"{path.parent.name}-{path.name}"))
    return root


def paths(root: Path) -> list[str]:
    """Return where the pictures are below the folder that `draw_pictures` returned."""
    return [f"{name[0]}/{name}" for name in names(root)]


def link_pictures(drawn: Path, folder: Path) -> Path:
    """Link the pictures into images/ of a new folder, and return that."""
    images = folder / "data" / "images"
    images.mkdir(parents=True)
    for path in drawn.rglob("*.png"):
        (images / path.name).hardlink_to(path)
    return images.parent


def names(root: Path) -> list[str]:
    """Return the file names of the pictures; each begins with its class."""
    return sorted(path.name for path in root.rglob("*.png"))


def labels_of(dataset: Dataset) -> dict[str, str]:
    return {e.path.name: dataset.class_names[e.label] for e in dataset.examples}


def told_of(dataset: Dataset) -> list[tuple[str, str, str]]:
    """Return kind, severity and sentence of each remark."""
    return [(remark.kind, remark.severity, remark.text) for remark in dataset.remarks]


def row_table(line: str, *, heading: str = "") -> Callable[[list[str]], str]:
    """Return what writes a table: a heading, and a line per picture from its name."""

    def write(names: list[str]) -> str:
        lines = [
            line.format(
                name=name, stem=name[:-4], label=name[0], a=+(name[0] == "a"), b=+(name[0] == "b")
            )
            for name in names
        ]
        return "".join(f"{each}\n" for each in ([heading] if heading else []) + lines)

    return write
