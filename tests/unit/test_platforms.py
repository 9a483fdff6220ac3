"""What each system does differently: the branches of the others are played here."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from kerasport import platforms
from kerasport.dataset import store
from kerasport.files import replaced_folder
from kerasport.platforms import folders, locks, processes, signals


def write(folder: Path, word: str) -> Path:
    folder.mkdir()
    (folder / "file").write_text(word, encoding="utf-8")
    return folder


def content(folder: Path) -> str:
    return (folder / "file").read_text(encoding="utf-8")


class Library:
    """A C library: `answer` says what its call sets `errno` to, after doing nothing."""

    def __init__(self, name: str, answer: int) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._answer = answer
        setattr(self, name, self._call)

    def _call(self, *arguments: Any) -> int:
        self.calls.append(tuple(getattr(each, "value", each) for each in arguments))
        folders.ctypes.set_errno(self._answer)
        return -1 if self._answer else 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks the C library of Linux")
def test_linux_exchanges_two_folders_in_one_step(tmp_path: Path) -> None:
    """Each has the content of the other; one that is missing is an error that names both."""
    first, second = write(tmp_path / "first", "1"), write(tmp_path / "second", "2")

    assert platforms.exchange(first, second)

    assert (content(first), content(second)) == ("2", "1")
    with pytest.raises(FileNotFoundError) as missing:
        platforms.exchange(first, tmp_path / "missing")
    assert missing.value.filename2 == str(tmp_path / "missing")


@pytest.mark.parametrize(
    ("platform", "name", "arguments"),
    [
        ("linux", "renameat2", (-100, b"a", -100, b"b", 2)),
        ("darwin", "renamex_np", (b"a", b"b", 2)),
    ],
)
@pytest.mark.parametrize(
    ("answer", "done"), [(0, True), (errno.EINVAL, False), (errno.ENOTSUP, False)]
)
def test_a_system_is_asked_with_its_own_call(
    platform: str,
    name: str,
    arguments: tuple[Any, ...],
    answer: int,
    done: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Linux and macOS have one each; a file system that does not know it is no error."""
    library = Library(name, answer)
    monkeypatch.setattr(folders.sys, "platform", platform)
    monkeypatch.setattr(folders.ctypes, "CDLL", lambda path, use_errno: library)

    assert platforms.exchange(Path("a"), Path("b")) is done

    assert library.calls == [arguments]


@pytest.mark.parametrize("platform", ["win32", "linux", "freebsd14"])
def test_a_system_without_a_call_renames_twice(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows, with an old C library and elsewhere the folder is replaced all the same."""
    monkeypatch.setattr(folders.sys, "platform", platform)
    monkeypatch.setattr(folders.ctypes, "CDLL", lambda path, use_errno: object())
    target = write(tmp_path / "target", "old")
    assert not platforms.exchange(target, target)

    with replaced_folder(target) as fresh:
        (fresh / "file").write_text("new", encoding="utf-8")

    assert content(target) == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_put_in_place_leaves_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second of two renames fails, the first is taken back."""
    monkeypatch.setattr(folders, "_exchange_call", lambda: None)
    target = write(tmp_path / "target", "old")

    def refuse(source: Path, name: Path) -> Path:
        if source.name.startswith(".target.new-"):
            raise PermissionError(errno.EACCES, "in use")
        return replace(source, name)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError), replaced_folder(target) as fresh:
        (fresh / "file").write_text("new", encoding="utf-8")

    assert content(target) == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(("platform", "times"), [("win32", 4), ("linux", 1)])
