"""A row of a columnar batch has one form in bytes, which the chain hashes."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ethogram.store.log.entries import leaves, pack_table

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS: dict[str, pa.DataType] = {
    "number": pa.float64(),
    "id": pa.int64(),
    "text": pa.string(),
    "flag": pa.bool_(),
    "blob": pa.binary(),
    "at": pa.timestamp("us", "UTC"),
}
VALUES = st.fixed_dictionaries({
    "number": st.none() | st.floats(allow_nan=False),
    "id": st.none() | st.integers(-(2**63), 2**63 - 1),
    "text": st.none() | st.text("a,:-5", max_size=4) | st.text(max_size=3),
    "flag": st.none() | st.booleans(),
    "blob": st.none() | st.binary(max_size=3),
    "at": st.none() | st.just(AT),
})  # fmt: skip


def said(rows: list[dict[str, Any]], **kinds: pa.DataType) -> list[bytes]:
    """The bytes that the chain hashes."""
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    return [bytes(leaf) for leaf in leaves("columns", pack_table(pa.table(columns)))]


def test_a_row_has_the_bytes_that_were_hashed_before() -> None:
    """The form does not change with a library's version: hashes are kept for good."""
    row = {"number": 0.1, "id": -5, "text": "é,1", "flag": True, "blob": b"\0:", "at": AT}
    none = dict.fromkeys(row)
    assert said([row, none], **KINDS) == [
        "07a16c1877de6117,4591870180066957722,-5,4:é,1,1,2:\0:,1772366400000000".encode(),
        b"07a16c1877de6117,-,-,-,-,-,-",
    ]


@given(VALUES, VALUES)
def test_rows_that_differ_have_different_bytes(a: dict[str, Any], b: dict[str, Any]) -> None:
    """No value can be made to look like another's, or like two."""
    one, two = said([a, b], **KINDS)
    assert (one == two) == (repr(sorted(a.items())) == repr(sorted(b.items())))


def test_the_columns_names_are_part_of_a_row() -> None:
    """The same value of another property is another row."""
    (a,), (b,) = said([{"x": 1}], x=pa.int64()), said([{"y": 1}], y=pa.int64())
    assert a != b


def test_how_texts_are_encoded_changes_nothing() -> None:
    """A dictionary of texts and plain texts are the same row."""
    rows = [{"text": "a"}, {"text": None}, {"text": "b"}]
    coded = pa.table({"text": pa.array(["a", None, "b"]).dictionary_encode()})
    plain = said(rows, text=pa.string())
    assert [bytes(leaf) for leaf in leaves("columns", pack_table(coded))] == plain
