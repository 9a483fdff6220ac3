"""What a release installs: complete, and of use with its base dependencies alone."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest
from support.release import (
    PIP,
    ROOT,
    Artifacts,
    Installed,
    build_requirements,
    make_environment,
    succeed,
)

BUNDLE = ROOT / "tests" / "golden" / "bundle-v1"

FLOAT32_ROUNDING = 1e-6
"""Of a probability: numpy adds in another order than the Keras that wrote the samples."""

IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys
import kerasport
names = [found.name for found in pkgutil.walk_packages(kerasport.__path__, "kerasport.")]
failed = {}
for name in names:
    if not name.endswith(".__main__"):
        try:
            importlib.import_module(name)
        except Exception as error:
            failed[name] = repr(error)
print(json.dumps({"file": kerasport.__file__, "modules": len(names), "failed": failed}))
"""


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    """The wheel, the sdist and the sdist's wheel, built with what `build-system` asks for."""
    folder = tmp_path_factory.mktemp("artifacts")
    # A builder of its own: hatchling and tensorflowjs want different versions of packaging.
    builder = make_environment(folder / "builder")
    succeed(builder, *PIP, "install", "--quiet", *build_requirements())
    build = (builder, "-m", "hatchling", "build")

    succeed(*build, "--directory", folder / "dist", cwd=ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    succeed(*build, "--target", "wheel", "--directory", folder / "again", cwd=unpacked)
    (wheel_of_sdist,) = (folder / "again").glob("*.whl")
    shutil.rmtree(folder / "builder")
    return Artifacts(wheel, sdist, wheel_of_sdist)


@pytest.fixture(scope="session")
def installed(
    artifacts: Artifacts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """The wheel in an environment with the base dependencies, at the tested versions."""
    folder = tmp_path_factory.mktemp("installed")
    python = make_environment(folder / "venv")
    constraints = ROOT / "python" / "constraints.txt"
    succeed(python, *PIP, "install", "--quiet", "-c", constraints, artifacts.wheel)
    (folder / "empty").mkdir()
    yield Installed(python, folder / "empty")
    shutil.rmtree(folder)


def files_under(folder: Path) -> dict[str, bytes]:
    """Return the files of a package by their path in it, without what Python and make leave."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def contents(wheel: Path) -> dict[str, bytes]:
    """Return what a wheel holds."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_every_file_of_the_package(artifacts: Artifacts) -> None:
    """Modules, style sheets, schemas, pages and py.typed are in the wheel as in the checkout."""
    held = contents(artifacts.wheel)

    expected = files_under(ROOT / "python" / "kerasport")
    assert "py.typed" in expected
    assert {name: held.get(f"kerasport/{name}") for name in expected} == expected


def test_the_wheel_holds_the_built_page(artifacts: Artifacts) -> None:
    """Everything in web/dist but make's own stamp is in the wheel."""
    prefix = "kerasport/_web/"
    held = contents(artifacts.wheel)

    assets = {name.removeprefix(prefix): held[name] for name in held if name.startswith(prefix)}

    assert assets == files_under(ROOT / "web" / "dist")


def test_the_wheel_holds_nothing_else(artifacts: Artifacts) -> None:
    """No test, cache, run or model lies in the wheel beside the package."""
    package = {f"kerasport/{name}" for name in files_under(ROOT / "python" / "kerasport")}
    page = {f"kerasport/_web/{name}" for name in files_under(ROOT / "web" / "dist")}

    others = [name for name in contents(artifacts.wheel) if name not in package | page]

    assert all(re.match(r"kerasport-[^/]+\.dist-info/", name) for name in others), others


def test_the_base_dependencies_are_small(artifacts: Artifacts) -> None:
    """Without an extra nothing is asked for but what reads and runs a bundle."""
    held = contents(artifacts.wheel)
    (metadata,) = (held[name] for name in held if name.endswith(".dist-info/METADATA"))
    required = Parser().parsestr(metadata.decode()).get_all("Requires-Dist", [])

    base = {re.split(r"[^a-z-]", line)[0] for line in required if "extra ==" not in line}

    assert base == {"numpy", "pillow", "pydantic", "rich", "typer"}


def test_the_sdist_makes_the_same_wheel(artifacts: Artifacts) -> None:
    """A wheel built from the unpacked sdist is, file by file, the one built from the checkout."""
    assert artifacts.wheel_of_sdist.name == artifacts.wheel.name
    assert contents(artifacts.wheel_of_sdist) == contents(artifacts.wheel)


def test_the_sdist_holds_the_sources_and_nothing_built_by_the_way(artifacts: Artifacts) -> None:
    """Sources, tests and documentation are in it; environments, runs, models and stamps are not."""
    with tarfile.open(artifacts.sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}

    for name in ("Makefile", "LICENSE", "README.md", "docs/README.md", "web/src/client/index.ts"):
        assert name in names
    assert "tests/golden/bundle-v1/model.json" in names
    unwanted = ("node_modules", ".venv", "__pycache__", ".built")
    assert [name for name in names if set(unwanted) & set(name.split("/"))] == []
    assert [name for name in names if name.startswith(("runs/", "web/model/", "data/"))] == []


def test_every_module_imports_without_an_extra(installed: Installed) -> None:
    """The installed package is imported, all of it, with the base dependencies alone."""
    done = installed.run("-c", IMPORT_EVERYTHING)

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "site-packages" in Path(answer["file"]).parts
    assert answer["modules"] > 50
    assert answer["failed"] == {}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["verify", "--help"]])
