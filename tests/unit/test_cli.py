"""The command line without TensorFlow: help, output, errors and exit codes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.damage import seal_folder
from support.pictures import write_class_folders

from kerasport.cli import main
from kerasport.errors import DataError

FROZEN = Path(__file__).parents[1] / "golden" / "bundle-v1"
PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "rgb.png"
OPTIONS = {
    "train": "--json",
    "check": "--json",
    "cache": "--shard",
    "evaluate": "--json",
    "export": "--json",
    "verify": "--json",
    "doctor": "--json",
    "site": "--single-file",
    "predict": "--json",
    "inspect": "--json",
}
"""An option of every command."""


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int | str | None, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return stop.value.code or 0, captured.out, captured.err


@pytest.mark.parametrize("command", OPTIONS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help exits with 0 and names the options."""
    code, out, _ = run(capsys, command, "--help")

    assert code == 0
    assert OPTIONS[command] in out


@pytest.mark.parametrize(
    ("command", "default"),
    [("verify", "parity.html"), ("site", "NAME.html"), ("train", "runs/RECIPE"), ("export", "0.5")],
)
def test_help_shows_the_defaults_that_are_written_out(
    command: str, default: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A default in words is not taken for a style of the text and dropped."""
    _, out, _ = run(capsys, command, "--help")

    assert default in out
    assert "\\[" not in out


def test_the_top_level_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command stands in the list."""
    _, out, _ = run(capsys, "--help")

    assert [command for command in OPTIONS if f" {command} " not in out] == []


def test_predict_answers_from_a_bundle_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A bundle classifies a file; class names are text, whatever they contain."""
    code, out, _ = run(capsys, "predict", FROZEN, PICTURE, "--json")

    answers = json.loads(out)
    assert code == 0
    assert answers[0]["file"] == str(PICTURE)
    assert {p["className"] for p in answers[0]["predictions"]} == {
        "red",
        "<b>green</b>",
        "bl\u00fce",
    }
    assert sum(p["probability"] for p in answers[0]["predictions"]) == pytest.approx(1, abs=1e-6)


def test_predict_goes_on_after_an_unreadable_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The readable pictures are answered, the other is named, and the exit code says so."""
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")

    code, out, err = run(capsys, "predict", FROZEN, broken, PICTURE)

    assert code == 1
    assert out.startswith(f"{PICTURE}: ")
    assert f"Error: '{broken}' cannot be read: it is no picture." in err


def test_predict_answers_whatever_a_decoder_raises(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that fails in a way of its own costs its picture, not the answer for the next."""
    opened = Image.open

    def fail_on_jpeg(*arguments: Any, formats: tuple[str, ...], **options: Any) -> Image.Image:
        if formats == ("JPEG",):
            raise RuntimeError("Failed to decode image: Not implemented")
        return opened(*arguments, formats=formats, **options)

    def fail(*arguments: object) -> Image.Image:
        raise RuntimeError("Failed to decode image: Not implemented")

    monkeypatch.setattr(Image, "open", fail_on_jpeg)
    # JPEGs of usual kinds are not opened first.
    monkeypatch.setattr(Image, "frombytes", fail)
    jpeg = PICTURE.with_name("gray.jpg")

    code, out, err = run(capsys, "predict", FROZEN, jpeg, PICTURE)

    assert code == 1
    assert str(PICTURE) in out
    assert f"'{jpeg}' cannot be read: it is damaged, its compressed data is wrong." in err
    assert "Traceback" not in err


@pytest.mark.parametrize("many", ["-", "s3://bucket/train.tar", "memory://x"])
def test_many_pictures_without_a_table_say_how(
    many: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list and an address are no pictures: the message names the option that takes them."""
    code, _, err = run(capsys, "predict", FROZEN, many)

    assert code == 2
    assert "--output answers.csv" in err


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_what_has_no_end_is_no_picture(
    kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A pipe is not waited for, and a device is not read."""
    path = tmp_path / "a.png"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")

    code, _, err = run(capsys, "predict", FROZEN, path)

    assert code == 1
    assert f"'{path}' cannot be read: it is no file." in err


def holds(whole: object, part: object) -> bool:
    """Tell whether `whole` has everything that `part` has, at every depth of its objects."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and holds(whole[key], part[key]) for key in part)
    return whole == part


def test_inspect_shows_what_the_bundle_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Name, classes, input and files are shown; JSON gives the metadata itself."""
    code, out, _ = run(capsys, "inspect", FROZEN)
    _, as_json, _ = run(capsys, "inspect", FROZEN, "--json")

    assert code == 0
    assert "10 x 12 pixels, rgb" in out
    assert "<b>green</b>" in out
    assert "group1-shard1of1.bin" in out
    # Fields that later versions added are shown too.
    assert holds(json.loads(as_json), json.loads((FROZEN / "metadata.json").read_text()))


def test_an_error_is_one_message_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A damaged bundle gives its message on stderr, no traceback and nothing on stdout."""
    folder = shutil.copytree(FROZEN, tmp_path / "model")
    (folder / "model.json").unlink()

    code, out, err = run(capsys, "inspect", folder)

    assert code == 1
    assert out == ""
    assert err.startswith("Error: The bundle '")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict"], "Missing argument"),
        (["teach"], "No such command"),
        (["train", "--image-size", "big"], "is not a size. Expected HEIGHTxWIDTH"),
        (["train", "--epochs", "0"], "greater than or equal to 1"),
        (["train", "--fit", "squash"], "is not one of"),
    ],
    ids=["missing", "command", "size", "epochs", "choice"],
)
def test_wrong_usage_exits_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage is told apart from errors by its exit code."""
    code, _, err = run(capsys, *arguments)

    assert code == 2
    assert message in " ".join(err.replace("│", " ").split())


def test_a_path_in_place_of_a_recipe_is_the_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`train pets.zip` is `train folder --data pets.zip --out runs/pets`."""
    taken = {}

    def train(recipe: Any, **choices: Any) -> None:
        taken.update(choices, recipe=recipe.name)
        raise DataError("Enough was seen.")

    monkeypatch.setattr("kerasport.training.train", train)
    monkeypatch.chdir(tmp_path)
    Path("pets.zip").write_bytes(b"")

    code, _, _ = run(capsys, "train", "pets.zip")

    assert code == 1
    assert taken["recipe"] == "folder"
    assert taken["data"] == "pets.zip"
    assert taken["out"] == Path("runs/pets")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "digit"], "There is no recipe 'digit'. Did you mean 'digits'?"),
        (["evaluate", "nowhere"], "There is no run at 'nowhere'"),
        (["export", "nowhere"], "There is nothing at 'nowhere'. Expected a run, or a .keras file"),
        (["verify", "nowhere"], "There is no bundle folder at 'nowhere'"),
        (["predict", "nowhere", "a.png"], "There is no bundle folder at 'nowhere'"),
    ],
    ids=["train", "evaluate", "export", "verify", "predict"],
)
def test_every_command_says_what_is_missing(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A path or a recipe that is not there is named, with exit code 1, and nothing is written."""
    monkeypatch.chdir(tmp_path)

    code, _, err = run(capsys, *arguments)

    assert code == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_a_keras_file_needs_labels(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare model is refused before TensorFlow is loaded, with the option that is missing."""
    # Away from a checkout, in which a bundle may stand where this one would.
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "model.keras"
    model.touch()

    code, _, err = run(capsys, "export", model)

    assert code == 2
    assert "--labels" in err


def test_inspect_shows_tiles_of_a_bundle_without_a_measured_rounding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not known of the original is left out of the line."""
    folder = Path(shutil.copytree(FROZEN, tmp_path / "model"))
    metadata = json.loads((folder / "metadata.json").read_text("utf-8"))
    metadata["winograd"] = {"tiles": {"conv": 2}, "rounding": 1e-7}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    seal_folder(folder)

    code, out, _ = run(capsys, "inspect", folder)

    assert code == 0
    line = "Winograd: of 1 convolutions 0 in tiles of 4, 1 of 2; off from float64 by 1.0e-07\n"
    assert line in out


def test_caches_are_filled_and_merged_from_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Parts of the pictures, merged, are what one command decodes."""
    root = write_class_folders(tmp_path / "data", {"a": 12, "b": 12})
    (root / "a" / "broken.png").write_bytes(b"no picture")
    chosen = ("--image-size", "8", "--color-mode", "rgb")

    code, out, _ = run(capsys, "cache", root, *chosen, "--out", tmp_path / "whole", "--json")
    assert code == 0
    whole = json.loads(out)
    assert whole["pictures"] == 24
    assert [Path(each["file"]).name for each in whole["skipped"]] == ["broken.png"]

    for part in ("1/2", "2/2"):
        into = tmp_path / part[0]
        assert run(capsys, "cache", root, *chosen, "--shard", part, "--out", into)[0] == 0
    merged = tmp_path / "merged"
    code, out, _ = run(
        capsys, "cache", "merge", tmp_path / "2", tmp_path / "1", "--into", merged, "--json"
    )

    assert code == 0
    assert [(each["pictures"], each["damaged"]) for each in json.loads(out)] == [(24, 0)]
    for name in ("index.txt", "pixels.bin"):
        (one,), (other,) = (
            list(folder.glob(f"8x8x3-*/{name}")) for folder in (tmp_path / "whole", merged)
        )
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["data", "--shard", "3/2"], 2, "like 3/16"),
        (["data", "--shard", "1/2"], 1, "--image-size 128 --color-mode rgb"),
        (["data", "more"], 2, "Give one source of pictures"),
        (["merge"], 2, "Name the caches to merge"),
        (["merge", "nothing"], 1, "'nothing' holds no decoded pictures"),
        (["nothing"], 1, "There is nothing at 'nothing'"),
    ],
)
def test_caching_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    """Wrong words are wrong usage, and what is not there is an error; both say what to do."""
    found, _, err = run(capsys, "cache", *arguments)

    assert found == code
    assert message in " ".join(err.replace("│", " ").split())
