"""JSON Lines and Parquet: values that have types keep them."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.reading import events, read

from ethogram.collect.sources.mapping import Mapping
from ethogram.events.errors import Invalid
from ethogram.store.lake.schema import property_of

MAPPING = Mapping(user="user", time="time", event="event")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def properties_of(row: dict) -> dict:
    """The properties of a claim, typed columns turned back into JSON values."""
    found = {}
    for column, value in row.items():
        named = property_of(column)
        if named and value is not None:
            assert named[0] not in found
            tag = named[1]
            found[named[0]] = (
                None if tag == "null" else json.loads(value) if tag == "json" else value
            )
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=4), min_size=1, max_size=5))
def test_json_values_come_back_with_their_types(tmp_path_factory, rows):
    """A property of mixed type is a tagged union; explicit null is told from missing."""
    path = tmp_path_factory.mktemp("jsonl") / "t.jsonl"
    fixed = {"user": "7", "time": 1_700_000_000, "event": "seen"}
    path.write_text("".join(json.dumps(row | fixed) + "\n" for row in rows))
    table = pa.concat_tables([chunk.table for chunk in read(path, MAPPING)])
    expected = [{n: v for n, v in row.items() if n not in fixed} for row in rows]
    assert [properties_of(row) for row in table.to_pylist()] == expected


def test_lines_that_are_no_objects_are_rejects(tmp_path):
    """Broken JSON, other values, deep nesting, missing users: each line with its reason."""
    good = '{"user": 7, "time": "2026-01-02", "event": "x"}'
    deep = '{"user": 7, "a": ' + "[" * 100_000 + "]" * 100_000 + "}"
    lines = [good, '{"user": ', "[1]", deep, '{"user": null, "time": 1, "event": "x"}', good]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([*lines, ""]))
    (chunk,) = read(path, MAPPING)
    assert chunk.table["user_id"].to_pylist() == ["7", "7"]
    assert [(r.line, r.code) for r in chunk.rejects] == [
        (2, "bad_json"),
        (3, "bad_json"),
        (4, "bad_json"),
        (5, "missing_user"),
    ]


def test_native_lines_pass_as_they_are(tmp_path):
    """Without a mapping JSONL is native events, each with an id of its own."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"event": "a"}\r\n\n{"event": "b"}')
    found = [
        (place, claim)
        for chunk in events(path)
        for place, claim in zip(chunk.places, chunk.claims, strict=True)
    ]
    assert [(place, claim.event) for place, claim in found] == [(1, "a"), (3, "b")]
    assert len({claim.event_id for _, claim in found}) == 2


