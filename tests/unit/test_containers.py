"""Files of strangers: what is wrong with them is one sentence, whatever it is."""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasport.errors import ModelError
from kerasport.exporter.containers import (
    extract_member,
    hdf5_file,
    parse_json,
    read_hdf5,
    read_json,
    read_members,
)
from kerasport.json_text import MAX_JSON_BYTES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": 1, "b": {"a": 1, "a": 2}}', "the key 'a' stands twice in one object"),
        (b"[" * 201 + b"]" * 201, "it is nested more than 200 deep"),
        (b'{"a": 1', "Expecting ',' delimiter"),
        (b"\xff\xfe", "can't decode byte"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it has a number of more than 100 characters"),
    ],
    ids=["repeated key", "too deep", "cut off", "not UTF-8", "endless number"],
)
def test_json_that_is_not_read(text: bytes, reason: str) -> None:
    """JSON that Python would take but readers take differently, or that costs much, is refused."""
    with pytest.raises(ModelError, match=r"'m\.json' is not JSON that can be read") as raised:
        parse_json(text, "'m.json'", expected="a model")

    assert reason in str(raised.value)
    assert "Expected a model." in str(raised.value)


def test_brackets_in_texts_do_not_count() -> None:
    """Depth is that of lists and objects; brackets and quotes inside texts are text."""
    value = {"a": "[" * 500 + '\\"{', "b": [[["]"]]]}

    assert (
        parse_json(b'{"a": "' + b"[" * 500 + rb'\\\"{", "b": [[["]"]]]}', "x", expected="") == value
    )


def test_json_that_is_too_long(tmp_path: Path) -> None:
    """No more than the limit is read of a JSON file."""
    path = tmp_path / "model.json"
    with path.open("wb") as file:
        file.truncate(MAX_JSON_BYTES + 1)

    with pytest.raises(ModelError, match="holds more than 16 MiB of JSON"):
        read_json(path, expected="a model")


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_members_of_an_archive(tmp_path: Path) -> None:
    """What is wanted and there is returned or written, the rest is left alone."""
    path = archive(tmp_path / "a.keras", {"config.json": b"{}", "weights": b"w" * 100, "x": b"x"})

    found = read_members(path, ["config.json", "metadata.json"], expected="a model")
    extract_member(path, "weights", tmp_path / "out", expected="a model")

    assert found == {"config.json": b"{}"}
    assert (tmp_path / "out").read_bytes() == b"w" * 100


