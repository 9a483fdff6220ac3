"""Plant wrong labels in a folder of pictures, and see how early a review lists them.

    python benchmarks/review_planted.py --data path/to/flowers --recipe transfer \\
        --weights path/to/no_top.h5 --width 0.35

A share of the pictures, chosen by a seed, is copied into the folder of another class, also chosen;
the others into their own. Then they are reviewed as `kerasport review` does it. Labels that were
wrong before count as right, so that the shares are rather too low.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of class folders")
    parser.add_argument("--recipe", default="folder")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--side", type=int, help="input size in pixels; else the recipe's")
    parser.add_argument("--weights", help="backbone weights without top, recipe transfer")
    parser.add_argument("--width", type=float, help="alpha of MobileNetV2, recipe transfer")
    parser.add_argument("--share", type=float, default=0.05, help="of wrong labels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, help="where the page is left")
    return parser.parse_args()


def plant(dataset: object, folder: Path, *, share: float, seed: int) -> set[str]:
    """Write the pictures into class folders, some into a wrong one; return those by content."""
    from kerasport.dataset import Dataset

    assert isinstance(dataset, Dataset)
    generator = random.Random(seed)
    examples = sorted(dataset.examples, key=lambda example: example.content)
    wrong = set(generator.sample(range(len(examples)), round(share * len(examples))))
    names = dataset.class_names
    for at, example in enumerate(examples):
        label = example.label
        if at in wrong:
            label = generator.choice([other for other in range(len(names)) if other != label])
        target = folder / names[label] / f"{at:06d}{example.path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(example.path, target)
    return {examples[at].content for at in wrong}


def main() -> None:
    """Plant, review, and print how many of the planted are within each share of the list."""
    from kerasport.dataset import ReadOptions, read_data
    from kerasport.progress import RichProgress
    from kerasport.recipes import get_recipe
    from kerasport.review import review_data
    from kerasport.training import TrainingOptions

    options = arguments()
    choices = {
        "epochs": options.epochs,
        "image_size": (options.side, options.side) if options.side else None,
        "weights": options.weights,
        "width": options.width,
        "seed": options.seed,
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "planted")
        dataset = read_data(options.data, options=ReadOptions(min_per_class=1))
        planted = plant(dataset, folder, share=options.share, seed=options.seed)
        started = time.perf_counter()
        review = review_data(
            folder,
            get_recipe(options.recipe),
            out=options.page or Path(temporary, "review.html"),
            options=TrainingOptions(**{k: v for k, v in choices.items() if v is not None}),
            folds=options.folds,
            force=True,
            progress=RichProgress(),
        )
        seconds = time.perf_counter() - started
    listed = [suspect.example.content in planted for suspect in review.suspects]
    right = sum(suspect.given == suspect.proposed for suspect in review.suspects)
    doubted = sum("label" in suspect.kinds for suspect in review.suspects)
    print(
        f"{len(planted):,} of {len(listed):,} labels planted; answers equal to the given labels "
        f"{right / len(listed):.1%}; {doubted:,} doubted; {seconds:.0f} s"
    )
    for share in (0.02, 0.05, 0.1, 0.2, 0.3):
        found = sum(listed[: round(share * len(listed))])
        print(f"first {share:4.0%} of the list: {found:,} planted, {found / len(planted):.1%}")


if __name__ == "__main__":
    main()
