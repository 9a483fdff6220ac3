"""What the system refuses is one sentence: full disks, read-only ones, terminals, closed pipes."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.cached import SPEC, assert_right
from support.listening import Listening
from support.small_disk import mounted, needs_mount

from kerasport.bundle import Bundle
from kerasport.cli import main
from kerasport.cli.accidents import describe
from kerasport.dataset import Dataset, PixelCache, decode_dataset
from kerasport.errors import KerasportError
from kerasport.exporter.containers import extract_member, read_hdf5
from kerasport.files import replaced_folder, scratch, write_bytes
from kerasport.training.fitting.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from kerasport.training.fitting.history import EpochLog

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
PICTURE = GOLDEN / "pictures" / "rgb.png"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    with mounted(tmp_path / "small", kilobytes=64) as folder:
        yield folder


def failed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Return the one line that a command says when it fails."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert stop.value.code == 1
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


SEVERAL = """
import os, sys
from kerasport.cli import main
for line in sys.argv[1:]:
    try:
        main(line.split("\\n"))
    except SystemExit as stop:
        code = stop.code or 0
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.write(1, b"\\0%d\\0" % code)
    os.write(2, b"\\0")
"""
"""Runs command lines one after another in one process, which starts once: their arguments are
separated by line ends, what they print by zeros."""


def run_all(
    *lines: list[str | Path], environment: dict[str, str] | None = None
) -> list[tuple[int, bytes, bytes]]:
    """Return exit code, stdout and stderr of each command line."""
    texts = ["\n".join(map(os.fspath, line)) for line in lines]
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL, *texts],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        check=False,
    )
    printed, complaints = done.stdout.split(b"\0"), done.stderr.split(b"\0")
    assert done.returncode == 0, done.stderr
    return list(zip(map(int, printed[1::2]), printed[::2], complaints, strict=False))


def run_into(stream: int, *arguments: str | Path) -> tuple[int, bytes]:
    """Return exit code and stderr of a command whose results go to `stream`."""
    done = subprocess.run(
        [sys.executable, "-m", "kerasport", *arguments],
        stdout=stream,
        stderr=subprocess.PIPE,
        check=False,
    )
    return done.returncode, done.stderr


@needs_mount
def test_a_full_disk_leaves_the_old_page(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page does not fit: one sentence with the place, and nothing is left of it."""
    (small / "site").mkdir()
    (small / "site" / "index.html").write_text("old", encoding="utf-8")

    folder = failed(capsys, "site", FROZEN, "--out", small / "site", "--force")
    file = failed(capsys, "site", FROZEN, "--single-file", "--out", small / "page.html")

    assert folder.startswith(f"Error: There is no space left on the disk of '{small}/.site.new-")
    assert folder.endswith(". What was there before is unchanged.")
    assert file.startswith(
        f"Error: There is no space left on the disk of '{small}/page.html'. Free"
    )
    assert [path.name for path in small.rglob("*")] == ["site", "index.html"]


@needs_mount
def test_a_read_only_disk_is_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that writes says so before it starts."""
    with mounted(tmp_path / "fixed", kilobytes=64, read_only=True) as fixed:
        reason = (
            f"nothing can be added to the folder '{fixed}', because it belongs to somebody else"
        )
        for arguments in (
            ("site", FROZEN, "--out", fixed / "site"),
            ("site", FROZEN, "--single-file", "--out", fixed / "page.html"),
            ("export", tmp_path, "--out", fixed / "model"),
            ("train", "digits", "--out", fixed / "run"),
            ("verify", FROZEN, "--certificate", fixed / "page.html"),
        ):
            assert reason in failed(capsys, *arguments)
        assert failed(capsys, "site", FROZEN, "--out", fixed) == (
            f"Error: '{fixed}' is where a file system is mounted, so it cannot be replaced as a "
            f"whole. Name a folder inside of it, such as '{fixed}/model'."
        )


@needs_mount
def test_a_bundle_that_cannot_be_written_to_is_not_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The measurement would be lost, so it is not made."""
    with mounted(tmp_path / "fixed", kilobytes=512) as fixed:
        bundle = shutil.copytree(FROZEN, fixed / "model")
        subprocess.run(["mount", "-o", "remount,ro", str(fixed)], check=True)

        line = failed(capsys, "verify", bundle)

    assert line.startswith(f"Error: '{bundle}/parity.json' cannot be written: nothing can be added")