def test_windows_renames_again_what_is_held_open(
    platform: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner holds new files open for a moment there; elsewhere a refusal is one."""
    tried = []

    def replace(source: Path, name: Path) -> None:
        tried.append(source)
        if len(tried) < 4:
            raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(folders.sys, "platform", platform)
    monkeypatch.setattr(folders, "_RETRY_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(Path, "replace", replace)

    if platform == "win32":
        platforms.rename(tmp_path / "a", tmp_path / "b")
    else:
        with pytest.raises(PermissionError):
            platforms.rename(tmp_path / "a", tmp_path / "b")
    assert len(tried) == times


def test_lines_end_alike_where_files_are_text_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where the C library writes other line ends unless it is told not to."""
    binary = 0x8000
    opened: dict[int, int] = {}
    real_open, real_write = os.open, os.write

    def open_as_windows(path: Path, flags: int, mode: int = 0o777) -> int:
        descriptor = real_open(path, flags & ~binary, mode)
        opened[descriptor] = flags
        return descriptor

    def write_as_windows(descriptor: int, data: bytes) -> int:
        if not opened[descriptor] & binary:
            real_write(descriptor, data.replace(b"\n", b"\r\n"))
            return len(data)
        return real_write(descriptor, data)

    monkeypatch.setattr(store, "BINARY", binary)
    monkeypatch.setattr(store.os, "open", open_as_windows)
    monkeypatch.setattr(store.os, "write", write_as_windows)
    journal = store.Journal(tmp_path / "index.txt")
    journal.append({"key": [1, 2]})

    assert journal.read() == {"key": [1, 2]}
    assert b"\r" not in journal.path.read_bytes()


def test_a_lock_that_was_removed_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held is the file that stands at the path, not one that its holder has removed."""
    path = tmp_path / "lock"
    try_lock, calls = locks.try_lock, []

    def lock_late(descriptor: int) -> bool:
        calls.append(descriptor)
        if len(calls) == 1:
            path.unlink()
        return try_lock(descriptor)

    monkeypatch.setattr(locks, "try_lock", lock_late)

    descriptor = platforms.take_lock(path)

    assert descriptor is not None
    assert len(calls) == 2
    assert os.path.samestat(os.fstat(descriptor), path.stat())
    assert platforms.take_lock(path) is None
    platforms.drop_lock(path, descriptor)
    assert not path.exists()


def test_a_link_is_no_lock(tmp_path: Path) -> None:
    """What a link in the place of a lock leads to is not opened."""
    (tmp_path / "precious").touch()
    (tmp_path / "lock").symlink_to("precious")

    with pytest.raises(OSError, match="symbolic links"):
        platforms.take_lock(tmp_path / "lock")


def test_windows_keeps_ctrl_c_from_what_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a group of its own there, by a session elsewhere."""
    assert platforms.group_options() == {"start_new_session": True}
    monkeypatch.setattr(processes.sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)

    assert platforms.group_options() == {"creationflags": 0x200}


def test_windows_ends_a_process_with_all_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own program is asked, and whatever that does the process itself is ended."""
    asked: list[list[str]] = []
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        monkeypatch.setattr(processes.sys, "platform", "win32")
        monkeypatch.setattr(processes.subprocess, "run", lambda given, **_: asked.append(given))

        platforms.kill_group(process)

    assert asked == [["taskkill", "/F", "/T", "/PID", str(process.pid)]]
    assert process.returncode != 0
    assert not platforms.is_root()


def test_signals_wait_for_the_end_of_a_step() -> None:
    """What is taken is noted before the signal counts; then it counts once."""
    reached = []

    def step() -> None:
        with platforms.held_back(), platforms.held_back():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            reached.append("in")
        reached.append("after")

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as stop, platforms.terminated_cleanly():
        step()

    assert stop.value.code == 128 + signal.SIGTERM
    assert reached == ["in"]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert signals._held == signals._Held()


def test_ctrl_c_is_an_interrupt_at_once() -> None:
    """Outside a step that belongs together nothing waits."""
    with pytest.raises(KeyboardInterrupt), platforms.terminated_cleanly():
        signal.raise_signal(signal.SIGINT)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_what_a_process_was_started_to_ignore_stays_ignored() -> None:
    """`nohup kerasport ...` goes on when the terminal closes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with platforms.terminated_cleanly():
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_is_handled() -> None:
    """No handler can be set there, and nothing waits."""
    ended = []

    def work() -> None:
        with platforms.terminated_cleanly(), platforms.held_back():
            ended.append(signals._held.blocks)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert ended == [0]


def test_a_socket_has_room() -> None:
    """In the longest folder that leaves 103 bytes for its path, and in no longer one."""
    tail = len("/.org.chromium.Chromium.XXXXXX/SingletonSocket")

    assert platforms.fits_a_socket(Path("/" + "x" * (102 - tail)))
    assert not platforms.fits_a_socket(Path("/" + "x" * (103 - tail)))
