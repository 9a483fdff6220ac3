"""Many pictures to one table: what is in it, whatever the inputs, the format and the machine."""

from __future__ import annotations

import csv
import io
import json
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import kerasport
from kerasport.bulk import BulkOptions, pace, predict_many
from kerasport.bulk.inputs import PictureInputs
from kerasport.bulk.pace import duration_text
from kerasport.bulk.rows import rows_held
from kerasport.bundle import Bundle
from kerasport.cli import main
from kerasport.dataset import Part
from kerasport.errors import DataError, KerasportError, UsageError
from kerasport.runtime import Runtime

GOLDEN = Path(__file__).parents[1] / "golden"
FROZEN = GOLDEN / "bundle-v1"
NUMPY = BulkOptions(engine="numpy")


def draw(path: Path, seed: int) -> Path:
    """Write a picture of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty pictures in two folders, one of them no picture, with notes beside them."""
    top = tmp_path / "photos"
    for number in range(40):
        draw(top / ("b" if number % 3 else "a") / f"{number:02d}.png", number)
    (top / "b" / "17.png").write_bytes(b"no picture")
    (top / "notes.txt").write_text("notes", "utf-8")
    (top / ".hidden.png").write_bytes(b"hidden")
    return top


def names_in(folder: Path) -> list[str]:
    """The pictures of the fixture in the order of a listing, found another way."""
    return sorted(path.as_posix() for path in folder.rglob("*.png") if path.name[0] != ".")


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def expected_answer(picture: Path) -> np.ndarray[Any, Any]:
    """What numpy in float64 says of a picture, asked directly."""
    bundle = Bundle.open(FROZEN)
    pixels = kerasport.preprocess.preprocess(picture, bundle.metadata.image_spec)[None]
    topology, shape = bundle.model()["modelTopology"], bundle.metadata.input_shape
    return Runtime.of(topology, bundle.weights(), shape, np.float64).predict(pixels)[0]


def test_a_csv_has_a_row_a_picture_and_a_column_a_class(folder: Path, tmp_path: Path) -> None:
    """Rows are in the order of the listing, and hold the model's probabilities to the last bit."""
    summary = predict_many(FROZEN, [folder], tmp_path / "out.csv", options=NUMPY)

    rows = csv_rows(tmp_path / "out.csv")
    class_names = Bundle.open(FROZEN).metadata.class_names
    assert [row["name"] for row in rows] == names_in(folder)
    assert list(rows[0])[4:] == [f"p:{name}" for name in class_names]
    assert (summary.pictures, summary.unreadable, summary.answered_by) == (40, 1, "numpy")
    for row in rows:
        if row["name"].endswith("17.png"):
            assert row["error"]
            assert {*row.values()} - {row["name"], row["error"]} == {""}
            continue
        told = np.array([row[f"p:{name}"] for name in class_names], np.float32)
        np.testing.assert_allclose(told, expected_answer(Path(row["name"])), atol=1e-6)
        assert row["class"] == class_names[int(told.argmax())]
        assert np.float32(row["probability"]) == told.max()


@pytest.mark.parametrize("top", [None, 1, 2, 99], ids=str)
def test_every_format_tells_the_same(top: int | None, folder: Path, tmp_path: Path) -> None:
    """CSV, lines of JSON and Parquet hold the same numbers, all of them or the best."""
    parquet = pytest.importorskip("pyarrow.parquet")
    options = BulkOptions(engine="numpy", top=top)
    for suffix in ("csv", "jsonl", "parquet"):
        predict_many(FROZEN, [folder], tmp_path / f"out.{suffix}", options=options)

    names = Bundle.open(FROZEN).metadata.class_names
    table = parquet.read_table(tmp_path / "out.parquet")
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert json.loads(table.schema.metadata[b"classNames"]) == list(names)
    for row, line, cells in zip(
        csv_rows(tmp_path / "out.csv"), map(json.loads, lines), table.to_pylist(), strict=True
    ):
        assert row["name"] == line["name"] == cells["name"]
        assert (row["error"] or None) == line.get("error") == cells["error"]
        if cells["error"]:
            assert cells["class"] is cells["probabilities"] is None
            continue
        listed = cells.get("classes", names)
        numbers = [float(str(np.float32(value))) for value in cells["probabilities"]]
        assert len(listed) == len(numbers) == min(top or len(names), len(names))
        assert line["probabilities"] == dict(zip(listed, numbers, strict=True))
        assert list(line["probabilities"]) == list(listed)
        if top is None:
            assert [float(row[f"p:{name}"]) for name in names] == numbers
        else:
            assert numbers == sorted(numbers, reverse=True)
            places = range(1, len(listed) + 1)
            assert [row[f"class_{place}"] for place in places] == listed
            assert [float(row[f"probability_{place}"]) for place in places] == numbers
        best = numbers.index(max(numbers))
        told = (row["class"], float(row["probability"]))
        assert told == (line["class"], line["probability"]) == (listed[best], numbers[best])


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_no_picture_gives_a_table_without_rows(suffix: str, tmp_path: Path) -> None:
    """An empty folder has an empty table, with its columns."""
    pytest.importorskip("pyarrow")
    (tmp_path / "none").mkdir()

    summary = predict_many(FROZEN, [tmp_path / "none"], tmp_path / f"o.{suffix}", options=NUMPY)

    assert summary.pictures == 0
    if suffix == "parquet":
        import pyarrow.parquet

        assert pyarrow.parquet.read_table(tmp_path / "o.parquet").column_names[0] == "name"
    else:
        assert (tmp_path / f"o.{suffix}").read_text("utf-8").count("\n") == (suffix == "csv")


