"""The package in Node, Deno and Bun, in test runners, and in stores that wrap what they hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.examples import SAMPLE, expected_answer
from support.npm import WEB, Project

NewProject = Callable[[str], Project]

PROJECTS = Path(__file__).parent / "projects"


RUNNERS = {"deno": ("deno", "run", "--allow-all"), "bun": ("bun",)}


@pytest.mark.parametrize("script", ["module.mjs", "common.cjs", "host.mjs"])
def test_the_node_that_is_here_runs_it(script: str, new_project: NewProject) -> None:
    """As a module, by `require` and in a worker, from paths and addresses, without a word more."""
    project = new_project("app")
    project.copy(PROJECTS / "node", model="model")
    project.install()

    assert project.run("node", script) == "like Keras\n"


@pytest.mark.tools
@pytest.mark.parametrize("script", ["module.mjs", "common.cjs"])
@pytest.mark.parametrize(
    "version",
    [
        pytest.param(name, marks=pytest.mark.tried(name, "ES module, CommonJS"))
        for name in ("node 22", "node 24")
    ],
)
def test_newer_nodes_run_it(version: str, script: str, new_project: NewProject) -> None:
    """The same in the lines after it, which npm carries."""
    project = new_project("app")
    project.copy(PROJECTS / "node", model="model")
    project.install(version)

    said = project.run("node_modules/.bin/node", "--version")
    assert said.startswith(f"v{version.split(' ')[1]}.")
    assert project.run("node_modules/.bin/node", script) == "like Keras\n"


@pytest.mark.tools
@pytest.mark.parametrize("script", ["module.mjs", "common.cjs", "host.mjs"])
@pytest.mark.parametrize(
    "runner",
    [
        pytest.param(name, marks=pytest.mark.tried(name, "ES module, CommonJS, web worker"))
        for name in RUNNERS
    ],
)
def test_deno_and_bun_run_it(runner: str, script: str, new_project: NewProject) -> None:
    """The same as in Node, with web workers of their own kind."""
    project = new_project("app")
    project.copy(PROJECTS / "node", model="model")
    project.install(runner)

    # Behind it the errors: Deno's graphics may say there that they have no screen.
    assert project.run(*RUNNERS[runner], script).startswith("like Keras\n")


def test_what_only_browsers_decode_is_refused_with_a_remedy(new_project: NewProject) -> None:
    """JPEG and WebP say to hand over pixels; PNG, BMP and GIF are read."""
    project = _with_pictures(new_project)
    project.install()

    assert project.run("node", "refusal.mjs") == "as documented\n"


@pytest.mark.tools
@pytest.mark.parametrize("runner", RUNNERS)
def test_deno_and_bun_refuse_it_with_the_same_words(runner: str, new_project: NewProject) -> None:
    """Also where something is there that calls itself a decoder, as in Deno."""
    project = _with_pictures(new_project)
    project.install(runner)

    assert project.run(*RUNNERS[runner], "refusal.mjs") == "as documented\n"


def _with_pictures(new_project: NewProject) -> Project:
    golden = WEB.parent / "tests" / "golden" / "pictures"
    project = new_project("app")
    project.copy(PROJECTS / "node", model="model")
    files = {"photo-420.jpg": "photo.jpg", "lossy.webp": "photo.webp", "rgb.png": "picture.png"}
    for name, copy in {**files, "picture.gif": "picture.gif", "picture.bmp": "picture.bmp"}.items():
        shutil.copy(golden / name, project.folder / copy)
    return project


@pytest.mark.tools
@pytest.mark.tried("sharp", "JPEG in Node")
def test_the_example_for_node_reads_jpeg_with_sharp(new_project: NewProject) -> None:
    """A sample as PNG gets Keras' answer, and a photo gets one without being refused."""
    project = new_project("app")
    project.copy(WEB / "examples" / "node", model="model")
    shutil.copy(SAMPLE, project.folder / "sample.png")
    photo = WEB.parent / "tests" / "golden" / "pictures" / "photo-420.jpg"
    shutil.copy(photo, project.folder / "photo.jpg")
    project.install("sharp")

    first, second = project.run("node", "classify.mjs", "model", "sample.png", "photo.jpg").split(
        "\n"
    )[:2]

    assert first == f"sample.png: {expected_answer()}"
    assert second.startswith("photo.jpg: ")


