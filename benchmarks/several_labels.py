"""Makes pictures with several labels out of pictures with one, as files and a table.

    .venv/bin/python benchmarks/several_labels.py --data flowers.zip --out work/pairs
    .venv/bin/python benchmarks/several_labels.py --data mnist.npz --out work/figures
    .venv/bin/kerasport train folder --data work/pairs/labels.csv --image-size 96x192

Of a folder or ZIP with `train/`, `val/` and class folders it makes pairs: two photos side by side,
192x96, with the labels of both, or one beside gray noise, or nothing but noise. Of `mnist.npz` it
makes canvases of 64x64 with up to four figures at places that do not touch. They are composed, not
found: no photo was labeled twice by anybody, and a model may look at each half for itself. No photo
or figure is in two splits.
"""

from __future__ import annotations

import argparse
import csv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE, CANVAS, FIGURE = 96, 64, 28
SPLITS = ("train", "validation", "test")
# Shares of pairs with two photos, with one and with none; of canvases by their number of figures.
PHOTOS, FIGURES = (0.05, 0.25, 0.70), (0.08, 0.30, 0.30, 0.20, 0.12)

Compose = Callable[[str, np.random.Generator], tuple[Image.Image, list[str]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="flowers.zip, a folder, mnist.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--pictures", type=int, default=3000, help="all splits together")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    generator = np.random.default_rng(args.seed)
    compose = figures(args.data) if args.data.suffix == ".npz" else pairs(args.data)
    args.out.mkdir(parents=True)
    with (args.out / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("path", "label", "split"))
        for split, share in zip(SPLITS, (0.7, 0.15, 0.15), strict=True):
            (args.out / split).mkdir()
            for number in range(round(share * args.pictures)):
                picture, labels = compose(split, generator)
                name = f"{split}/{number:05d}.png"
                picture.save(args.out / name)
                writer.writerow((name, "|".join(labels), split))
    print(f"{args.pictures:,} pictures, listed in {args.out / 'labels.csv'}")


def pairs(source: Path) -> Compose:
    """Return what puts photos side by side; every sixth of train/ is kept for validation."""
    photos: dict[str, list[tuple[str, NDArray[np.uint8]]]] = {split: [] for split in SPLITS}
    for number, (folder, name, picture) in enumerate(photos_of(source)):
        split = "test" if folder == "val" else "validation" if number % 6 == 0 else "train"
        photos[split].append((name, picture))

    def compose(split: str, generator: np.random.Generator) -> tuple[Image.Image, list[str]]:
        canvas = noise((SIDE, 2 * SIDE, 3), generator)
        labels = set()
        places = generator.permutation(2)[: generator.choice(3, p=PHOTOS)]
        for place in places:
            name, picture = photos[split][generator.integers(len(photos[split]))]
            canvas[:, place * SIDE : (place + 1) * SIDE] = picture
            labels.add(name)
        return Image.fromarray(canvas), sorted(labels)

    return compose


def photos_of(source: Path) -> Iterator[tuple[str, str, NDArray[np.uint8]]]:
    """Yield split folder, class and square pixels of every photo, in the order of the names."""
    if source.is_dir():
        files = sorted(path for path in source.rglob("*") if path.suffix.lower() == ".jpg")
        for path in files:
            yield path.parts[-3], path.parts[-2], square(Image.open(path))
        return
    with zipfile.ZipFile(source) as archive:
        for name in sorted(archive.namelist()):
            if name.lower().endswith(".jpg"):
                with archive.open(name) as stream:
                    parts = name.split("/")
                    yield parts[-3], parts[-2], square(Image.open(stream))


def noise(shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return gray noise, so that no two pictures with nothing in them are the same."""
    return generator.integers(100, 156, shape, dtype=np.uint8)


def square(image: Image.Image) -> NDArray[np.uint8]:
    """Return the middle of a photo, uint8 `[96, 96, 3]`."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    cut = image.convert("RGB").resize((SIDE, SIDE), box=(left, top, left + side, top + side))
    return np.asarray(cut)


def figures(source: Path) -> Compose:
    """Return what draws MNIST's figures on a canvas, each in a quarter of it."""
    arrays = np.load(source)
    x, y = arrays["x_train"], arrays["y_train"]
    cut = len(x) * 5 // 6
    parts: dict[str, tuple[NDArray[np.uint8], Sequence[int]]] = {
        "train": (x[:cut], y[:cut]),
        "validation": (x[cut:], y[cut:]),
        "test": (arrays["x_test"], arrays["y_test"]),
    }

    def compose(split: str, generator: np.random.Generator) -> tuple[Image.Image, list[str]]:
        pixels, names = parts[split]
        canvas = noise((CANVAS, CANVAS), generator) // 8
        labels = set()
        room = CANVAS // 2 - FIGURE + 1
        for quarter in generator.permutation(4)[: generator.choice(5, p=FIGURES)]:
            number = generator.integers(len(pixels))
            top, left = np.array(divmod(int(quarter), 2)) * (CANVAS // 2)
            top, left = top + generator.integers(room), left + generator.integers(room)
            place = canvas[top : top + FIGURE, left : left + FIGURE]
            np.maximum(place, pixels[number], out=place)
            labels.add(str(names[number]))
        return Image.fromarray(canvas), sorted(labels)

    return compose


if __name__ == "__main__":
    main()
