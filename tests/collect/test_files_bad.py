"""Files that are not what they should be: a clear error, or a reject and the rest is read."""

import bz2
import gzip
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading import events, read

from ethogram.collect.sources.addresses import found
from ethogram.collect.sources.files import claims_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.collect.sources.stored import Local
from ethogram.events.errors import Invalid, NotFound

MAPPING = Mapping(user="user", time="time", event_name="seen")
GOOD = b"user,time,a\n1,2026-01-02,x\n"


def code_of(path: Path, mapping: Mapping = MAPPING) -> str:
    with pytest.raises((Invalid, NotFound)) as caught:
        list(read(path, mapping))
    return caught.value.code


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, zstandard.compress])
def test_compression_is_told_by_content(tmp_path, pack):
    """gz, bz2, zst and plain files are read whatever they are called."""
    path = tmp_path / "shop"
    path.write_bytes(pack(GOOD))
    assert [chunk.table.num_rows for chunk in read(path, MAPPING)] == [1]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstandard.compress])
def test_a_file_cut_off_is_damaged(tmp_path, pack):
    """A compressed file without its end gives an error and no claim at all."""
    path = tmp_path / "shop.csv.x"
    path.write_bytes(pack(GOOD * 100)[:-9])
    assert code_of(path) == "damaged_file"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.csv", None, "no_file"),
        (".", None, "no_file"),
        ("e.csv", b"", "empty_file"),
        ("e.csv", b"\xef\xbb\xbf \n\n", "empty_file"),
        ("e.csv.gz", gzip.compress(b"", mtime=0), "empty_file"),
        ("t.parquet", GOOD, "not_what_it_says"),
        ("t.csv", b'{"event": "x"}\n', "not_what_it_says"),
        ("t.jsonl.gz", gzip.compress(GOOD, mtime=0), "not_what_it_says"),
        ("t.zip", b"no archive", "damaged_file"),
        ("t.xlsx", b"PK\x03\x04xxxx", "unknown_format"),
        ("t.xls", b"\xd0\xcf\x11\xe0xxxx", "damaged_file"),
        ("s.zip", b"PK\x03\x04xxxx", "damaged_file"),
        ("t.csv", "user,time\n1,2026\n".encode("utf-16"), "unknown_format"),
        ("t.csv", b"user,\0time\n", "unknown_format"),
        ("t.parquet", b"PAR1 and no more", "damaged_file"),
        ("t.csv", b"user,time,user\n", "bad_header"),
        ("t.csv", b"us\xe9r,time\n1,2026-01-01\n", "bad_header"),
        ("t.csv", b"id,when\n1,2026-01-02\n", "unknown_column"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, name, content, code):
    """Missing, empty, foreign, damaged, misnamed: each has its code."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises((Invalid, NotFound)) as caught:
        for each in found(str(tmp_path / name)):
            list(claims_of(examine(each.file), MAPPING, "mark"))
    assert caught.value.code == code


def test_an_unknown_column_names_the_nearest(tmp_path):
    """The error says which flag is wrong and what the file has."""
    path = tmp_path / "t.csv"
    path.write_bytes(GOOD)
    with pytest.raises(Invalid) as caught:
        list(read(path, Mapping(user="usr", time="time", event_name="x")))
    assert caught.value.at == "--user"
    assert 'Did you mean "user"?' in caught.value.hint


def test_a_mapping_says_the_events_name_once(tmp_path):
    """Both a column and a fixed name, or neither, is an error."""
    path = tmp_path / "t.csv"
    path.write_bytes(GOOD)
    assert code_of(path, Mapping(user="user", time="time")) == "bad_mapping"
    assert code_of(path, Mapping("user", "time", event="a", event_name="x")) == "bad_mapping"


def test_csv_needs_a_mapping(tmp_path):
    """Only JSONL can be native events."""
    path = tmp_path / "t.csv"
    path.write_bytes(GOOD)
    with pytest.raises(Invalid, match="columns must be said"):
        events(path)


@pytest.mark.parametrize("quoted", [False, True])
def test_a_line_of_100_mb_is_one_reject(tmp_path, quoted):
    """It is neither kept in memory nor does it hide the rows around it."""
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(GOOD + (b'2,2026-01-02,"' if quoted else b"2,2026-01-02,"))
        for _ in range(100):
            file.write(b"y" * (1 << 20))
        file.write(b"\n3,2026-01-02,z\n")
    tracemalloc.start()
    chunks = list(read(path, MAPPING))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = pa.concat_tables([chunk.table for chunk in chunks])
    assert rows["user_id"].to_pylist() == ["1", "3"]
    rejects = [r for chunk in chunks for r in chunk.rejects]
    assert [(r.line, r.code) for r in rejects] == [(3, "row_too_long")]
    assert peak < 100 << 20


def test_a_long_row_inside_a_block_is_a_reject_too(tmp_path):
    """The limit is 1 MB a row, wherever the row stands."""
    path = tmp_path / "t.csv"
    path.write_bytes(GOOD + b"2,2026-01-02," + b"y" * (1 << 20) + b"\n3,2026-01-02,z\n")
    rejects = [r for chunk in read(path, MAPPING) for r in chunk.rejects]
    assert [(r.line, r.code) for r in rejects] == [(3, "row_too_long")]


@settings(max_examples=300, deadline=None)
@given(body=st.lists(st.sampled_from([b"1,2026-01-02,", b'"', b"x", b"\n", b"\r", b",", b"\xe9"])))
def test_nothing_in_a_row_stops_the_file(tmp_path_factory, body):
    """Whatever stands after the header, every row is a claim or a reject, and none is twice."""
    path = tmp_path_factory.mktemp("bad") / "t.csv"
    path.write_bytes(GOOD + b"".join(body) + b"\n1,2026-01-02,last\n")
    chunks = list(read(path, MAPPING))
    ids = [i for chunk in chunks for i in chunk.table["event_id"].to_pylist()]
    assert len(set(ids)) == len(ids) > 0
    assert b"".join(body).strip() == b"" or sum(chunk.rows for chunk in chunks) > 1


def test_a_fingerprint_is_that_of_the_bytes(tmp_path):
    """Equal files have one fingerprint, and one changed byte gives another."""
    path = tmp_path / "t.csv"
    path.write_bytes(GOOD)
    before = Local(path).fingerprint()
    path.write_bytes(GOOD[:-1] + b" ")
    assert len(before) == 32
    assert Local(path).fingerprint() != before


def test_parquet_is_not_looked_for_inside_gzip(tmp_path):
    """Parquet cannot be streamed through a compression; the error says to unpack it."""
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    packed = tmp_path / "p.parquet.gz"
    packed.write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    with pytest.raises(Invalid, match="Parquet inside gzip"):
        examine(Local(packed))
