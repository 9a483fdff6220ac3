"""What differs between systems stands in one room, and files are read and written alike."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "kerasport"

# What only one system has, or means something else on another.
OF_ONE_SYSTEM = re.compile(
    r"sys\.platform|os\.name\b|platform\.system|\bfcntl\b|\bmsvcrt\b|\bctypes\b|\bresource\b"
    r"|\bsignal\.|os\.(fork|kill|killpg|setsid|getuid|geteuid|getpgid|uname|chown|mkfifo)\b"
    r"|os\.(rename|replace|link|symlink)\b|/proc\b|/dev/|start_new_session|preexec_fn|\btempfile\."
    r"|multiprocessing|ProcessPoolExecutor"
)

# Where they may stand all the same, and why.
ALLOWED = {
    # Programs that run without the package.
    "parity/browsers/guard.py": {"sys.platform", "signal.", "ctypes", "os.kill", "/proc"},
    "exporter/containers/hdf5_flatten.py": {"resource"},
    # The memory of Pillow, which has the same interface on every system.
    "preprocess/stored.py": {"ctypes"},
    # Where browsers lie.
    "parity/browsers/chromium.py": {"sys.platform"},
    # SIGTERM, which every system has, to processes that only some systems list.
    "parity/browsers/interruption.py": {"signal.", "os.kill"},
    # Named as examples of what a path may be.
    "files/writing.py": {"/dev/", "tempfile."},
    "files/replacement.py": {"tempfile."},
    "files/scratch.py": {"tempfile.", "os.getuid"},
    # Files without a name, which end with the process.
    "models/backend.py": {"tempfile."},
    "dataset/archives/spool.py": {"tempfile."},
    "training/processes/launch.py": {"tempfile."},
    "dataset/archives/tar_directory.py": {"tempfile."},
    "dataset/named_sets.py": {"tempfile."},
    "parity/browsers/command.py": {"tempfile."},
    "parity/witnesses/python_reader.py": {"tempfile."},
}


def sources() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("platforms/"):
            yield name, path.read_text(encoding="utf-8")


def test_systems_differ_in_one_room() -> None:
    """No module outside of `platforms` asks for the system, but for those that say why."""
    found = {name: {match[0] for match in OF_ONE_SYSTEM.finditer(text)} for name, text in sources()}

    assert {name: words for name, words in found.items() if words} == ALLOWED


def test_only_files_without_a_name_are_made_with_tempfile() -> None:
    """Whatever has a name goes through `kerasport.files`, which clears it after a kill."""
    pattern = re.compile(r"tempfile\.(\w+)")
    found = {
        word
        for name, text in sources()
        for word in pattern.findall(text)
        if not name.startswith("files/")
    }

    assert found == {"TemporaryFile"}


def programs() -> list[Path]:
    return [
        *PACKAGE.rglob("*.py"),
        ROOT / "python" / "hatch_build.py",
        ROOT / "docs" / "commands.py",
    ]


def texts_without_encoding(path: Path) -> Iterator[str]:
    """Yield calls that read or write text in whatever encoding the system prefers."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if "encoding" in given:
            continue
        where = f"{path.name}:{node.lineno}: {ast.unparse(node)[:60]}"
        if (name == "read_text" and not node.args) or (
            name == "write_text" and len(node.args) == 1
        ):
            # Those of `kerasport.files` take two.
            yield where
        elif name in ("open", "fdopen"):
            modes = [
                each.value
                for each in (*node.args, *given.values())
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            module = getattr(getattr(node.func, "value", None), "id", "")
            if module not in ("os", "archive", "Image", "Bundle", "Run") and any(
                re.fullmatch(r"[rwax]t?\+?", mode) for mode in modes
            ):
                yield where
        elif name in ("run", "Popen", "check_output") and {"text", "universal_newlines"} & {*given}:
            yield where


def test_text_has_an_encoding_everywhere() -> None:
    """Nothing is read or written as the system prefers, which on Windows is not UTF-8."""
    assert [found for path in programs() for found in texts_without_encoding(path)] == []


@pytest.mark.parametrize(
    "call",
    [
        "path.read_text()",
        "path.write_text(text)",
        "path.open('w')",
        "open(path, 'r')",
        "subprocess.run(command, text=True)",
    ],
)
def test_a_text_without_encoding_is_found(call: str, tmp_path: Path) -> None:
    """The rule sees each way of leaving the encoding out."""
    module = tmp_path / "module.py"
    module.write_text(call, encoding="utf-8")

    assert len(list(texts_without_encoding(module))) == 1


def test_the_steps_on_windows_are_those_of_the_documentation() -> None:
    """What the workflow runs there, in its order, and what the documentation tells to run."""
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    job = workflow.split("  windows:\n")[1].split("  passed:\n")[0]
    document = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    told = document.split("```powershell\n")[1].split("```")[0].splitlines()

    run = re.findall(r"^ +(?:- run: )?((?:python|npm) .+)$", job, re.MULTILINE)

    assert run == told


def test_the_workflow_may_read_only() -> None:
    """No job can write to the repository, and each action has a version."""
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")

    assert re.findall(r"permissions:\n((?:  .+\n)+)", workflow) == ["  contents: read\n"]
    assert workflow.count("actions/checkout@") == workflow.count("persist-credentials: false")
    assert re.findall(r"uses: (?!actions/[a-z-]+@v\d)", workflow) == []


def test_make_can_name_every_file_that_the_build_reads() -> None:
    """A name with a space is two names to make."""
    folders = ("src", "icons", "scripts", "types", "notices")
    names = [path.name for folder in folders for path in (ROOT / "web" / folder).rglob("*")]

    assert names
    assert [name for name in names if re.search(r"[^\w.-]", name)] == []
