"""Formula injection: Countly 7877 (headers were missed), Grafana 17363 (the fix broke negative
numbers). What an event says is text in every spreadsheet that it is exported to.
"""

import csv
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from tests.serving import Served

from ethogram.ask.formulas import csv_of

HOSTILE = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1",
           "＠A1", "=HYPERLINK(\"http://evil.test\")", "-2+3+cmd|' /C calc'!A0")  # fmt: skip
HARMLESS = ("-5", "+5", "-5.25", "-1e9", "-12%", "1-2", "a=b", "it's -5", "", " =1")


def cells(said: str) -> list[list[str]]:
    """The cells of a CSV, by rows."""
    return list(csv.reader(io.StringIO(said, newline="")))


def test_no_cell_and_no_header_of_a_csv_is_a_formula() -> None:
    """Each stands behind an apostrophe, in lists of words too; numbers stay what they are."""
    said = pl.DataFrame({"text": HOSTILE, "word": pl.Series(HOSTILE, dtype=pl.Categorical),
                         "=cmd()": [-5] * len(HOSTILE)})  # fmt: skip
    head, *rows = cells(csv_of(said))
    assert head == ["text", "word", "'=cmd()"]
    assert rows == [[f"'{each}", f"'{each}", "-5"] for each in HOSTILE]
    kept = cells(csv_of(pl.DataFrame({"text": HARMLESS})))[1:]
    assert [row[0] if row else "" for row in kept] == list(HARMLESS)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A workspace that nobody serves, whose events are called like formulas."""
    server = Served(tmp_path_factory.mktemp("formulas"), {})
    file = server.scratch / "events.csv"
    with file.open("w", newline="") as into:
        writer = csv.writer(into)
        writer.writerow(["who", "when", "what", "=price"])
        writer.writerows([f"p{i}", "2026-03-01", said, "-5"] for i, said in enumerate(HOSTILE[:4]))
    server.document("import", str(file), "--user", "who", "--time", "when", "--event", "what")
    return server


def test_answers_and_sql_come_out_as_text(hostile: Served) -> None:
    """By `--csv` of both commands, and as a file; a negative number is one still."""
    spec = '{"question": "trends", "by": ["=price"], "series": [{"event": "=1+1"}]}'
    for words in (["ask", spec, "--csv"], ["sql", 'SELECT event, "=price" FROM events', "--csv"]):
        done = hostile.command(*words)
        assert done.returncode == 0, done.stderr
        found = [cell for row in cells(done.stdout) for cell in row]
        assert [each for each in found if each[:1] in tuple("=+@\t\r")] == [], words
    assert "-5" in found or "-5.0" in found
    out = hostile.scratch / "out.csv"
    hostile.document("export", "--to", str(out), "--table", "events")
    text = out.read_text()
    assert '"\'=1+1"' in text
    assert not [each for row in cells(text) for each in row if each[:1] in tuple("=+@")]


def test_a_workbook_holds_no_formula(hostile: Served, tmp_path: Path) -> None:
    """What is written as text is text there: the file has not one element of a formula."""
    book = tmp_path / "out.xlsx"
    spec = '{"question": "funnel", "steps": [{"event": "=1+1"}, {"event": "@SUM(A1)"}]}'
    assert hostile.command("ask", spec, "--xlsx", str(book)).returncode == 0
    with zipfile.ZipFile(book) as packed:
        sheets = [packed.read(name).decode() for name in packed.namelist() if "/sheet" in name]
        words = packed.read("xl/sharedStrings.xml").decode()
    assert sheets and not any("<f>" in each or "<f " in each for each in sheets)
    assert "=1+1" in words and "@SUM(A1)" in words
