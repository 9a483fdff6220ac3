"""Each finding on a small set made for it, what it offers, and what costs no finding."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.broken_pictures import broken_pictures
from support.pictures import write_class_folders, write_picture

from kerasport import cli
from kerasport.dataset import (
    DataReport,
    Dataset,
    Example,
    PixelCache,
    ReadOptions,
    check_data,
    check_dataset,
    decode_dataset,
    hash_rows,
    read_data,
)
from kerasport.dataset.duplicates import hash_pictures
from kerasport.dataset.identity import hash_pixels
from kerasport.preprocess import ImageSpec

SPEC = ImageSpec(height=10, width=12)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes with nothing wrong: 40 pictures each to train on, 6 each in val/ and test/."""
    counts = {"train": 40, "val": 6, "test": 6}
    for seed, (split, count) in enumerate(counts.items()):
        write_class_folders(tmp_path / "data" / split, {"a": count, "b": count}, seed=seed)
    return tmp_path / "data"


def found(report: DataReport) -> dict[str, tuple[str, int]]:
    """Return severity and count of each finding by its kind."""
    kinds = {finding.kind: (finding.severity, finding.count) for finding in report.findings}
    assert len(kinds) == len(report.findings)
    return kinds


def copy_bytes(root: Path, source: str, target: str) -> None:
    (root / target).write_bytes((root / source).read_bytes())


def copy_pixels(root: Path, source: str, target: str) -> None:
    """Save the picture again; a PNG uncompressed, so that its bytes are others."""
    Image.open(root / source).save(root / target, compress_level=0)