def twice(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("config.json", "{}")
            file.writestr("config.json", "[]")


def bomb(path: Path) -> None:
    archive(path, {"config.json": bytes(65 << 20)}, zipfile.ZIP_DEFLATED)


def encrypted(path: Path) -> None:
    data = bytearray(archive(path, {"config.json": b"{}"}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


def crowded(path: Path) -> None:
    data = bytearray(archive(path, {"config.json": b"{}"}).read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x05\x06") + 10, 60_000)
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(archive(path, {"config.json": b"{}"}).read_bytes()[:-22])


def spoiled(path: Path) -> None:
    data = bytearray(archive(path, {"config.json": b"{}" * 50}).read_bytes())
    data[60] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: archive(path, {"../config.json": b""}), "a path that leads out of it"),
        (lambda path: archive(path, {"/config.json": b""}), "a path that leads out of it"),
        (lambda path: archive(path, {"C:\\config.json": b""}), "a path that leads out of it"),
        (twice, "it holds 'config.json' twice"),
        (bomb, "its file 'config.json' would unpack to 68,157,440 bytes"),
        (encrypted, "its file 'config.json' is encrypted"),
        (crowded, "it says that it holds 60,000 files; allowed are 10,000"),
        (cut, "it has no end, so it is cut off"),
        (spoiled, "Bad CRC-32"),
    ],
    ids=["above", "absolute", "drive", "twice", "bomb", "encrypted", "crowded", "cut", "spoiled"],
)
def test_archives_that_are_not_opened(
    tmp_path: Path, make: Callable[[Path], Any], reason: str
) -> None:
    """A ZIP archive that two readers could take differently, or that grows too much, is refused."""
    path = tmp_path / "model.keras"
    make(path)

    with pytest.raises(ModelError, match="cannot be opened as a ZIP archive") as raised:
        read_members(path, ["config.json"], expected="a whole .keras file")

    assert reason in str(raised.value)
    assert str(raised.value).endswith("Expected a whole .keras file; copy or save it again.")


def hdf5(path: Path, fill: Callable[[Any], Any]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_texts_and_arrays_of_an_hdf5_file(tmp_path: Path) -> None:
    """Texts, lists in pieces, numbers of any type and bfloat16 come as they were written."""

    def fill(file: Any) -> None:
        file.attrs["model_config"] = "Blüte"
        file.attrs["layer_names0"] = [b"a", b"b"]
        file.attrs["layer_names1"] = [b"c"]
        file["group/kernel:0"] = np.arange(6, dtype=">f8").reshape(2, 3)
        file["half"] = np.array([1.5, -2], np.float16)
        file["empty"] = np.zeros((0, 3), np.float32)
        file.create_dataset("packed", data=np.ones(1000, np.float32), compression="gzip")
        # bfloat16 of 1.5 and -2, as Keras stores it.
        file["brain"] = np.array([0x3FC0, 0xC000], "<u2").view("V2")
        file["optimizer_weights/m"] = np.ones(3)

    content = read_hdf5(
        hdf5(tmp_path / "m.h5", fill), "'m.h5'", expected="", skip=["optimizer_weights"]
    )

    assert content.text("/", "model_config") == "Blüte"
    assert content.texts("/", "layer_names") == ["a", "b", "c"]
    np.testing.assert_array_equal(content.arrays["/group/kernel:0"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(content.arrays["/half"], np.array([1.5, -2], np.float16))
    np.testing.assert_array_equal(content.arrays["/brain"], np.array([1.5, -2], np.float32))
    assert content.arrays["/packed"].sum() == 1000
    assert content.arrays["/empty"].shape == (0, 3)
    assert "/optimizer_weights/m" not in content.arrays


def test_long_lists_of_texts_of_any_length_are_read(tmp_path: Path) -> None:
    """Keras 3 writes the names of layers as texts of any length: a large network has many."""

    def fill(file: Any) -> None:
        file["kernel"] = np.zeros(1 << 20, np.float32)
        names = [f"block_{number}_expand" for number in range(400)]
        file.attrs.create("layer_names", names, dtype=h5py.string_dtype())

    content = read_hdf5(hdf5(tmp_path / "m.h5", fill), "'m.h5'", expected="")

    assert content.texts("/", "layer_names")[399] == "block_399_expand"


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(3,))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize(
    ("fill", "reason"),
    [
        (lambda f: f.__setitem__("x", h5py.SoftLink("/y")), "'/x' is a link"),
        (lambda f: f.__setitem__("x", h5py.ExternalLink("o.h5", "/y")), "'/x' is a link"),
        (lambda f: f.__setitem__("x", f["/"]), "'/x' stands in it twice"),
        (
            lambda f: f.create_dataset("x", (3,), "f4", external=[("/etc/passwd", 0, 12)]),
            "the array '/x' lies in another file",
        ),
        (virtual, "the array '/x' is put together from other files"),
        (
            lambda f: f.create_dataset("x", data=np.zeros(9), compression="lzf"),
            "the array '/x' is packed by a plug-in of HDF5",
        ),
        (
            lambda f: f.create_dataset("x", (100_000, 100_000), "f4"),
            "says that it has 40,000,000,000 bytes, and not all of them are in the file",
        ),
        (
            lambda f: f.create_dataset("x", (100_000, 100_000), "f4", chunks=(100, 100)),
            "says that it has 40,000,000,000 bytes, and not all of them are in the file",
        ),
        (
            lambda f: f.create_dataset("x", data=np.zeros(20 << 20, "f4"), compression="gzip"),
            "its arrays together are more than 20 times its size",
        ),
    ],
    ids=[
        "soft link",
        "external link",
        "circle",
        "external storage",
        "virtual",
        "plug-in",
        "nothing stored",
        "no chunk stored",
        "bomb",
    ],
)
def test_hdf5_files_that_are_not_read(
    tmp_path: Path, fill: Callable[[Any], Any], reason: str
) -> None:
    """An HDF5 file that points elsewhere, or holds less or far more than it says, is refused."""
    path = hdf5(tmp_path / "model.h5", fill)

    with pytest.raises(ModelError, match="cannot be read as an HDF5 file") as raised:
        read_hdf5(path, "'model.h5'", expected="a whole-model .h5 file")

    assert reason in str(raised.value)


def test_a_library_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On some damaged files the HDF5 library never returns: then it is ended, with a sentence."""
    path = hdf5(tmp_path / "model.h5", lambda file: None)
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time; time.sleep(600)")
    monkeypatch.setattr(hdf5_file.hdf5_flatten, "__file__", str(sleeper))
    monkeypatch.setattr(hdf5_file, "_SECONDS", 0.2)

    with pytest.raises(ModelError, match="it could not be read within 0 s"):
        read_hdf5(path, "'model.h5'", expected="a model")


def test_a_library_that_crashes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of the HDF5 library ends its process alone, and is a sentence."""
    path = hdf5(tmp_path / "model.h5", lambda file: None)
    crash = tmp_path / "crash.py"
    crash.write_text("import os; os.abort()")
    monkeypatch.setattr(hdf5_file.hdf5_flatten, "__file__", str(crash))

    with pytest.raises(ModelError, match="the HDF5 library gave up on it"):
        read_hdf5(path, "'model.h5'", expected="a model")


@pytest.mark.parametrize("seed", range(3))
def test_damaged_hdf5_files_are_a_sentence(tmp_path: Path, seed: int) -> None:
    """Whatever bytes of an HDF5 file are wrong: it is read, or refused in one sentence."""

    def fill(file: Any) -> None:
        file.attrs["model_config"] = '{"a": 1}' * 20
        file["layer/kernel:0"] = np.arange(12, dtype="f4")

    path = hdf5(tmp_path / "model.h5", fill)
    random = np.random.default_rng(seed)
    data = bytearray(path.read_bytes())
    for place in random.integers(0, len(data), 30):
        data[place] = random.integers(0, 256)
    path.write_bytes(data)

    message = ""
    try:
        read_hdf5(path, "'model.h5'", expected="a model")
    except ModelError as error:
        message = str(error)

    assert "\n" not in message
