"""No bytes stop a reader: a file is claims and rejects, or an error that says what it is."""

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.sources.addresses import found
from ethogram.collect.sources.files import claims_of, events_of, protocol_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.collect.sources.presets.catalog import PRESETS
from ethogram.events.errors import EthogramError

ROW = {"user": "ann", "time": "2026-01-02", "a": 1, "event": "x", "user_id": "ann"}
MAPPINGS = [Mapping("user", "time", event_name="seen"), *(Mapping(preset=p) for p in PRESETS)]


def xlsx() -> bytes:
    """A workbook of two rows."""
    with xlsxwriter.Workbook(held := io.BytesIO()) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(ROW))
        sheet.write_row(1, 0, list(ROW.values()))
    return held.getvalue()


def parquet() -> bytes:
    """A table of two rows."""
    pq.write_table(pa.Table.from_pylist([ROW, ROW]), held := io.BytesIO())
    return held.getvalue()


def packed(text: bytes) -> bytes:
    """A ZIP archive of one file."""
    with zipfile.ZipFile(held := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", text)
    return held.getvalue()


CSV = (",".join(ROW) + "\n" + ",".join(map(str, ROW.values())) + "\n").encode()
LIST = json.dumps([ROW, ROW]).encode()
SAMPLES: dict[str, Callable[[], bytes]] = {
    "csv": lambda: CSV,
    "csv.gz": lambda: gzip.compress(CSV * 50),
    "csv.bz2": lambda: bz2.compress(CSV * 50),
    "csv.zst": lambda: zstandard.compress(CSV * 50),
    "zip": lambda: packed(CSV * 50),
    "json": lambda: LIST,
    "xlsx": xlsx,
    "parquet": parquet,
}


def outcome(path: Path, mapping: Mapping | None) -> str:
    """The code of the error that reading the file gave, or that it was read."""
    try:
        for each in found(str(path)):
            source = examine(each.file)
            read = claims_of if mapping and protocol_of(mapping) is None else events_of
            for chunk in read(source, mapping, "mark"):
                assert chunk.done <= 1
    except EthogramError as error:
        assert error.message
        return error.code
    return "read"


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(SAMPLES)),
    mapping=st.sampled_from([None, *MAPPINGS]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=4),
    cut=st.floats(0.01, 1),
)
def test_a_file_that_was_changed_anywhere_is_told(tmp_path_factory, kind, mapping, changes, cut):
    """Bytes overwritten at any place, and an end at any place, of every kind of file."""
    content = bytearray(SAMPLES[kind]())
    for share, fresh in changes:
        at = int(share * len(content))
        content[at : at + len(fresh)] = fresh
    path = tmp_path_factory.mktemp("hostile") / f"file.{kind}"
    path.write_bytes(content[: max(1, int(cut * len(content)))])
    outcome(path, mapping)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200), mapping=st.sampled_from([None, *MAPPINGS]))
def test_any_bytes_are_read_or_told(tmp_path_factory, content, mapping):
    """Whatever a file without an ending holds."""
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(content)
    outcome(path, mapping)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_what_was_not_changed_is_read(tmp_path, kind):
    """The files that the others change are sound."""
    path = tmp_path / f"file.{kind}"
    path.write_bytes(SAMPLES[kind]())
    assert outcome(path, MAPPINGS[0]) == "read"
