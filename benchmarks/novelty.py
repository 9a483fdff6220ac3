"""How many strange pictures a run takes for its own, by their features and by softmax alone.

    python benchmarks/novelty.py runs/flowers castings digits cifar10

Own pictures are the run's test pictures, where they were when it was trained; strangers are all
pictures in the folders that are named, whatever lies between. Both ways accept 95 % of the
validation pictures: by the distance of their features, as the run has it, and by the probability of
the best class. What is shown is the share that each accepts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a run folder that tells strange pictures")
    parser.add_argument("strangers", type=Path, nargs="+", help="folders of other pictures")
    parser.add_argument("--most", type=int, default=1000, help="pictures of a folder, evenly taken")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    import numpy as np

    from kerasport import models
    from kerasport.dataset import preprocess_file
    from kerasport.dataset.parallel import in_parallel
    from kerasport.errors import DataError
    from kerasport.runs import Run, training_data

    options = arguments()
    run = Run.open(options.run)
    scale = run.novelty_scale
    if scale is None:
        raise SystemExit(f"{options.run} does not tell strange pictures.")
    watched = models.watch_features(models.load_model(run.model_path))
    assert isinstance(watched, models.WatchedModel)

    def read(path: Path) -> np.ndarray | None:
        try:
            return preprocess_file(path, run.image_spec)
        except DataError:
            return None

    def pixels(paths: Iterable[Path]) -> Iterator[np.ndarray]:
        for part in in_parallel(read, paths):
            yield from (each for each in part if each is not None)

    def judged(paths: Iterable[Path]) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities of the best class, and novelties."""
        best, novelties = [np.empty(0)], [np.empty(0)]
        source = pixels(paths)
        while batch := list(islice(source, 256)):
            answers, features = watched.answers(np.stack(batch))
            best.append(answers.max(axis=1))
            novelties.append(scale.novelties(features))
        return np.concatenate(best), np.concatenate(novelties)

    dataset = training_data(run)
    least = np.quantile(judged(e.path for e in dataset.in_split("validation"))[0], 0.05)
    sets = {"own test pictures": [example.path for example in dataset.in_split("test")]}
    for folder in options.strangers:
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        step = max(1, -(-len(found) // options.most))
        sets[folder.name] = found[::step]
    print(
        f"{scale.novelty.features} features, {scale.novelty.axes} directions, "
        f"{len(scale.to_bytes()):,} bytes\n"
    )
    print("| pictures | how many | accepted by features | by softmax alone |\n|---|---|---|---|")
    others: list[tuple[np.ndarray, np.ndarray]] = []
    for name, paths in sets.items():
        best, novelties = judged(paths)
        if name != "own test pictures":
            others.append((best, novelties))
        show(name, best >= least, scale.are_familiar(novelties))
    best, novelties = (np.concatenate(each) for each in zip(*others, strict=True))
    show("all strangers", best >= least, scale.are_familiar(novelties))


def show(name: str, by_softmax: object, by_features: object) -> None:
    """Print one row."""
    import numpy as np

    soft, features = np.asarray(by_softmax), np.asarray(by_features)
    print(f"| {name} | {len(soft):,} | {features.mean():.1%} | {soft.mean():.1%} |", flush=True)


if __name__ == "__main__":
    main()
