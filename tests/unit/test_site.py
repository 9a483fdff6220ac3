"""Writing the page with a model in it: what is replaced, what is refused, what stands inside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from kerasport import assets
from kerasport.bundle import Bundle
from kerasport.errors import BrowserError, BundleError
from kerasport.site import file_name_of, write_single_file, write_site

GOLDEN = Path(__file__).parents[1] / "golden" / "bundle-v1"


@pytest.fixture
def bundle() -> Bundle:
    """A frozen bundle whose class names are markup."""
    return Bundle.open(GOLDEN)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built page whose library holds what may not stand in an inline script."""
    source = Path(__file__).parents[2] / "web"
    dist = tmp_path / "dist"
    shutil.copytree(source / "icons", dist / "page" / "icons")
    for name in ("index.html", "manifest.webmanifest", "service-worker.js"):
        shutil.copy(source / name, dist / "page")
    (dist / "demo.css").write_text("body { margin: 0 }")
    (dist / "demo.js").write_text('const a = "</script><script>alert(1)</script>";')
    (dist / "kerasport.iife.js").write_text('const b = "<!-- \\\\d \\g<1>";')
    (dist / "kerasport-webgl.iife.js").write_text("const c = 1;")
    (dist / "kerasport-licenses.txt").write_text("Apache License")
    monkeypatch.setattr("kerasport.site.web_asset", lambda name: dist / name)
    return dist


def test_a_site_has_the_page_its_scripts_and_the_bundle(
    web: Path, bundle: Bundle, tmp_path: Path
) -> None:
    """Everything that the page names is in the folder, and the bundle is whole."""
    page = write_site(bundle, tmp_path / "out" / "site")

    text = page.read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="([^":]+)"', text):
        assert (page.parent / name).is_file(), name
    assert (page.parent / "service-worker.js").is_file()
    assert (page.parent / "dist" / "kerasport-webgl.iife.js").is_file()
    assert (page.parent / "dist" / "kerasport-licenses.txt").is_file()
    assert f"<title>{bundle.metadata.name}</title>" in text
    Bundle.open(page.parent / "model")


def test_a_site_lists_what_its_page_loads(web: Path, bundle: Bundle, tmp_path: Path) -> None:
    """Every file that the page names or may load later, with its hash; of the bundle the script."""
    page = write_site(bundle, tmp_path / "site")

    listed = json.loads((page.parent / "page-files.json").read_text(encoding="utf-8"))
    named = re.findall(r'(?:src|href)="([^":]+)"', page.read_text(encoding="utf-8"))
    worker = (page.parent / "service-worker.js").read_text(encoding="utf-8")
    known = re.findall(r"^  '([^']+)',$", worker, re.MULTILINE)

    assert {*named, *known, "dist/kerasport-webgl.iife.js"} <= set(listed)
    assert len(known) >= 8
    assert [path for path in listed if path.startswith("model/")] == ["model/model.js"]
    for path, digest in listed.items():
        assert hashlib.sha256((page.parent / path).read_bytes()).hexdigest() == digest


def test_what_is_there_is_replaced_only_when_asked(
    web: Path, bundle: Bundle, tmp_path: Path
) -> None:
    """Neither a site nor a file is lost without --force, and no other folder even with it."""
    write_site(bundle, tmp_path / "site")
    with pytest.raises(BundleError, match="--force"):
        write_site(bundle, tmp_path / "site")
    write_site(bundle, tmp_path / "site", force=True)

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="not replaced"):
        write_site(bundle, tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"

    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(BundleError, match="--force"):
        write_single_file(bundle, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == "mine"


def test_a_single_file_allows_exactly_what_stands_in_it(
    web: Path, bundle: Bundle, tmp_path: Path
) -> None:
    """No address is left, each script's hash is in the policy, and nothing ends a script early."""
    text = write_single_file(bundle, tmp_path / "page.html").read_text(encoding="utf-8")

    policy = re.search(r'Content-Security-Policy"\s+content="([^"]+)"', text)
    assert policy is not None
    assert "'self'" not in policy[1]
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 4
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert r"\x3C/script>\x3Cscript>alert(1)" in scripts[0]
    assert r"\x3C!-- \\d \g<1>" in scripts[1]


def test_a_single_file_holds_the_bundles_files(web: Path, bundle: Bundle, tmp_path: Path) -> None:
    """Each file's calls, decoded and put together, are its bytes."""
    text = write_single_file(bundle, tmp_path / "page.html").read_text(encoding="utf-8")

    found: dict[str, bytes] = {}
    for path, size, piece in re.findall(r'^kerasportBundle\("(.+)", (\d+), "(.*)"\);$', text, re.M):
        content = base64.b64decode(piece)
        assert len(content) == int(size)
        found[path] = found.get(path, b"") + content

    paths = ["metadata.json", *(entry.path for entry in bundle.metadata.files)]
    assert found == {path: (GOLDEN / path).read_bytes() for path in paths}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("digits", "digits.html"), ("../Käse & <b>", "K-se-b.html"), ("犬", "classifier.html")],
)
def test_a_file_name_is_plain(bundle: Bundle, name: str, expected: str) -> None:
    """Whatever the model is called, the file's name is one that travels."""
    named = Bundle(bundle.path, bundle.metadata.model_copy(update={"name": name}))

    assert file_name_of(named) == expected


def test_a_build_that_lacks_a_file_says_how_to_build(
    bundle: Bundle, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build of an earlier version is no whole one; nothing is written with it."""
    (web / "kerasport-licenses.txt").unlink()
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "nowhere")
    monkeypatch.setattr(assets, "_CHECKOUT", web.parent)
    monkeypatch.setattr("kerasport.site.web_asset", assets.web_asset)

    with pytest.raises(BrowserError, match=r"'kerasport-licenses\.txt' is not built\..*make web"):
        write_site(bundle, tmp_path / "site")

    assert not (tmp_path / "site").exists()