@needs_mount
def test_a_cache_on_a_full_disk_costs_time_only(data: Dataset, small: Path) -> None:
    """The pictures are decoded into memory, and a warning says why."""
    write_bytes(small / "fill", bytes(60_000))
    progress = Listening()

    decoded = decode_dataset(data, SPEC, cache=PixelCache(small / "cache"), progress=progress)

    assert_right(decoded)
    (warning,) = progress.warned
    assert "No space left" in warning or "are needed" in warning


@needs_mount
def test_no_room_to_unpack_is_no_fault_of_the_archive(tmp_path: Path, small: Path) -> None:
    """A whole archive is not called damaged because the place for its content is full."""
    archive = tmp_path / "model.keras"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("model.weights.h5", bytes(100_000))

    with pytest.raises(OSError, match="No space left") as full:
        extract_member(archive, "model.weights.h5", small / "target", expected="a file")
    assert full.value.errno == errno.ENOSPC

    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["kernel"] = np.zeros(50_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(small))
        patch.setattr(scratch, "_SHARED", scratch._Shared())
        with pytest.raises(OSError, match="No space left") as full:
            read_hdf5(tmp_path / "weights.h5", "'weights.h5'", expected="a file")
    assert str(full.value.filename).startswith(f"{small}/kerasport-")
    assert "TMPDIR" in describe(_with_tempdir(full.value, small))


def _with_tempdir(error: OSError, folder: Path) -> OSError:
    """Return the error as it looks where the folder for temporary files is the usual one."""
    usual = tempfile.gettempdir()
    return OSError(error.errno, error.strerror, str(error.filename).replace(str(folder), usual, 1))


@needs_mount
def test_a_checkpoint_that_does_not_fit_leaves_the_last_one(small: Path) -> None:
    """A training on a full disk goes on from the epoch before, when there is room again."""

    def checkpoint(epoch: int, size: int) -> Checkpoint:
        arrays = [np.full(size, epoch, np.float32)]
        return Checkpoint(0, epoch, False, EpochLog(), {}, arrays, arrays, arrays)

    save_checkpoint(checkpoint(1, 10), small)

    with pytest.raises(OSError, match="No space left") as full:
        save_checkpoint(checkpoint(2, 10_000), small)

    assert full.value.filename is not None
    assert [path.name for path in small.iterdir()] == ["checkpoint.npz"]
    last = load_checkpoint(small)
    assert last is not None
    assert (last.epoch, last.best[0].tolist()) == (1, [1.0] * 10)


@needs_mount
def test_a_folder_is_replaced_on_another_disk(tmp_path: Path, small: Path) -> None:
    """What is written lies beside its place, never where another disk would begin."""
    for word in ("old", "new"):
        with replaced_folder(small / "out") as folder:
            (folder / word).touch()

    assert [path.name for path in (small / "out").iterdir()] == ["new"]
    assert [path.name for path in small.iterdir()] == ["out"]