def test_inputs_of_every_kind_are_one_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, folders, lists, standard input, archives and shards follow each other as given."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    monkeypatch.chdir(tmp_path)
    picture = draw(Path("one.png"), 1)
    draw(Path("more/z.png"), 2)
    draw(Path("more/below/y.png"), 3)
    data = picture.read_bytes()
    with tarfile.open("some.tar", "w") as archive:
        for name in ("1.png", "1.cls", "2.png"):
            member = tarfile.TarInfo(name)
            content = data if name.endswith("png") else b"0"
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    structs = [{"bytes": data, "path": "x.png"}, {"bytes": b"no", "path": "y.png"}]
    parquet.write_table(pyarrow.table({"image": structs, "label": [0, 1]}), "rows.parquet")
    Path("lists").mkdir()
    Path("lists/some.txt").write_text("\ufeff../one.png\r\n\n../more\n../gone.png\n", "utf-8")
    listed = io.StringIO("more/z.png\nrows.parquet\n")

    inputs = ["one.png", "more", "some.tar", "rows.parquet", "lists/some.txt", "-"]
    predict_many(FROZEN, inputs, "out.csv", options=NUMPY, stdin=listed)

    rows = csv_rows(Path("out.csv"))
    assert [row["name"] for row in rows] == [
        "one.png",
        *("more/z.png", "more/below/y.png"),
        *("some.tar/1.png", "some.tar/2.png"),
        *("rows.parquet/0", "rows.parquet/1"),
        *("lists/../one.png", "lists/../more/z.png", "lists/../more/below/y.png"),
        "lists/../gone.png",
        *("more/z.png", "rows.parquet/0", "rows.parquet/1"),
    ]
    assert [row["name"] for row in rows if row["error"]] == [
        "rows.parquet/1",
        "lists/../gone.png",
        "rows.parquet/1",
    ]
    same = ("one.png", "some.tar/1.png", "some.tar/2.png", "rows.parquet/0", "lists/../one.png")
    assert len({row["probability"] for row in rows if row["name"] in same}) == 1


def test_pictures_are_counted_where_that_is_cheap(folder: Path, tmp_path: Path) -> None:
    """The time left needs a total: of folders and lists, but not of what would be read twice."""
    (tmp_path / "near.txt").write_text("photos\nphotos/a/00.png\n", "utf-8")
    counts = [
        PictureInputs((str(each),)).count()
        for each in (folder, tmp_path / "near.txt", "-", "s3://bucket/data")
    ]

    assert counts == [40, 41, None, None]


def test_the_output_is_no_input(tmp_path: Path) -> None:
    """Written into the folder that is read, it is not among the pictures, nor are its parts."""
    draw(tmp_path / "a.png", 1)
    for force in (False, True):
        options = BulkOptions(engine="numpy", force=force)
        summary = predict_many(FROZEN, [tmp_path], tmp_path / "out.parquet", options=options)

        assert summary.pictures == 1


