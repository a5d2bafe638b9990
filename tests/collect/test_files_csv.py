"""CSV files come in as they were written."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.reading import read

from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.records import records
from ethogram.store.lake.schema import property_of

MAPPING = Mapping(user="user", time="time", event_name="seen")
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ODD = st.sampled_from(["", "NA", "null", "NaN", "007", "1e5", "-0.5", "12", "true", "False", '"'])


def rows_of(path: Path, mapping: Mapping = MAPPING) -> list[dict]:
    """The claims of a file as dicts, typed columns joined to one value a property."""
    rows = []
    for chunk in read(path, mapping):
        for claim in chunk.table.to_pylist():
            found = {property_of(column): value for column, value in claim.items()}
            own = {of[0]: value for of, value in found.items() if of and value is not None}
            rows.append(claim | {"properties": own})
    return rows


def rejects_of(path: Path, mapping: Mapping = MAPPING) -> list[tuple[int, str]]:
    return [(r.line, r.code) for chunk in read(path, mapping) for r in chunk.rejects]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def csv_text(rows: list[list[str]], **style: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **style).writerows(rows)
    return out.getvalue()


@settings(max_examples=150, deadline=None)
@given(
    table=st.lists(st.tuples(CELL | ODD, CELL | ODD), max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    names=st.lists(CELL.filter(bool), min_size=2, max_size=2, unique=True),
)
def test_a_table_written_as_csv_comes_back(tmp_path_factory, table, delimiter, names):
    """Any text that Python's csv module writes is read verbatim; an empty cell is missing."""
    assume(not {"user", "time"} & set(names))
    assume(not (set(",;\t|") - {delimiter}) & set("".join(names)))
    rows = [["7", "2026-01-02", *cells] for cells in [*table, ("text", "text")]]
    header = ["user", "time", *names]
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    written(path, csv_text([header, *rows], delimiter=delimiter))
    expected = [{n: c for n, c in zip(names, row[2:], strict=True) if c} for row in rows]
    assert [row["properties"] for row in rows_of(path)] == expected


NUMBER = re.compile(r"-?(0|[1-9]\d*)?(\.\d+)?([eE][+-]?\d+)?")


@settings(max_examples=150, deadline=None)
@given(column=st.lists(ODD | st.integers().map(str) | st.floats(-1e9, 1e9).map(str), min_size=1))
def test_a_columns_type_is_that_of_all_its_cells(tmp_path_factory, column):
    """Numbers only if all are and none would lose, flags only if all are, otherwise text."""
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    rows = [["7", "2026-01-02", cell] for cell in column]
    written(path, csv_text([["user", "time", "a"], *rows]))
    filled = [cell for cell in column if cell]
    exact = all("." in c or "e" in c.lower() or abs(int(c)) < 2**53 for c in filled if is_number(c))
    if all(map(is_number, filled)) and exact:
        expected = [float(cell) for cell in filled]
    elif all(cell.lower() in ("true", "false") for cell in filled):
        expected = [cell.lower() == "true" for cell in filled]
    else:
        expected = filled
    assert [row["properties"]["a"] for row in rows_of(path) if row["properties"]] == expected


def is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.sampled_from('ab,"\r\n'), max_size=60),
    block=st.integers(1, 70),
)
@example(text="a\r\nb", block=2)
def test_records_do_not_depend_on_the_block(text, block):
    """Wherever the bytes are cut into blocks, the records, their lines and rejects are the same."""

    def found(size: int) -> tuple[list, list]:
        blocks = list(records(io.BytesIO(text.encode()), ",", size))
        return (
            [(int(b.lines[i]), b.raw(i)) for b in blocks for i in range(len(b))],
            [(r.line, r.code) for b in blocks for r in b.rejects],
        )

    assert found(block) == found(1000)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\r\n'), max_size=60))
def test_records_are_those_of_pythons_csv(text):
    """Where every quote closes, the records are the ones that Python's csv module finds."""
    blocks = list(records(io.BytesIO(text.encode()), ","))
    if any(block.rejects for block in blocks):
        return
    ours = [block.raw(i).decode() for block in blocks for i in range(len(block))]
    theirs = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert [next(csv.reader(io.StringIO(record, newline=""))) for record in ours] == theirs


