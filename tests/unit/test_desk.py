"""How work goes to a page and answers come back, with a page that is no browser."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import numpy as np
import pytest

from kerasport.errors import BrowserError
from kerasport.parity.browsers.engines import WebEngine
from kerasport.parity.formats import exchange
from kerasport.parity.formats.exchange import Limits, ask_engine
from kerasport.parity.witnesses import desk as desks
from kerasport.parity.witnesses.desk import WorkDesk, WorkFailed
from kerasport.parity.witnesses.page_files import page_file, page_files

OURS = os.getsid(0) if hasattr(os, "getsid") else 0
"""A session that lives as long as the test."""

in_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").is_file(), reason="what a session does is read from /proc"
)

Work = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


class Crashed(Exception):
    """The page ends in the middle of its work."""


def get(address: str, name: str = "") -> tuple[bytes, Any]:
    with urllib.request.urlopen(address + name) as response:
        return response.read(), response.headers


def post(address: str, name: str, body: bytes = b"") -> bytes:
    with urllib.request.urlopen(address + name, data=body) as response:
        content: bytes = response.read()
        return content


@contextlib.contextmanager
def page_at(address: str, work: Work) -> Iterator[None]:
    """Do in a thread what `serve.js` does in a page, until the desk is gone."""

    def serve() -> None:
        with contextlib.suppress(URLError, ConnectionError, Crashed):
            while True:
                task = json.loads(post(address, "next"))
                if task is None:
                    continue
                body, _ = get(address, "work")
                header, answer = work(task, body)
                head = json.dumps(header).encode()
                length = len(head).to_bytes(4, "little")
                post(address, f"answer?task={task['id']}", length + head + answer)

    threading.Thread(target=serve, daemon=True).start()
    yield


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkDesk]:
    """A desk whose page is asked to come again soon."""
    monkeypatch.setattr(desks, "_LONGEST_REQUEST_SECONDS", 0.2)
    with WorkDesk("client.html", {"model.js": lambda: b"the model"}) as opened:
        yield opened


def turned_around(task: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    return {"kind": task["kind"], "shape": task["shape"]}, body[::-1]


def test_work_goes_out_and_its_answer_comes_back(desk: WorkDesk) -> None:
    """Kind, options and bytes reach the page; header and bytes come back, task after task."""
    with page_at(desk.address, turned_around):
        answers = [
            desk.ask("turn", body, session=OURS, limit_seconds=30, shape=[2, 3])
            for body in (b"abc", b"", bytes(range(256)))
        ]

    header = {"kind": "turn", "shape": [2, 3]}
    assert answers == [(header, b"cba"), (header, b""), (header, bytes(range(256))[::-1])]


def test_a_page_that_refuses_says_why(desk: WorkDesk) -> None:
    """Refused work is told from a browser that is gone, and the next task is done."""
    outcomes = iter([{"error": "it is damaged"}, {"fine": True}])

    with page_at(desk.address, lambda task, body: (next(outcomes), b"")):
        with pytest.raises(WorkFailed, match=r"^it is damaged$"):
            desk.ask("read", session=OURS, limit_seconds=30)

        assert desk.ask("read", session=OURS, limit_seconds=30) == ({"fine": True}, b"")


def test_no_answer_is_waited_for_in_vain(desk: WorkDesk) -> None:
    """A page that never comes is given up after the limit, and known never to have come."""
    with pytest.raises(BrowserError, match=r"^no answer in 0 s$"):
        desk.ask("load", session=OURS, limit_seconds=0.1)

    assert not desk.is_visited


@in_proc
def test_a_browser_that_ended_or_grew_is_given_up_at_once(desk: WorkDesk) -> None:
    """Neither is waited for until the limit."""
    with pytest.raises(BrowserError, match="the browser has ended"):
        desk.ask("load", session=2**30, limit_seconds=600)
    with pytest.raises(BrowserError, match="more than 0 GiB of memory"):
        desk.ask("load", session=OURS, limit_seconds=600, memory_bytes=1)


def test_a_late_answer_is_not_taken_for_the_next_one(desk: WorkDesk) -> None:
    """What comes after the limit belongs to nobody."""
    with pytest.raises(BrowserError, match="no answer"):
        desk.ask("slow", session=OURS, limit_seconds=0.1)
    late = json.loads(post(desk.address, "next"))
    post(desk.address, f"answer?task={late['id']}", (2).to_bytes(4, "little") + b"{}late")

    with page_at(desk.address, lambda task, body: ({"kind": task["kind"]}, b"")):
        answer = desk.ask("quick", session=OURS, limit_seconds=30)

    assert answer == ({"kind": "quick"}, b"")


def test_a_page_gets_its_document_scripts_and_files(desk: WorkDesk) -> None:
    """All of them may be kept by the browser; the work may not. Nothing else is there."""
    document, headers = get(desk.address)
    assert document.decode() == page_file("client.html")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    script, headers = get(desk.address, "serve.js")
    assert (script.decode(), headers["Content-Type"]) == (page_file("serve.js"), "text/javascript")
    assert get(desk.address, "model.js")[0] == b"the model"
    assert headers["Cache-Control"] is None
    assert get(desk.address, "work")[1]["Cache-Control"] == "no-store"

    for name in ("unknown.js", "../desk.py", "pages"):
        with pytest.raises(HTTPError, match="404"):
            get(desk.address, name)
    with pytest.raises(HTTPError, match="404"):
        post(desk.address, "other")


def test_without_the_secret_nothing_is_answered(desk: WorkDesk) -> None:
    """Other programs on this machine know the port at most."""
    root = desk.address.rsplit("/", 2)[0]

    for name in ("/", "/serve.js", "/wrong/serve.js", "/work"):
        with pytest.raises(HTTPError, match="404"):
            get(root + name)


def test_every_page_has_its_scripts_in_the_package() -> None:
    """What the documents load is there, beside what witnesses bring with the bundle."""
    brought = {"kerasport.iife.js", "model.js", "tf.min.js", "tf-backend-wasm.min.js", "runtime.js"}
    documents = [name for name in page_files() if name.endswith(".html")]

    assert documents == [
        "client.html",
        "driven.html",
        "formats.html",
        "runtime.html",
        "stock.html",
    ]
    for name in documents:
        loaded = {part.partition('"')[0] for part in page_file(name).split('src="')[1:]}
        assert loaded - brought <= set(page_files()), name


@pytest.fixture
def opened_engines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Engines that are threads: they read one byte as one gray pixel, and crash on `!`."""
    addresses: list[str] = []

    def read(task: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        if body == b"!":
            raise Crashed
        if not body:
            return {"error": f"'{task['names'][0]}' cannot be read: the file is empty."}, b""
        return {"width": 1, "height": 1}, body * 3

    @contextlib.contextmanager
    def opened(engine: WebEngine, address: str) -> Iterator[int]:
        addresses.append(address)
        if engine.version == "broken":
            yield OURS
        else:
            with page_at(address, read):
                yield OURS

    monkeypatch.setattr(exchange, "opened", opened)
    return addresses


def written(folder: Path, *contents: bytes) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def test_after_a_crash_the_rest_goes_on_in_a_new_browser(
    opened_engines: list[str], tmp_path: Path
) -> None:
    """The file is reported as lost, those behind it are read, and a refusal is no crash."""
    paths = written(tmp_path, b"a", b"!", b"", b"b", b"!")
    limits = Limits(start_seconds=30, file_seconds=1)

    replies = list(ask_engine(WebEngine("chromium", Path(), "1"), Path(), paths, limits=limits))

    assert [reply.path for reply in replies] == paths
    lost = "no answer in 1 s"
    assert [reply.lost for reply in replies] == [None, lost, None, None, lost]
    assert replies[2].refusal == "'2.png' cannot be read: the file is empty."
    for reply, value in ((replies[0], b"a"), (replies[3], b"b")):
        assert reply.pixels is not None
        np.testing.assert_array_equal(reply.pixels, np.full((1, 1, 3), value[0], np.uint8))
    assert len(opened_engines) == 2


def test_an_engine_that_never_opens_the_page_is_an_error(
    opened_engines: list[str], tmp_path: Path
) -> None:
    """It is not a list of lost files."""
    paths = written(tmp_path, b"a", b"b")
    limits = Limits(start_seconds=0.1)

    with pytest.raises(BrowserError) as error:
        list(ask_engine(WebEngine("firefox", Path(), "broken"), Path(), paths, limits=limits))

    assert str(error.value) == (
        "firefox broken did not open the page: no answer in 0 s. Start it by hand to see why."
    )


@pytest.mark.parametrize(
    ("path", "length"),
    [("wrong-secret/answer?task=1", 1 << 40), ("answer?task=1", 1 << 40), ("answer?task=1", -1)],
    ids=["without the secret", "without an end", "less than nothing"],
)
def test_what_is_not_asked_for_is_not_read(path: str, length: int, desk: WorkDesk) -> None:
    """A request without the secret, or of any length, is answered before its body comes."""
    address = urlsplit(desk.address)
    assert address.hostname is not None
    secret = "" if path.startswith("wrong") else address.path
    with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
        target = f"{secret or '/'}{path}"
        connection.sendall(
            f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        )

        answer = connection.recv(4096)

        assert answer.startswith(b"HTTP/1.1 404 ")
        # And nothing more: the connection is over.
        assert connection.recv(4096) == b""