@pytest.mark.parametrize("count", [1, 3, 7])
def test_shards_are_dealt_like_cards(count: int, folder: Path, tmp_path: Path) -> None:
    """Every picture is in one shard, each shard has its share, all say the same."""
    predict_many(FROZEN, [folder], tmp_path / "whole.csv", options=NUMPY)
    whole = csv_rows(tmp_path / "whole.csv")

    dealt = []
    for number in range(1, count + 1):
        shard = Part(number, count)
        out = tmp_path / f"{number}.csv"
        predict_many(FROZEN, [folder], out, options=BulkOptions(engine="numpy", shard=shard))
        dealt.append(csv_rows(out))
        assert len(dealt[-1]) == shard.share_of(len(whole))

    names = [row["name"] for row in whole]
    assert [[row["name"] for row in rows] for rows in dealt] == [
        names[number::count] for number in range(count)
    ]
    told = {row["name"]: row["class"] for rows in dealt for row in rows}
    assert told == {row["name"]: row["class"] for row in whole}


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/3/5", "٣/٣"])
def test_a_text_that_is_no_shard_is_wrong_usage(text: str) -> None:
    """A shard is one of 1/n to n/n."""
    with pytest.raises(UsageError, match="like 3/16"):
        Part.parse(text)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_no_byte(workers: int, folder: Path, tmp_path: Path) -> None:
    """The engine of the browsers gives the same file on one thread and on several."""
    pytest.importorskip("wasmtime")
    for name, number in (("one.csv", 1), ("other.csv", workers)):
        options = BulkOptions(engine="wasm", workers=number)
        predict_many(FROZEN, [folder], tmp_path / name, options=options)

    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()