def test_parquet_columns_keep_their_types(tmp_path):
    """Numbers, flags, text, times and nested values each have their tag; null and NaN are none."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    table = pa.table(
        {
            "user": [17850.0, float("nan")],
            "time": pa.array([moment, moment], pa.timestamp("ns", "UTC")),
            "event": pa.array(["a", "b"]).dictionary_encode(),
            "i": pa.array([1, None], pa.int32()),
            "f": [float("nan"), 0.5],
            "d": pa.array([Decimal("1.25"), None]),
            "b": [True, None],
            "day": [date(2026, 1, 2), None],
            "at": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "nested": [{"x": [1, 2]}, None],
            "nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    (chunk,) = read(tmp_path / "t.parquet", MAPPING)
    (row,) = chunk.table.to_pylist()
    assert (row["user_id"], row["timestamp"], row["event"]) == ("17850", moment, "a")
    assert properties_of(row) == {
        "i": 1.0,
        "d": 1.25,
        "b": True,
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05.000000Z",
        "nested": {"x": [1, 2]},
    }
    assert [(r.line, r.code) for r in chunk.rejects] == [(2, "missing_user")]


def test_a_nested_column_names_nobody(tmp_path):
    """A list cannot be a user; the error says so."""
    table = pa.table({"user": [[1]], "time": [1], "event": ["a"]})
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(Invalid, match="cannot name anything"):
        list(read(tmp_path / "t.parquet", MAPPING))


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+05:30"])
def test_parquet_times_are_written_in_utc(tmp_path, zone):
    """A zone says how a time is shown; the instant stays. Without a zone it is UTC."""
    table = pa.table({
        "user": ["u"], "time": [1], "event": ["e"],
        "at": pa.array([1_767_323_045_000_000], pa.timestamp("us", zone)),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    (chunk,) = read(tmp_path / "t.parquet", MAPPING)
    assert chunk.table["p_at_text"].to_pylist() == ["2026-01-02T03:04:05.000000Z"]


@pytest.mark.parametrize("far", [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)])
def test_parquet_numbers_are_kept_to_the_last_digit(tmp_path, far):
    """A column with a whole number beyond 2^53 anywhere is text from its first row on."""
    numbers = [7] * 60_000 + [far, None]
    rows = len(numbers)
    table = pa.table({
        "user": ["u"] * rows, "time": [1] * rows, "event": ["e"] * rows,
        "far": pa.array(numbers, pa.int64()), "near": pa.array([2**53] * rows, pa.int64()),
        "coded": pa.array(numbers, pa.int64()).dictionary_encode(),
        "large": pa.array([abs(n or 0) + 2 for n in numbers], pa.uint64()),
        "decimal": pa.array([Decimal(n or 0) for n in numbers], pa.decimal128(38, 0)),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    table = pa.concat_tables([chunk.table for chunk in read(tmp_path / "t.parquet", MAPPING)])
    texts = [None if n is None else str(n) for n in numbers]
    assert table["p_far_text"].to_pylist() == table["p_coded_text"].to_pylist() == texts
    assert table["p_large_text"].to_pylist()[-2] == str(abs(far) + 2)
    assert table["p_decimal_text"].to_pylist()[-2] == str(far)
    assert table["p_near_number"].to_pylist() == [2.0**53] * rows


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63), 2**64, 10**400])
def test_json_numbers_are_kept_to_the_last_digit(tmp_path, number):
    """A whole number beyond 2^53 is text, the others of its property stay numbers."""
    path = tmp_path / "t.jsonl"
    fixed = {"user": "7", "time": 1, "event": "seen"}
    path.write_text("".join(json.dumps(fixed | {"n": n}) + "\n" for n in (2**53, number)))
    (chunk,) = read(path, MAPPING)
    assert [properties_of(row) for row in chunk.table.to_pylist()] == [
        {"n": 2.0**53}, {"n": str(number)},
    ]  # fmt: skip


BAD_TIMES = {
    "10000000000000000001": "time_out_of_range",
    "-10000000000000000001": "time_out_of_range",
    "1767323045000000001": "time_out_of_range",
    "9" * 400: "time_out_of_range",
    "-" + "9" * 400: "time_out_of_range",
    '"' + "9" * 5_000 + '"': "time_out_of_range",
    "9" * 5_000: "bad_json",
    "1e999": "bad_json",
    "true": "bad_time",
    "[1]": "bad_time",
    '"9999-12-31T23:59:59-23:59"': "time_out_of_range",
    '"0001-01-01T00:00:00+23:59"': "time_out_of_range",
}


@pytest.mark.parametrize("among", ["1", "1.5", '"2026-01-02"', "null"])
@pytest.mark.parametrize("time", BAD_TIMES, ids=lambda time: time[:30])
def test_a_bad_time_ends_no_import(tmp_path, time, among):
    """Whatever a line gives as its time, and beside which others, it alone is rejected."""
    path = tmp_path / "t.jsonl"
    path.write_text("".join(
        f'{{"user": "u{i}", "event": "e", "time": {each}}}\n'
        for i, each in enumerate((among, time, among, "1"))
    ))  # fmt: skip
    (chunk,) = read(path, MAPPING)
    assert chunk.table["user_id"].to_pylist() == (["u3"] if among == "null" else ["u0", "u2", "u3"])
    assert [r.code for r in chunk.rejects if r.line == 2] == [BAD_TIMES[time]]


@pytest.mark.parametrize(("kind", "far"), [
    (pa.int64(), -(2**63)), (pa.int64(), 2**63 - 1), (pa.uint64(), 2**64 - 1),
    (pa.float64(), float("inf")), (pa.float64(), float("nan")),
])  # fmt: skip
def test_a_far_time_in_parquet_is_a_reject(tmp_path, kind, far):
    """The ends of the integers and of the floats are no times, and end no import."""
    times = pa.array([1_767_323_045_000_000, far], kind)
    table = pa.table({"user": ["u", "v"], "time": times, "event": ["e", "e"]})
    pq.write_table(table, tmp_path / "t.parquet")
    (chunk,) = read(tmp_path / "t.parquet", MAPPING)
    assert chunk.table["timestamp"].cast(pa.int64()).to_pylist() == [1_767_323_045_000_000]
    assert [(r.line, r.code) for r in chunk.rejects] == [(2, "time_out_of_range")]


def test_names_and_ids_have_the_lengths_that_the_door_allows(tmp_path):
    """Names of 200 and ids of 512 characters are taken, longer ones are rejects."""
    rows = [
        ("é" * 512, "é" * 200, "é" * 512), ("u", "e" * 201, "1"), ("u" * 513, "e", "2"),
        ("u", "e", "i" * 513), ("u", "e", None), ("u" * 513, "e" * 201, "3"),
    ]  # fmt: skip
    path = tmp_path / "t.jsonl"
    path.write_text("".join(
        json.dumps({"user": user, "time": 1, "event": event, "id": id_}) + "\n"
        for user, event, id_ in rows
    ))  # fmt: skip
    (chunk,) = read(path, replace(MAPPING, id="id"))
    assert chunk.table["user_id"].to_pylist() == ["é" * 512, "u"]
    assert [(r.line, r.code) for r in chunk.rejects] == [
        (2, "bad_event_name"), (3, "id_too_long"), (4, "id_too_long"), (6, "bad_event_name"),
    ]  # fmt: skip