def turn(root: Path, source: str, target: str) -> None:
    """Store the picture on its side, with the EXIF orientation that turns it upright again."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.open(root / source).transpose(Image.Transpose.ROTATE_90)
    turned.save(root / target, exif=exif)


def test_good_data_has_no_findings(root: Path) -> None:
    """Nothing is said where there is nothing to say."""
    report = check_data(root)

    assert report.findings == ()
    assert report.usable
    assert report.imbalance == 1
    assert report.class_weights == {"a": 1.0, "b": 1.0}
    assert report.pictures.to_dict() == {
        "formats": {"PNG": 104},
        "modes": {"RGB": 104},
        "distinctSizes": 1,
        "medianSize": [12, 10],
        "commonSizes": [{"width": 12, "height": 10, "pictures": 104}],
    }


COPIES = {"bytes": copy_bytes, "pixels": copy_pixels, "orientation": turn}


@pytest.mark.parametrize("how", COPIES)
def test_the_same_picture_in_train_and_test(root: Path, how: str) -> None:
    """A leak is found by bytes, by pixels, and by pixels after orientation; and offered to fix."""
    COPIES[how](root, "train/a/003.png", "test/a/copy.png")

    report = check_data(root)

    (finding,) = report.findings
    ending = "byte for byte" if how == "bytes" else "pixel for pixel"
    assert (finding.kind, finding.severity, finding.count) == ("test-leak", "warning", 1)
    assert finding.message == (
        f"1 of 13 test picture(s) are also in train or validation, {ending}: figures on the test "
        "pictures are too good."
    )
    assert finding.remedy == "Pass --drop-test-duplicates to leave them out of the test."
    assert finding.examples == (("train/a/003.png", "test/a/copy.png"),)
    cured = check_data(root, options=ReadOptions(drop_test_duplicates=True))
    assert found(cured) == {"dropped-copies": ("note", 1)}
    assert cured.findings[0].examples == (
        ("test/a/copy.png (the same picture as 'train/a/003.png')",),
    )


def test_the_same_picture_in_train_and_validation(root: Path) -> None:
    """Validation that was learned chooses the wrong epoch."""
    copy_bytes(root, "train/a/003.png", "val/a/copy.png")

    assert found(check_data(root)) == {"validation-leak": ("warning", 1)}


def test_the_same_picture_under_two_labels(root: Path) -> None:
    """One of the two labels is wrong, and both places are named."""
    copy_pixels(root, "train/a/003.png", "train/b/copy.bmp")

    (finding,) = check_data(root).findings

    assert finding.text == (
        "1 picture(s) lie in more than one class, pixel for pixel. Keep each in the class that it "
        "shows."
    )
    assert finding.examples == (("train/a/003.png", "train/b/copy.bmp"),)


def test_copies_in_one_class_and_split_are_a_note(root: Path) -> None:
    """They only count more; how many are copies of how is told."""
    copy_bytes(root, "train/a/003.png", "train/a/one.png")
    copy_bytes(root, "train/a/003.png", "train/a/two.png")
    copy_pixels(root, "train/b/003.png", "train/b/three.bmp")

    (finding,) = check_data(root).findings

    assert (finding.kind, finding.severity, finding.count) == ("duplicates", "note", 3)
    assert "pixel for pixel (1 of them byte for byte)" in finding.message


def test_training_sees_copies_by_the_pixels_of_its_input(root: Path) -> None:
    """The rows that training has anyway find copies too, without decoding anything again."""
    copy_pixels(root, "train/a/003.png", "test/a/copy.bmp")
    decoded = decode_dataset(read_data(root), SPEC)

    assert found(check_dataset(decoded.dataset)) == {}
    assert found(check_dataset(decoded.dataset, hashes=hash_rows(decoded))) == {
        "test-leak": ("warning", 1)
    }


def test_arrays_are_checked_too() -> None:
    """A picture that an array has twice is found like a file."""
    x = np.random.default_rng(1).integers(0, 256, (80, 5, 5), np.uint8)
    y = np.arange(80) % 2

    report = check_data(((x, y), (x[:3], y[:3])))

    assert found(report) == {"test-leak": ("warning", 3)}
    assert report.findings[0].examples[0][1] == "test/000000"
    assert report.pictures.formats == {"array": 83}
    assert report.pictures.modes == {"L": 83}


def test_damaged_and_foreign_files_are_named(root: Path) -> None:
    """What is no picture, and what only decoding shows to be damaged, is listed with its reason."""
    (root / "train" / "a" / "notes.txt").write_text("x")
    few_rows, _ = broken_pictures()["few-rows.png"]
    (root / "train" / "b" / "001.png").write_bytes(few_rows)

    report = check_data(root)

    assert found(report) == {"unreadable": ("warning", 2)}
    notes, damaged = report.findings[0].examples
    assert notes == ("train/a/notes.txt (not a picture)",)
    assert damaged[0].startswith("train/b/001.png ('")
    assert "cannot be read" in damaged[0]
    assert report.counts.train == [40, 39]
    strict = check_data(root, options=ReadOptions(max_unreadable=1))
    assert found(strict) == {"unreadable": ("error", 2)}
    assert strict.findings[0].remedy == (
        "At most 1 may be skipped. Remove or replace them, or pass --max-unreadable 2."
    )


def test_classes_that_differ_between_splits(tmp_path: Path) -> None:
    """A class without test pictures, and one that is only tested, are told apart."""
    rows = []
    for name in "abc":
        for number in range(30):
            path = write_picture(tmp_path / name / f"{number}.png", seed=ord(name) * 50 + number)
            split = ["train", "val", "test"][number % 3] if name == "a" else "train"
            rows.append((path.relative_to(tmp_path), name, "test" if name == "c" else split))
    table = tmp_path / "table.csv"
    table.write_text("path,label,split\n" + "\n".join(",".join(map(str, row)) for row in rows))

    report = check_data(table)

    assert not report.usable
    assert [(finding.severity, finding.text) for finding in report.findings] == [
        (
            "error",
            "All pictures are in validation and test, none to train on, in: c (30). Add pictures "
            "to train, or take the class out of the other splits; where the shares decide, lower "
            "those of validation and test, or change the seed.",
        ),
        (
            "warning",
            "Fewer than 20 training pictures in: a (10). Expect chance to decide much of the "
            "figures; add pictures where you can.",
        ),
        ("warning", "No validation picture in: b, c."),
        ("warning", "No test picture in: b."),
    ]


def test_class_folders_that_differ_between_splits(tmp_path: Path) -> None:
    """Every folder that only some of the splits have is in the report, not only the first."""
    write_class_folders(tmp_path / "train", {"ant": 30, "bee": 30, "cat": 30})
    write_class_folders(tmp_path / "val", {"ant": 5, "bee": 5, "cat": 5})
    write_class_folders(tmp_path / "test", {"ant": 5, "Bee": 6, "eel": 7})

    report = check_data(tmp_path)

    assert report.class_names == ("Bee", "ant", "bee", "cat", "eel")
    # The pictures of the splits are copies of each other, which is reported too.
    differences = [
        (finding.severity, finding.text)
        for finding in report.findings
        if finding.kind in ("nothing-to-train-on", "missing-classes")
    ]
    assert differences == [
        (
            "error",
            "All pictures are in validation and test, none to train on, in: Bee (6), eel (7). Add "
            "pictures to train, or take the class out of the other splits; where the shares "
            "decide, lower those of validation and test, or change the seed.",
        ),
        ("warning", "No validation picture in: Bee, eel."),
        ("warning", "No test picture in: bee, cat."),
    ]


@pytest.mark.parametrize(
    ("small", "expected"), [(30, {}), (26, {"imbalance": "note"}), (13, {"imbalance": "warning"})]
)
def test_imbalance_offers_class_weights(
    tmp_path: Path, small: int, expected: dict[str, str]
) -> None:
    """From 1.5 to 1 it is noted, from 3 to 1 it is a warning; weights make the classes even."""
    root = write_class_folders(tmp_path, {"a": 40, "b": small})
    nothing = ReadOptions(test_share=0, validation_share=0)

    report = check_dataset(read_data(root, options=nothing), options=nothing, splits=["train"])

    kinds = {f.kind: f.severity for f in report.findings if f.kind != "tiny-classes"}
    assert kinds == expected
    assert report.imbalance == 40 / small
    assert report.class_weights == {"a": (40 + small) / 80, "b": (40 + small) / (2 * small)}


def test_a_class_that_is_too_small_is_an_error(tmp_path: Path) -> None:
    """The class, its count and the option that lets it through are named."""
    root = write_class_folders(tmp_path, {"a": 40, "b": 3})

    report = check_data(root)

    assert report.findings[0].text == (
        "Training needs at least 5 pictures per class; fewer are in: b (3). Add pictures, leave "
        "the class out, or pass --min-per-class 3."
    )
    assert not report.usable


def test_formats_modes_and_sizes_are_counted(root: Path) -> None:
    """As stored: format, mode and size of every picture, the most common first."""
    Image.new("L", (30, 20)).save(root / "train" / "a" / "gray.bmp")
    Image.new("RGBA", (40, 20), "#fff8").save(root / "train" / "a" / "clear.webp", lossless=True)
    Image.new("P", (12, 10)).save(root / "train" / "a" / "palette.gif")

    facts = check_data(root).pictures

    assert facts.formats == {"PNG": 104, "BMP": 1, "WEBP": 1, "GIF": 1}
    assert facts.modes == {"RGB": 104, "L": 1, "RGBA": 1, "P": 1}
    assert facts.sizes == {(12, 10): 105, (30, 20): 1, (40, 20): 1}
    assert facts.median_size == (12, 10)


def test_pictures_of_other_shapes_are_no_copies() -> None:
    """The same values in another shape are another picture; a last axis of one is no shape."""
    values = np.arange(36, dtype=np.uint8)

    hashes = {hash_pixels(values.reshape(shape)) for shape in [(3, 12), (12, 3), (3, 4, 3)]}

    assert len(hashes) == 3
    assert hash_pixels(values.reshape(3, 12, 1)) == hash_pixels(values.reshape(3, 12))


def test_a_second_check_decodes_only_what_is_new(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashes of pixels are kept by content; a file that was exchanged meanwhile is not kept."""
    import kerasport.dataset.duplicates as module

    read: list[object] = []
    original = module.read_pixels
    monkeypatch.setattr(module, "read_pixels", lambda data: read.append(data) or original(data))
    kept = PixelCache(tmp_path / "cache")
    dataset = read_data(root)
    exchanged = dataset.examples[0]
    exchanged.path.write_bytes(dataset.examples[1].path.read_bytes())

    hashes, damaged = hash_pictures(dataset, cache=kept)
    assert [item.path for item in damaged] == [exchanged.path]
    assert len(read) == len(hashes) == 103
    assert hash_pictures(dataset, cache=kept) == (hashes, damaged)
    assert len(read) == 103
    write_picture(root / "test" / "a" / "new.png", seed=77)
    hash_pictures(read_data(root), cache=kept)
    assert len(read) == 104