def test_more_unreadable_pictures_than_allowed_stop_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table is written, the command says how many there are and exits with 1; a limit helps."""
    out = tmp_path / "out.csv"
    command = ["predict", str(FROZEN), str(folder), "--output", str(out), "--engine", "numpy"]
    for limit, code in (("0", 1), ("1", 0)):
        with pytest.raises(SystemExit) as end:
            main([*command, "--force", "--max-unreadable", limit])

        told = capsys.readouterr().err
        assert end.value.code == code
        assert len(csv_rows(out)) == 40
        assert ("1 of 40 pictures could not be read" in told) == (code == 1)
        assert "Answered by numpy." in told


def test_the_summary_is_json_where_asked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--json` prints what became of the pictures, and nothing else."""
    with pytest.raises(SystemExit) as end:
        main(["predict", str(FROZEN), str(folder), "--output", f"{tmp_path}/o.jsonl", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert end.value.code == 0
    assert (told["pictures"], told["unreadable"], told["continued"]) == (40, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere", "--output", "o.csv"], 1, "There is nothing at 'nowhere'"),
        (["a.png", "--output", "o.xlsx"], 2, "Expected a name that ends in .parquet, .csv, .jsonl"),
        (["a.png", "--output", "there.csv"], 1, "There is a file at"),
        (["-", "-", "--output", "o.csv"], 1, "Name it once"),
        (["a.png", "--force"], 2, "belong to a table"),
        (["a.png", "--output", "o.csv", "--shard", "2/1"], 2, "like 3/16"),
        (["a.png", "--output", "a.png/o.csv"], 1, "is a file"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_work_is_told_before_the_work(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A missing input, an unknown format or a file in the way is one sentence."""
    monkeypatch.chdir(tmp_path)
    draw(Path("a.png"), 1)
    Path("there.csv").write_text("mine", "utf-8")

    with pytest.raises(SystemExit) as end:
        main(["predict", str(FROZEN), *arguments])

    assert end.value.code == code
    assert words in capsys.readouterr().err.replace("\n", " ")
    assert Path("there.csv").read_text("utf-8") == "mine"


def test_parquet_without_pyarrow_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the package CSV works, and Parquet is refused before the first picture."""
    for name in [*sys.modules]:
        if name.partition(".")[0] == "pyarrow":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    predict_many(FROZEN, [folder / "a"], tmp_path / "out.csv", options=NUMPY)
    with pytest.raises(KerasportError, match=r"pip install 'kerasport\[shards\]'"):
        predict_many(FROZEN, [folder / "a"], tmp_path / "out.parquet", options=NUMPY)


def test_names_are_harmless_in_a_spreadsheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would run as a formula has an apostrophe, and quotes and line ends stay in a cell."""
    monkeypatch.chdir(tmp_path)
    names = ["=1+1.png", 'a "b",\nc.png']
    for name in names:
        Path(name).write_bytes(b"")

    predict_many(FROZEN, names, "out.csv", options=NUMPY)

    assert [row["name"] for row in csv_rows(Path("out.csv"))] == [f"'{names[0]}", names[1]]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_no_text_are_told(tmp_path: Path) -> None:
    """A name in no UTF-8 is escaped in a table, and the very name again in JSON."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "caf\udce9.png").write_bytes(b"")
    pytest.importorskip("pyarrow")
    for suffix in ("csv", "jsonl", "parquet"):
        predict_many(FROZEN, [tmp_path / "in"], tmp_path / f"o.{suffix}", options=NUMPY)
    import pyarrow.parquet

    line = json.loads((tmp_path / "o.jsonl").read_text("utf-8"))
    assert line["name"].endswith("caf\udce9.png")
    assert csv_rows(tmp_path / "o.csv")[0]["name"].endswith("caf\\xe9.png")
    cells = pyarrow.parquet.read_table(tmp_path / "o.parquet").to_pylist()
    assert cells[0]["name"].endswith("caf\\xe9.png")


def test_rows_that_are_held_have_a_bound() -> None:
    """However many classes there are, 16 MB of probabilities are held at most, or one row."""
    assert [rows_held(classes) for classes in (2, 1_024, 4_096, 10_000_000)] == [
        4096,
        4096,
        1024,
        1,
    ]


def test_rate_and_time_left_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar has them at every step, a log a line every half minute; both go by the last minute."""
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    details: list[str | None] = []
    lines: list[str] = []
    task: Any = SimpleNamespace(
        advance=lambda steps, detail=None: details.append(detail), milestone=lines.append
    )
    told = pace.Pace(task, 10_000, 1_000)
    for _ in range(40):
        now[0] += 1
        told.advance(100)
    unknown = pace.Pace(task, None, 0)
    now[0] += 100
    unknown.advance(250)

    assert details[1] == "100 a second, 1 min 29 s left"
    assert details[-1] == "2.5 a second"
    assert lines == ["4,000 of 10,000, 100 a second, 1 min left", "250, 2.5 a second"]


def test_times_are_told_in_two_units() -> None:
    """The time left is short to read."""
    told = [duration_text(seconds) for seconds in (0.2, 59.6, 75, 3_600, 3_700, 200_000)]

    assert told == ["0 s", "1 min", "1 min 15 s", "1 h", "1 h 1 min", "2 d 7 h"]


@pytest.mark.parametrize("option", ["workers", "top"])
def test_numbers_below_one_are_refused(option: str) -> None:
    """There is no table of no classes, and nobody works for none."""
    with pytest.raises(UsageError, match=option):
        BulkOptions(**{option: 0})


def test_a_broken_list_of_bytes_is_rows(tmp_path: Path) -> None:
    """A list that names what is not there is a table of errors, not a stop."""
    (tmp_path / "l.txt").write_bytes(b"\xff\xfe\n\0\nplain\n")

    summary = predict_many(FROZEN, [tmp_path / "l.txt"], tmp_path / "o.csv", options=NUMPY)

    assert (summary.pictures, summary.unreadable) == (3, 3)


def test_the_first_missing_input_is_named() -> None:
    """Nothing is written where nothing was asked for."""
    with pytest.raises(DataError, match="There are no pictures to classify"):
        predict_many(FROZEN, [], "out.csv")


def test_a_line_that_no_file_system_takes_is_a_row(tmp_path: Path) -> None:
    """A name that is too long stops nothing: the pictures after it are answered."""
    whole = tmp_path / "whole.png"
    draw(whole, 1)
    (tmp_path / "l.txt").write_text(f"{'x' * 5000}\n{'y/' * 5000}\nwhole.png\n", "utf-8")

    summary = predict_many(FROZEN, [tmp_path / "l.txt"], tmp_path / "o.csv", options=NUMPY)

    assert (summary.pictures, summary.unreadable) == (3, 2)


def test_what_ends_before_its_first_answer_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    """An input that cannot be opened is no interrupted command: the next one begins anew."""
    (tmp_path / "broken.tar").write_bytes(b"no archive" * 100)
    out = tmp_path / "out" / "o.csv"

    with pytest.raises(DataError, match="cannot be read"):
        predict_many(FROZEN, [tmp_path / "broken.tar"], out, options=NUMPY)
    left = [path.name for path in out.parent.iterdir() if path.suffix != ".lock"]
    summary = predict_many(FROZEN, [folder], out, options=NUMPY)

    assert left == []
    assert summary.pictures == 40