def test_help_is_answered(installed: Installed, arguments: list[str]) -> None:
    """Help needs no extra, also of commands that need one to run."""
    done = installed.kerasport(*arguments)

    assert done.returncode == 0, done.stderr
    assert "Usage: kerasport" in done.stdout


def test_version_is_that_of_the_wheel(installed: Installed, artifacts: Artifacts) -> None:
    """`kerasport --version` says what was installed."""
    done = installed.kerasport("--version")

    assert done.stdout.split() == ["kerasport", artifacts.wheel.name.split("-")[1]]


def test_inspect_checks_a_bundle(installed: Installed) -> None:
    """`kerasport inspect` reads a bundle and finds its files as exported."""
    done = installed.kerasport("inspect", BUNDLE)

    assert done.returncode == 0, done.stderr
    assert "frozen" in done.stdout
    assert "Files, all as exported" in done.stdout


def test_predict_answers_like_keras(installed: Installed) -> None:
    """`kerasport predict` gives for each sample the probabilities that Keras gave."""
    samples = json.loads((BUNDLE / "samples" / "samples.json").read_text("utf-8"))["samples"]
    metadata = json.loads((BUNDLE / "metadata.json").read_text("utf-8"))
    pictures = [BUNDLE / sample["file"] for sample in samples]

    done = installed.kerasport("predict", BUNDLE, *pictures, "--json")

    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [answer["file"] for answer in answers] == [str(picture) for picture in pictures]
    for answer, sample in zip(answers, samples, strict=True):
        given = {each["className"]: each["probability"] for each in answer["predictions"]}
        expected = dict(zip(metadata["classNames"], sample["probabilities"], strict=True))
        assert given == pytest.approx(expected, rel=0, abs=FLOAT32_ROUNDING)


def test_site_writes_the_page(installed: Installed, tmp_path: Path) -> None:
    """`kerasport site` finds the page in the wheel, for a folder and for a single file."""
    folder, single = tmp_path / "site", tmp_path / "page.html"

    as_folder = installed.kerasport("site", BUNDLE, "--out", folder)
    as_file = installed.kerasport("site", BUNDLE, "--single-file", "--out", single)

    assert as_folder.returncode == 0, as_folder.stderr
    assert (folder / "index.html").is_file()
    assert (folder / "dist" / "kerasport.iife.js").is_file()
    assert (folder / "model" / "model.js").is_file()
    assert as_file.returncode == 0, as_file.stderr
    assert "kerasportBundle(" in single.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["train"], "train"),
        (["verify", BUNDLE], "verify"),
        (["verify", BUNDLE, "--witness", "tensorflowjs-python"], "witness"),
    ],
    ids=["train", "verify", "witness"],
)
def test_a_missing_extra_is_named(
    installed: Installed, arguments: list[str | Path], extra: str
) -> None:
    """A command whose packages are not there says which pip line brings them: no traceback."""
    done = installed.kerasport(*arguments)

    assert done.returncode == 1
    assert f"pip install 'kerasport[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