WRITERS = [["--help"], ["inspect", FROZEN, "--json"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("arguments", WRITERS, ids=["help", "json"])
def test_results_that_do_not_fit_are_an_error(arguments: list[str | Path]) -> None:
    """A redirection to a full disk is not a success."""
    with Path("/dev/full").open("wb") as full:
        code, complaint = run_into(full.fileno(), *arguments)

    assert code == 1
    assert b"Error: There is no space left on the disk" in complaint
    assert b"Traceback" not in complaint


@pytest.mark.parametrize("arguments", WRITERS, ids=["help", "json"])
def test_a_reader_that_has_seen_enough_is_no_error(arguments: list[str | Path]) -> None:
    """`| head` ends a command without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        code, complaint = run_into(writing, *arguments)
    finally:
        os.close(writing)

    assert code in (0, 1)
    assert [line for line in complaint.splitlines() if not line.startswith(b"Next:")] == []


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["windows", "c-locale"],
)
def test_a_terminal_may_lack_characters(environment: dict[str, str], tmp_path: Path) -> None:
    """Names come with escapes instead of an error; JSON stays JSON with the same content."""
    bundle = shutil.copytree(FROZEN, tmp_path / "猫")
    picture = shutil.copyfile(PICTURE, tmp_path / "😀.png")

    *texts, missing, answered = run_all(
        ["inspect", bundle],
        ["predict", bundle, picture],
        ["inspect", "鳥"],
        ["predict", bundle, picture, "--json"],
        environment=environment,
    )

    assert [code for code, _, _ in texts] == [0, 0]
    assert (missing[0], missing[2].count(b"Error: There is no bundle folder at")) == (1, 1)
    encoding = environment.get("PYTHONIOENCODING", "ascii")
    (answer,) = json.loads(answered[1].decode(encoding))
    assert Path(answer["file"]).name == ("😀.png" if encoding == "cp1252" else answer_name())


def answer_name() -> str:
    """What Python makes of the bytes of the name where the system says that it is ASCII."""
    return os.fsencode("😀.png").decode("ascii", "surrogateescape")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have text as names")
def test_a_name_need_be_no_text(tmp_path: Path) -> None:
    """Folders and files whose names are no UTF-8 are read and written, and come back from JSON."""
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    bundle = shutil.copytree(FROZEN, odd / os.fsdecode(b"mod\xe8le"))
    picture = shutil.copyfile(PICTURE, odd / os.fsdecode(b"\xff.png"))
    page = odd / os.fsdecode(b"p\xe2ge.html")

    *outcomes, (_, answers, _) = run_all(
        ["inspect", bundle],
        ["predict", bundle, picture],
        ["site", bundle, "--single-file", "--out", page],
        ["site", bundle, "--out", odd / os.fsdecode(b"s\xeete")],
        ["predict", bundle, picture, "--json"],
    )

    assert [code for code, _, _ in outcomes] == [0] * 4
    assert page.is_file()
    (answer,) = json.loads(answers)
    assert Path(answer["file"]) == picture


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "", "a"),
            "There is no space left on the disk of 'a'. Free some, or",
        ),
        (OSError(errno.ENOSPC, ""), "There is no space left on the disk. Free some, or name"),
        (OSError(errno.EROFS, "", "a"), "'a' cannot be written: its file system can only be read."),
        (OSError(errno.EACCES, "", "a"), "'a' may not be read or written by this user. Change"),
        (OSError(errno.EACCES, "", "a", None, "b"), "'b' may not be read or written by this user."),
        (
            OSError(errno.EXDEV, "Cross-device link", "a"),
            "The system refused to work on 'a': Cross",
        ),
        (OSError("odd"), "The system refused to work on a file: odd. Try again, or elsewhere."),
        (OSError(errno.ENOSPC, "", 3), "There is no space left on the disk. Free some, or name"),
        (
            OSError(errno.ENAMETOOLONG, "", b"a"),
            "'a' is longer than the file system allows. Choose",
        ),
    ],
    ids=lambda value: None,
)
def test_what_the_system_refuses_is_a_sentence(error: OSError, sentence: str) -> None:
    """It says what, where and what to do."""
    assert describe(error).startswith(sentence)
    assert describe(error).endswith(".")


LOADING = """
import importlib.abc, runpy, sys

class Interrupted(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
runpy.run_module("kerasport", run_name="__main__")
"""


def test_ctrl_c_while_the_program_is_loaded_is_a_word() -> None:
    """No traceback of an import, which takes a moment, and the exit code of later."""
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (130, b"Interrupted.\n")


def test_a_reader_brings_the_bundle_back(tmp_path: Path) -> None:
    """A bundle that a killed export had renamed away is there for whoever looks next."""
    (tmp_path / ".model.old-abcdefgh").mkdir()
    shutil.copytree(FROZEN, tmp_path / ".model.old-abcdefgh" / "model")

    assert Bundle.open(tmp_path / "model").metadata.name == "frozen"

    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_working_folder_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--out .` is refused before anything is done, by every command that writes a folder."""
    monkeypatch.chdir(tmp_path)
    for arguments in (("site", FROZEN), ("export", "missing"), ("train", "digits")):
        line = failed(capsys, *arguments, "--out", ".")
        assert line.startswith("Error: '.' is the folder that this command runs in")
    assert list(tmp_path.iterdir()) == []


def test_two_commands_at_one_place_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another command put there while this one waited is not replaced without being asked."""
    from kerasport import site
    from kerasport.site import write_site

    taken = site.replaced_folder

    def after_another(target: Path) -> object:
        (target / "mine").mkdir(parents=True)
        return taken(target)

    monkeypatch.setattr(site, "replaced_folder", after_another)

    with pytest.raises(KerasportError, match=r"is there already\. Replace it"):
        write_site(Bundle.open(FROZEN), tmp_path / "site")

    assert (tmp_path / "site" / "mine").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
