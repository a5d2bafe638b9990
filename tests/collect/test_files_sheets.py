"""Spreadsheets: cells keep their types, and a row is known by its number."""

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
from tests.reading import read

from ethogram.collect.sources import spreadsheets
from ethogram.collect.sources.mapping import Mapping
from ethogram.events.errors import Invalid, TooLarge

MAPPING = Mapping(user="user", time="when", event_name="seen")
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?><manifest:manifest
 xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry
 manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"""
ODS = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="One">
<table:table-row><table:table-cell office:value-type="string"><text:p>user</text:p>
</table:table-cell><table:table-cell office:value-type="string"><text:p>when</text:p>
</table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="17850"/>
<table:table-cell office:value-type="date" office:date-value="2026-03-01T12:00:00"/>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>""".replace(
    "\n", ""
)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two sheets; the first has numbers, flags, dates, texts and gaps."""
    path = tmp_path / "shop.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        first, second = book.add_worksheet("Orders"), book.add_worksheet("Visits")
        first.write_row(0, 0, ["user", "when", "price", "gift", "note", ""])
        first.write_row(1, 0, [17850, datetime(2026, 3, 1, 12), 2.5, True, "007", "x"])
        first.write_row(2, 0, ["C7", datetime(2026, 3, 2), 3])
        first.write_row(3, 0, ["", datetime(2026, 3, 2), 3])
        second.write_row(0, 0, ["user", "when"])
        second.write_row(1, 0, ["ann", "2026-01-02"])
    return path


def test_cells_keep_their_types(workbook):
    """Numbers, flags and texts are that; ids lose no digit and gain no point; gaps are none."""
    (chunk,) = read(workbook, MAPPING)
    rows = chunk.table.drop_columns(["event", "event_id"]).to_pylist()
    assert [row["user_id"] for row in rows] == ["17850", "C7"]
    assert [str(row["timestamp"]) for row in rows] == [
        "2026-03-01 12:00:00+00:00", "2026-03-02 00:00:00+00:00",
    ]  # fmt: skip
    assert [row["p_price_number"] for row in rows] == [2.5, 3.0]
    assert [row["p_gift_flag"] for row in rows] == [True, None]
    assert [row["p_note_text"] for row in rows] == ["007", None]
    assert [row["p_column_6_text"] for row in rows] == ["x", None]
    assert [(r.line, r.code) for r in chunk.rejects] == [(4, "missing_user")]


def test_a_sheet_is_chosen_by_its_name(workbook):
    """The first unless another is named; a name that is not there is told from those that are."""
    (chunk,) = read(workbook, Mapping(user="user", time="when", event_name="x", sheet="Visits"))
    assert chunk.table["user_id"].to_pylist() == ["ann"]
    with pytest.raises(Invalid) as caught:
        list(read(workbook, Mapping(user="user", time="when", event_name="x", sheet="Visit")))
    assert (caught.value.code, caught.value.at) == ("unknown_sheet", "--sheet")
    assert "Visits" in caught.value.hint


def test_opendocument_is_read(tmp_path):
    """A spreadsheet of LibreOffice is one, whatever its file is called."""
    path = tmp_path / "orders"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS)
    (chunk,) = read(path, MAPPING)
    assert chunk.table["user_id"].to_pylist() == ["17850"]
    assert str(chunk.table["timestamp"][0].as_py()) == "2026-03-01 12:00:00+00:00"


@pytest.mark.parametrize("honest", [True, False])
def test_a_bomb_is_not_unpacked(
    workbook: Path, monkeypatch: pytest.MonkeyPatch, honest: bool
) -> None:
    """A workbook that would fill the memory is told, also where it lies about its size."""
    size = 8 << 20
    with zipfile.ZipFile(workbook, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet3.xml", bytes(size))
    if not honest:
        said, small = (each.to_bytes(4, "little") for each in (size, 1000))
        workbook.write_bytes(workbook.read_bytes().replace(said, small))
    assert workbook.stat().st_size < 40_000
    assert len(list(read(workbook, MAPPING))) == 1
    monkeypatch.setattr(spreadsheets, "LARGEST_UNPACKED", size)
    with pytest.raises(TooLarge) as refused:
        list(read(workbook, MAPPING))
    assert (refused.value.code, refused.value.hint) == ("file_too_large", "Save it as CSV.")