@pytest.mark.tools
@pytest.mark.tried("sharp", "the same pixels as Pillow")
def test_sharp_gives_the_pixels_that_training_had(new_project: NewProject) -> None:
    """What the documents advise makes of golden JPEG and WebP, CMYK apart, what Python makes."""
    golden = WEB.parent / "tests" / "golden"
    project = new_project("app")
    project.copy(golden / "pictures")
    shutil.copy(golden / "pictures.json", project.folder)
    (project.folder / "compare.mjs").write_text(
        """\
import { readFileSync } from 'node:fs';
import { preprocessImage } from 'kerasport';
import sharp from 'sharp';
const { cases } = JSON.parse(readFileSync('pictures.json', 'utf8'));
const ours = cases.filter(({ file }) => /\\.(jpg|webp)$/.test(file) && !file.startsWith('cmyk'));
for (const { file, spec, expected } of ours) {
  const { data, info } = await sharp(file, { ignoreIcc: true }).autoOrient().raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const input = await preprocessImage({ data, width, height, channels }, spec);
  if (!Buffer.from(expected, 'base64').equals(Buffer.from(input.data))) console.log(file, spec);
}
console.log(ours.length >= 40 ? 'all the same' : `only ${ours.length}`);
""",
        encoding="utf-8",
    )
    project.install("sharp")

    assert project.run("node", "compare.mjs") == "all the same\n"


@pytest.mark.tools
@pytest.mark.tried("vue + alpinejs + solid-js", "reactive stores")
def test_reactive_stores_hand_it_out_as_it_is(new_project: NewProject) -> None:
    """A classifier in a store of a framework still classifies."""
    project = new_project("app")
    project.copy(PROJECTS / "node", model="model")
    project.install("vue", "alpinejs", "solid-js", "jsdom")

    assert project.run("node", "reactive.mjs").endswith("like Keras\n")


@pytest.mark.tools
@pytest.mark.tried("vitest + jsdom", "test runner")
def test_vitest_runs_it_in_a_simulated_page(new_project: NewProject) -> None:
    """The library classifies in jsdom, and the element is one."""
    project = new_project("app")
    project.copy(PROJECTS / "vitest", model="model")
    project.install("vitest", "vite 7", "jsdom")

    assert "1 passed" in project.run("vitest", "run")


@pytest.mark.tools
@pytest.mark.tried("jest + jest-environment-jsdom", "test runner, CommonJS")
def test_jest_runs_it_without_a_setting(new_project: NewProject) -> None:
    """In Node it classifies; in a simulated page the element is there."""
    project = new_project("app")
    project.copy(PROJECTS / "jest", model="model")
    project.install("jest", "jest-environment-jsdom")

    assert "2 passed, 2 total" in project.run("jest")


@pytest.mark.tools
@pytest.mark.tried("publint", "the package's fields")
def test_publint_finds_nothing(new_project: NewProject, package: Path) -> None:
    """Every field of package.json is as tools expect it."""
    project = new_project("app")
    project.install("publint")

    assert "All good!" in project.run("publint", package, "--strict")


@pytest.mark.tools
@pytest.mark.tried("@arethetypeswrong/cli", "types in node10, node16, bundlers")
def test_types_are_found_in_every_way_of_resolving(new_project: NewProject, package: Path) -> None:
    """By `exports` and without, from modules and from CommonJS."""
    project = new_project("app")
    project.install("@arethetypeswrong/cli")

    # Only the package and its element are to be had without `exports`; the rest is newer than that.
    entries = ("./element/react", "./element/vue", "./element/svelte", "./static", "./worker")
    project.run("attw", package, "--exclude-entrypoints", *entries, "./dist/*")
    project.run("attw", package, "--entrypoints", *entries, "--profile", "esm-only")