@pytest.mark.parametrize("forged", [{"hash": ""}, {"reason": ""}, {"lost": "x"}, {"hash": 1}, []])
def test_what_a_kept_record_does_not_say_is_looked_at_again(forged: Any, tmp_path: Path) -> None:
    """A cache may be somebody else's: a record that tells nothing is none."""
    kept = PixelCache(tmp_path / "cache")
    dataset = read_data(write_class_folders(tmp_path / "data", {"a": 9, "b": 9}))
    expected = hash_pictures(dataset)
    journal = kept.journal("hashes")
    assert journal is not None
    journal.append({each.content: forged for each in dataset.examples})

    assert hash_pictures(dataset, cache=kept) == expected


def test_what_earlier_checks_have_kept_is_not_held_in_memory(tmp_path: Path) -> None:
    """A check holds a few hundred bytes a picture, of others that the cache knows nothing."""
    kept = PixelCache(tmp_path / "cache")
    journal = kept.journal("hashes")
    assert journal is not None
    contents = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(15_000)]
    journal.append({content: {"hash": content[::-1]} for content in contents})
    known = contents[::3]
    dataset = Dataset(
        tmp_path,
        ("a",),
        tuple(Example(tmp_path / content, 0, content, "train") for content in known),
    )

    tracemalloc.start()
    hashes, damaged = hash_pictures(dataset, cache=kept)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert hashes == {content: content[::-1] for content in known}
    assert not damaged
    assert peak / len(known) < 500