def test_a_late_text_makes_the_whole_column_text(tmp_path):
    """A type is never guessed from the file's beginning."""
    lines = ["user,time,code", *["7,2026-01-02,22423"] * 300_000, "7,2026-01-02,85123A"]
    path = written(tmp_path / "t.csv", "\n".join(lines))
    assert {type(chunk.table["p_code_text"][0].as_py()) for chunk in read(path, MAPPING)} == {str}


def test_ids_stay_verbatim(tmp_path):
    """A user or id column is text as it stands, whatever it looks like."""
    path = written(tmp_path / "t.csv", "user,time,id\n17850.0,2026-01-02,007\nNA,2026-01-02,\n")
    rows = rows_of(path, Mapping(user="user", time="time", event_name="x", id="id"))
    assert [row["user_id"] for row in rows] == ["17850.0", "NA"]
    assert rows[0]["event_id"] == "007"
    assert rows[1]["event_id"].endswith(":3")


def test_rejects_say_their_line_and_reason(tmp_path):
    """A row that cannot be taken is named with its line, also after quoted and blank lines."""
    text = (
        'user,time,name,a\n1,2026-01-02,x,"two\nlines"\n\n,2026-01-02,x,1\n1,2026-01-02,,1\n'
        "1,soon,x,1\n1,,x,1\n1,9999-01-01,x,1\n1,2026-01-02,x\n1,2026-01-02,x,1,2\n1,2026-01-02,x,1\n"
    )
    path = written(tmp_path / "t.csv", "\ufeff" + text.replace("\n", "\r\n"))
    mapping = Mapping(user="user", time="time", event="name")
    assert rejects_of(path, mapping) == [
        (5, "missing_user"),
        (6, "missing_event"),
        (7, "bad_time"),
        (8, "missing_time"),
        (9, "time_out_of_range"),
        (10, "too_few_cells"),
        (11, "too_many_cells"),
    ]
    assert [row["properties"]["a"] for row in rows_of(path, mapping)] == ["two\r\nlines", "1"]


def test_bytes_that_are_not_utf8_reject_their_row_only(tmp_path):
    """One row in Latin-1 does not stop the others."""
    path = written(tmp_path / "t.csv", b"user,time,a\n1,2026-01-02,\xe9t\xe9\n2,2026-01-02,ok\n")
    assert rejects_of(path) == [(2, "not_utf8")]
    assert [row["properties"]["a"] for row in rows_of(path)] == ["ok"]


def test_an_unclosed_quote_costs_one_line(tmp_path):
    """A quote that never closes rejects its line; reading goes on in the next."""
    path = written(tmp_path / "t.csv", 'user,time,a\n1,2026-01-02,"oh\n2,2026-01-02,x\n')
    assert rejects_of(path) == [(2, "unclosed_quote")]
    assert [row["user_id"] for row in rows_of(path)] == ["2"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_one(tmp_path, ending):
    """Unix, Windows and old Macintosh files are the same rows, the last line ended or not."""
    for tail in ("", ending):
        path = written(tmp_path / "t.csv", ending.join(["user,time,a", "1,2026-01-02,x"]) + tail)
        assert [row["properties"]["a"] for row in rows_of(path)] == ["x"]


def test_importing_twice_gives_the_same_ids(tmp_path):
    """Ids come from the file's content and line: equal for a copy, different for other content."""
    text = "user,time,a\n1,2026-01-02,x\n1,2026-01-02,x\n"
    one = [row["event_id"] for row in rows_of(written(tmp_path / "a.csv", text))]
    copy = [row["event_id"] for row in rows_of(written(tmp_path / "b.csv", text))]
    other = [row["event_id"] for row in rows_of(written(tmp_path / "c.csv", text + "2,2026,x\n"))]
    assert one == copy
    assert len(set(one)) == 2
    assert not set(one) & set(other)


def test_a_part_of_a_file_knows_its_lines(tmp_path: Path) -> None:
    """Each claim has the line that it stands in, whatever was not taken, in every part."""
    lines = [f"u{i},{'never' if i % 7 == 0 else '2026-03-01'}" for i in range(60_000)]
    path = written(tmp_path / "t.csv", "\n".join(["user,time", *lines]) + "\n")
    chunks = list(read(path, MAPPING))
    assert len(chunks) > 1
    for chunk in chunks:
        users = chunk.table["user_id"].to_pylist()
        assert chunk.places.tolist() == [int(user[1:]) + 2 for user in users]
