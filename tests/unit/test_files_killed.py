"""Kills at every step of writing: the old or the new is there, and the next command clears up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")

# Ends a child of its own at the first file operation, another at the second, and so on until one
# gets to its end; and prints what each of them leaves, and what is there after the next command.
MATRIX = """
import json, os, shutil, sys
from pathlib import Path
from kerasport.files import put_back, replaced_folder, write_text, replacement
from kerasport.platforms import terminated_cleanly

top, kind, number, in_one_step, is_new = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
target = top / "model"
WATCHED = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.scandir"}

def write(word):
    if kind == "file":
        write_text(target, word * 3)
        return
    with replaced_folder(target) as folder:
        for name in ("model.json", "weights.bin", "metadata.json"):
            write_text(folder / name, word)

def content():
    if target.is_dir():
        return sorted({path.name: path.read_text("utf-8") for path in target.iterdir()}.items())
    return target.read_text("utf-8") if target.exists() else None

def beside():
    return sorted(path.name for path in top.iterdir() if path != target)

def child(last):
    count, ending = 0, False

    def watch(event, arguments):
        nonlocal count, ending
        if event not in WATCHED or ending:
            return
        count += 1
        if count == last:
            ending = True
            os.kill(os.getpid(), number)

    exchange = replacement.exchange

    def exchanged(first, second):
        watch("os.rename", ())
        done = bool(in_one_step) and exchange(first, second)
        watch("os.rename", ())
        return done

    replacement.exchange = exchanged
    with terminated_cleanly():
        sys.addaudithook(watch)
        write("new")
    os._exit(0)

def leave(work, *arguments):
    identifier = os.fork()
    if identifier == 0:
        try:
            work(*arguments)
        except SystemExit as stop:
            os._exit(stop.code)
        except KeyboardInterrupt:
            os._exit(130)
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(identifier, 0)[1])

for step in range(1, 1000):
    shutil.rmtree(top)
    top.mkdir()
    if not is_new:
        write("old")
    row = {"step": step, "code": leave(child, step), "found": content(), "left": beside()}
    put_back(target)
    row["looked"] = content()
    write("next")
    row["next"], row["beside"] = content(), beside()
    print(json.dumps(row))
    if row["code"] == 0:
        break
"""


def whole(word: str | None, kind: str) -> Any:
    if word is None:
        return None
    names = ("metadata.json", "model.json", "weights.bin")
    return word * 3 if kind == "file" else [[name, word] for name in names]


@pytest.mark.parametrize(
    ("signal_name", "kind", "in_one_step", "is_new"),
    [
        ("SIGKILL", "folder", 1, 0),
        ("SIGKILL", "folder", 0, 0),
        ("SIGKILL", "folder", 1, 1),
        ("SIGKILL", "file", 1, 0),
        ("SIGTERM", "folder", 0, 0),
        ("SIGINT", "folder", 1, 0),
        ("SIGTERM", "file", 1, 0),
    ],
    ids=lambda value: {0: "no", 1: "yes"}.get(value, value),
)
def test_a_kill_at_any_step_leaves_the_old_or_the_new(
    signal_name: str, kind: str, in_one_step: int, is_new: int, tmp_path: Path
) -> None:
    """What a reader finds is whole, a signal leaves nothing beside, and the next command clears."""
    number = signal.Signals[signal_name]
    command = [sys.executable, "-c", MATRIX, str(tmp_path / "top"), kind, str(int(number))]
    (tmp_path / "top").mkdir()

    done = subprocess.run(
        [*command, str(in_one_step), str(is_new)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    *killed, finished = rows
    code = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    assert len(killed) > 8
    assert {row["code"] for row in killed} == {code}
    assert (finished["code"], finished["left"]) == (0, [])
    before = whole(None if is_new else "old", kind)
    allowed = [before, whole("new", kind)]
    assert [row for row in rows if row["looked"] not in allowed] == []
    if in_one_step or number != signal.SIGKILL:
        assert [row for row in rows if row["found"] not in allowed] == []
    if number != signal.SIGKILL:
        assert [row for row in rows if row["left"]] == []
    assert {json.dumps([row["next"], row["beside"]]) for row in rows} == {
        json.dumps([whole("next", kind), []])
    }
