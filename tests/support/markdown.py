"""Reading the project's Markdown: fenced blocks, code spans, links, headings and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    place: str


def pages() -> list[Path]:
    """Return every Markdown file of the project."""
    folders = ["docs", "benchmarks", "tests", "web/src", "web/examples"]
    found = {path for folder in folders for path in (ROOT / folder).rglob("*.md")}
    found |= {path for folder in ("", "web") for path in (ROOT / folder).glob("*.md")}
    return sorted(path for path in found if "node_modules" not in path.parts)


def manual() -> list[Path]:
    """Return what users read: the README and the documents, without the changelog."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def name_of(path: Path) -> str:
    """Return the path of a page as people write it."""
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page in one of the languages."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match[1] in languages:
            found.append(Block(match[1], match[2], f"{name_of(path)}:{line}"))
    return found


def prose(path: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def spans(text: str) -> list[str]:
    """Return what stands in backticks outside of fenced blocks, each on one line."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", _FENCE.sub("", text))]


def shell_lines(block: Block) -> Iterator[str]:
    """Return the commands of a block: of a console, those behind the prompt."""
    text = re.sub(r"\\\n\s*", "", block.text)
    for line in text.splitlines():
        if block.language != "console":
            yield line.strip()
        elif line.startswith("$ "):
            yield line.removeprefix("$ ")


def links(path: Path) -> list[str]:
    """Return the targets of the links and pictures of a page."""
    text = re.sub(r"`[^`]+`", "", prose(path))
    return re.findall(r"\]\(\s*([^)\s]+)\s*\)", text)


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", prose(path), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        anchor, number = words, 0
        while anchor in found:
            number += 1
            anchor = f"{words}-{number}"
        found.add(anchor)
    return found


def section(path: Path, heading: str) -> str:
    """Return what stands below a heading of the second level, up to the next one."""
    parts = re.split(r"^## +(.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def first_column(text: str) -> list[str]:
    """Return the first cells of the first table in a text, without its head."""
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert rows is not None, "there is no table"
    return [row.split("|")[1].strip() for row in rows[0].splitlines()[2:]]
