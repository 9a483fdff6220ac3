"""Run folders: opened when complete, replaced only when that is meant."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.pictures import write_picture

from kerasport.bundle.metadata import ClassifierDescription, Preprocessing, Rescaling
from kerasport.bundle.output import ProbabilitiesOutput
from kerasport.dataset import Dataset, Example
from kerasport.errors import DataError
from kerasport.runs import Run, choose_samples, new_run, write_samples

DESCRIPTION = ClassifierDescription(
    name="pets",
    class_names=["cat", "dog"],
    input_shape=(8, 6, 3),
    color_mode="rgb",
    rescaling=Rescaling(scale=1 / 255, offset=0.0),
    preprocessing=Preprocessing(),
    output=ProbabilitiesOutput(activation="softmax"),
)


def write_run(folder: Path) -> None:
    """Write everything that makes a run complete, without a real model."""
    folder.mkdir(exist_ok=True)
    (folder / "metadata.json").write_text(DESCRIPTION.to_json())
    for name in ("model.keras", "history.json", "report.json"):
        (folder / name).write_text("{}")
    write_picture(folder / "samples" / "01.png", seed=1)
    write_picture(folder / "samples" / "02.png", seed=2)
    (folder / "samples" / "labels.json").write_text('{"02.png": "dog", "01.png": "cat"}')


def test_a_complete_run_opens(tmp_path: Path) -> None:
    """An opened run has its description, its paths and its samples in order."""
    write_run(tmp_path / "pets")

    run = Run.open(tmp_path / "pets")

    assert run.description == DESCRIPTION
    assert run.image_spec.shape == (8, 6, 3)
    assert run.model_path == tmp_path / "pets" / "model.keras"
    assert [(path.name, label) for path, label in run.samples] == [
        ("01.png", "cat"),
        ("02.png", "dog"),
    ]


def test_a_missing_run_says_how_to_make_one(tmp_path: Path) -> None:
    """The error names the folder and the command."""
    path = tmp_path / "none"

    message = f"There is no run at '{path}'. Train first: kerasport train digits --out {path}"
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        Run.open(path)


@pytest.mark.parametrize(
    "name", ["metadata.json", "model.keras", "history.json", "report.json", "samples/labels.json"]
)
def test_an_incomplete_run_names_what_is_missing(tmp_path: Path, name: str) -> None:
    """Every file that later commands need is looked for at once."""
    path = tmp_path / "pets"
    write_run(path)
    (path / name).unlink()

    message = (
        f"'{path}' is not a complete run: {name} missing. "
        f"Train first: kerasport train digits --out {path}"
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        Run.open(path)


@pytest.mark.parametrize("content", ["{", '{"name": "x"}'], ids=["no JSON", "no description"])
def test_a_damaged_description_is_told(tmp_path: Path, content: str) -> None:
    """Damage in metadata.json is an error of the run, with the way out."""
    write_run(tmp_path)
    (tmp_path / "metadata.json").write_text(content)

    with pytest.raises(DataError, match=r"is damaged; train it again\. "):
        Run.open(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "is damaged"),
        ('{"07.png": "cat"}', "07.png' is missing"),
        ("[1]", "is damaged"),
        ("[" * 100_000, "is damaged .it is nested more than 200 deep"),
        ('{"../../private.png": "cat"}', "is no name of a sample picture"),
        ('{"/private.png": "cat"}', "is no name of a sample picture"),
        ('{"..": "cat"}', "is no name of a sample picture"),
        ("7", "is damaged"),
    ],
)
def test_damaged_samples_are_told(tmp_path: Path, content: str, message: str) -> None:
    """A list of samples that is no list, or names a file that is not there, is refused."""
    write_run(tmp_path)
    (tmp_path / "samples" / "labels.json").write_text(content)

    with pytest.raises(DataError, match=message):
        _ = Run.open(tmp_path).samples


def test_a_sample_that_is_a_link_is_not_published(tmp_path: Path) -> None:
    """A run of somebody else leads to no picture outside of it."""
    private = write_picture(tmp_path / "private.png", seed=3)
    write_run(tmp_path / "pets")
    (tmp_path / "pets" / "samples" / "01.png").unlink()
    (tmp_path / "pets" / "samples" / "01.png").symlink_to(private)

    with pytest.raises(DataError, match=r"01\.png' is a link, and sample pictures are published"):
        _ = Run.open(tmp_path / "pets").samples


def test_a_run_is_replaced_only_by_force(tmp_path: Path) -> None:
    """Without `force` the error says so and the run stays; with it the new one takes its place."""
    out = tmp_path / "pets"
    write_run(out)

    message = f"There is a run at '{out}' already. Name another folder, or pass --force to replace"
    with pytest.raises(DataError, match="^" + re.escape(message)), new_run(out):
        pytest.fail("the block must not be entered")
    with new_run(out, force=True) as folder:
        (folder / "new").write_text("x")
    assert [path.name for path in out.iterdir()] == ["new"]


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_run_is_never_replaced(tmp_path: Path, force: bool) -> None:
    """Not even `force` deletes a folder that kerasport did not write."""
    out = tmp_path / "photos"
    write_picture(out / "1.png")

    message = (
        f"'{out}' is not empty and is not a run of kerasport, so it is not replaced. "
        "Name another folder."
    )
    with (
        pytest.raises(DataError, match="^" + re.escape(message) + "$"),
        new_run(out, force=force),
    ):
        pytest.fail("the block must not be entered")
    assert (out / "1.png").exists()


def test_a_bundle_is_no_run(tmp_path: Path) -> None:
    """A bundle has a metadata.json too; it is not overwritten by a training."""
    (tmp_path / "metadata.json").write_text("{}")
    (tmp_path / "model.json").write_text("{}")

    with pytest.raises(DataError, match="is not a run"), new_run(tmp_path, force=True):
        pytest.fail("the block must not be entered")


def test_a_file_is_never_replaced(tmp_path: Path) -> None:
    """A file at the place of the run is left alone."""
    out = tmp_path / "notes"
    out.write_text("x")

    with pytest.raises(DataError, match="is a file"), new_run(out, force=True):
        pytest.fail("the block must not be entered")


def test_a_failed_run_leaves_the_old_one(tmp_path: Path) -> None:
    """When writing breaks off, the old run is there and nothing else is."""
    out = tmp_path / "pets"
    write_run(out)

    def write_half() -> None:
        with new_run(out, force=True) as folder:
            (folder / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()

    assert Run.open(out).description == DESCRIPTION
    assert [path.name for path in tmp_path.iterdir()] == ["pets"]


def example(path: str, label: int, content: str, split: str = "test") -> Example:
    """Return an example whose file need not exist."""
    return Example(path=Path(path), label=label, content=content, split=split)  # type: ignore[arg-type]


def test_samples_are_the_first_test_picture_of_each_class_by_hash() -> None:
    """One per class, by hash, from the test pictures; training pictures only where none is left."""
    dataset = Dataset(
        Path(),
        ("a", "b"),
        (
            example("1", 1, "00", "train"),
            example("2", 0, "01", "train"),
            example("3", 0, "bb"),
            example("4", 0, "aa"),
        ),
    )

    assert [item.path.name for item in choose_samples(dataset)] == ["4", "1"]


def test_there_are_at_most_twelve_samples() -> None:
    """With more classes those with the smallest hashes stand for all, in the order of classes."""
    names = tuple(f"{number:02d}" for number in range(20))
    examples = tuple(example(name, int(name), f"{99 - int(name)}") for name in names)

    chosen = choose_samples(Dataset(Path(), names, examples))

    assert [item.label for item in chosen] == list(range(8, 20))


def test_small_samples_keep_their_bytes_and_large_ones_shrink(tmp_path: Path) -> None:
    """Up to 200 kB a file is copied; beyond it becomes a JPEG of at most 512 pixels."""
    small = write_picture(tmp_path / "in" / "small.JPG")
    large = write_picture(tmp_path / "in" / "large.png", size=(600, 300))
    transparent = tmp_path / "in" / "transparent.png"
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 4), np.uint8)
    Image.fromarray(noise).save(transparent)
    avif = tmp_path / "in" / "picture.avif"
    Image.new("RGB", (20, 10), "red").save(avif, subsampling="4:4:4")
    files = [small, large, transparent, avif]
    examples = [example(str(path), label, str(label)) for label, path in enumerate(files)]

    write_samples(examples, tmp_path / "samples", class_names=("a", "b", "c", "d"))

    folder = tmp_path / "samples"
    assert json.loads((folder / "labels.json").read_text()) == {
        "01.jpg": "a",
        "02.jpg": "b",
        "03.jpg": "c",
        "04.jpg": "d",
    }
    assert (folder / "01.jpg").read_bytes() == small.read_bytes()
    sizes = [Image.open(io.BytesIO((folder / f"0{n}.jpg").read_bytes())).size for n in (2, 3, 4)]
    assert sizes == [(512, 256), (300, 300), (20, 10)]


def test_a_sample_that_only_kerasport_reads_keeps_its_bytes(tmp_path: Path) -> None:
    """Pillow knows no BMP of four bits a channel, and is not asked."""
    bmp = Path(__file__).parents[1] / "golden" / "finds" / "bmp_4444.bmp"

    write_samples([example(str(bmp), 0, "0")], tmp_path / "samples", class_names=("a",))

    assert (tmp_path / "samples" / "01.bmp").read_bytes() == bmp.read_bytes()