def test_the_report_for_programs_is_json_and_names_a_bounded_number(root: Path) -> None:
    """report.json does not grow with the number of copies; the count stays right."""
    for number in range(40):
        copy_bytes(root, f"train/a/{number:03d}.png", f"test/b/{number}.png")

    record = json.loads(json.dumps(check_data(root).to_dict(most=3)))

    leak = next(finding for finding in record["findings"] if finding["kind"] == "test-leak")
    assert leak["count"] == 40
    assert len(leak["examples"]) == 3
    assert record["counts"]["test"] == [6, 46]
    assert record["usable"] is True


def run(arguments: list[Any], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


def test_the_command_prints_findings_and_goes_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Warnings exit with 0; counts, the leak and its remedy are on stdout."""
    copy_bytes(root, "train/a/003.png", "test/a/copy.png")

    code, output, _ = run(["check", root], capsys)

    assert code == 0
    for line in (
        "105 PNG; 105 RGB; 12x10 (width x height)",
        "warning 1 of 13 test picture(s) are also in train or validation, byte for byte",
        "Pass --drop-test-duplicates",
        "train/a/003.png = test/a/copy.png",
    ):
        assert line in output
    code, output, said = run(["check", root, "--drop-test-duplicates", "--json"], capsys)
    assert code == 0
    assert [finding["kind"] for finding in json.loads(output)["findings"]] == ["dropped-copies"]
    assert "1 test picture(s) left out of the test" in said


def test_the_command_exits_with_1_on_unusable_data(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be trained on is an error, whether it was found or could not be read at all."""
    code, output, _ = run(["check", root, "--min-per-class", "60"], capsys)
    assert (code, "error Training needs at least 60" in output) == (1, True)

    code, output, said = run(["check", tmp_path / "nowhere"], capsys)
    assert (code, output) == (1, "")
    assert "There is nothing at" in said


def test_the_command_reads_some_classes_of_a_table(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--classes and --root reach the reader."""
    write_class_folders(root / "train", {"c": 30}, seed=8)
    rows = [(path, path.parent.name) for path in sorted((root / "train").rglob("*.png"))]
    table = tmp_path / "table.csv"
    table.write_text("path,label\n" + "\n".join(f"{path},{name}" for path, name in rows))

    arguments = ["check", table, "--root", root, "--classes", "a, c", "--json"]
    code, output, _ = run(arguments, capsys)

    assert code == 0
    assert json.loads(output)["classNames"] == ["a", "c"]
