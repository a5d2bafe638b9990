"""A look-up is replaced, or merged by its key, in one commit."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from ethogram.events.errors import Invalid, NotFound
from ethogram.store.lake.lookups import TIDY_EVERY, Lookups

ROWS = pa.table({"id": [1, 2], "name": ["phone", "case"]})


@pytest.fixture
def lookups(tmp_path: Path) -> Lookups:
    return Lookups(tmp_path)


def test_what_is_written_replaces_what_was(lookups: Lookups) -> None:
    """Other columns too; nobody has to say what the table looks like."""
    assert lookups.names() == []
    assert lookups.write("products", ROWS) == 2
    lookups.write("products", pa.table({"sku": ["x"]}))
    assert (lookups.names(), lookups.rows("products")) == (["products"], 1)
    assert lookups.read("products").to_pylist() == [{"sku": "x"}]


def test_with_a_key_rows_are_merged(lookups: Lookups) -> None:
    """The last row of a key counts; new columns join, and a whole number may become a fraction."""
    lookups.write("products", ROWS, ["id"])
    more = pa.table({"id": [2.0, 3.5, 3.5], "name": ["bag", "x", "cap"], "new": [True, None, True]})
    assert lookups.write("products", more, ["id"]) == 3
    assert sorted(lookups.read("products").to_pylist(), key=lambda row: row["id"]) == [
        {"id": 1.0, "name": "phone", "new": None},
        {"id": 2.0, "name": "bag", "new": True},
        {"id": 3.5, "name": "cap", "new": True},
    ]


@pytest.mark.parametrize("other", [["x"], [True], [None]])
def test_a_column_of_another_type_becomes_text(lookups: Lookups, other: list[object]) -> None:
    """Whatever a later run finds in it, also in the key's; without a value it stays."""
    lookups.write("products", pa.table({"id": [1], "size": [42]}), ["id"])
    values = pa.array(other, pa.string() if other == [None] else None)
    lookups.write("products", pa.table({"id": ["2"], "size": values}), ["id"])
    text = other[0] if other[0] is None else str(other[0]).lower()
    assert lookups.read("products").to_pylist() == [
        {"id": "1", "size": "42"}, {"id": "2", "size": text}]  # fmt: skip


def test_two_that_write_at_once_lose_nothing(lookups: Lookups) -> None:
    """Each waits for the other: what both merged is there."""

    def write(at: int) -> int:
        return lookups.write("products", pa.table({"id": [at]}), ["id"])

    with ThreadPoolExecutor(4) as writers:
        assert sorted(writers.map(write, range(12))) == list(range(1, 13))
    assert lookups.names() == ["products"]


def test_other_readers_of_delta_find_it(lookups: Lookups, tmp_path: Path) -> None:
    """The files are those of the newest commit, and old commits are tidied away."""
    for _ in range(TIDY_EVERY + 2):
        lookups.write("products", ROWS)
    assert DeltaTable(tmp_path / "lake/lookups/products").count() == 2
    assert all(Path(path).is_file() for path in lookups.files("products"))
    assert (tmp_path / "lake/lookups/products/_delta_log/_last_checkpoint").exists()


@pytest.mark.parametrize("name", ["events", "people", "Products", "a b", "", "1a", "x" * 64])
def test_a_name_that_sql_has_taken_is_refused(lookups: Lookups, name: str) -> None:
    """Or one that SQL could not say."""
    with pytest.raises(Invalid, match="cannot be the name"):
        lookups.write(name, ROWS)


def test_one_that_is_not_there_is_told(lookups: Lookups) -> None:
    """With the nearest that is."""
    lookups.write("products", ROWS)
    with pytest.raises(NotFound, match=r'mean "products"'):
        lookups.read("product")


def test_what_is_there_already_is_told_apart(lookups: Lookups) -> None:
    """By the whole row, whatever is null or of another type in it."""
    assert lookups.unlike("products", ROWS) == 2
    lookups.write("products", ROWS)
    assert lookups.unlike("products", ROWS) == 0
    rows = pa.table({"id": [1.0, 2.0, 3.0], "name": ["phone", "bag", None]})
    assert lookups.unlike("products", rows) == 2
    lookups.write("products", rows)
    assert lookups.unlike("products", rows) == 0
