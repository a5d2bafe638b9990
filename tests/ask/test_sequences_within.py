"""What lies within JSON values becomes a column once, and is kept beside its run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.files import save
from ethogram.ask.sequences.run import Column, Run, Tag
from ethogram.ask.sequences.within import within

LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-300, 300),
    st.floats(allow_nan=False, allow_infinity=False),  # JSON has neither
    st.text(max_size=3),
)
VALUE = st.recursive(LEAF, lambda v: st.dictionaries(st.sampled_from("ab"), v, max_size=2))


def run_of(values: list[Any]) -> Run:
    """A run of one event for each value, in their order."""
    rows = len(values)
    return build(
        pa.table(
            {
                "position": np.arange(1, rows + 1),
                "event": ["seen"] * rows,
                "timestamp": pa.array(np.arange(rows), pa.timestamp("us", "UTC")),
                "person": np.ones(rows, np.int64),
                "p_v_json": pa.array([None if v is ... else json.dumps(v) for v in values]),
            }
        )
    )


def values_of(column: Column) -> list[Any]:
    """What each event has, `...` where it has nothing."""
    shown = {
        Tag.MISSING: lambda _: ...,
        Tag.NULL: lambda _: None,
        Tag.FLAG: bool,
        Tag.NUMBER: float,
        Tag.TEXT: lambda value: column.words[int(value)].as_py(),
        Tag.JSON: lambda value: json.loads(column.words[int(value)].as_py()),
    }
    pairs = zip(column.tags.tolist(), column.values.tolist(), strict=True)
    return [shown[Tag(tag)](value) for tag, value in pairs]


def walked(value: Any, names: str) -> Any:
    """The oracle: one step down after the other."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return ...
        value = value[name]
    return value


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(VALUE, st.just(...)), min_size=1, max_size=12),
    path=st.sampled_from(["a", "b", "ab"]),
)
def test_a_column_holds_what_each_value_has_there(values, path, tmp_path_factory):
    """In memory and on disk, opened the first and the second time."""
    run = run_of([*values, {"a": 1}])
    expected = [walked(value, path) for value in [*values, {"a": 1}]]
    kept = save(tmp_path_factory.mktemp("runs") / "run", run)
    for each in (run, kept, kept):
        column = within(each, ("v", *path))
        assert column is not None
        assert values_of(column) == expected


def folder_of(run: Run) -> Path:
    """The only folder of a column that the run has."""
    assert run.folder is not None
    (folder,) = (run.folder / "within").iterdir()
    return folder


def test_a_column_is_made_once(tmp_path):
    """The second time nothing is written."""
    run = save(tmp_path / "run", run_of([{"a": "x"}]))
    within(run, ("v", "a"))
    before = folder_of(run).stat()
    within(run, ("v", "a"))
    assert folder_of(run).stat().st_ino == before.st_ino


@pytest.mark.parametrize("name", ["tags", "values", "words", "manifest.json"])
def test_a_torn_column_is_made_anew(tmp_path, name):
    """Whichever of its files is cut."""
    run = save(tmp_path / "run", run_of([{"a": "x"}, {"a": 1.5}]))
    within(run, ("v", "a"))
    file = folder_of(run) / name
    file.write_bytes(file.read_bytes()[:-1])
    column = within(run, ("v", "a"))
    assert column is not None
    assert values_of(column) == ["x", 1.5]


def test_where_nothing_can_be_written_the_column_lives_in_memory(tmp_path):
    """As on a full disk: here a file stands where the folder would be."""
    run = save(tmp_path / "run", run_of([{"a": "x"}]))
    (tmp_path / "run" / "within").write_text("")
    column = within(run, ("v", "a"))
    assert column is not None
    assert values_of(column) == ["x"]


def test_a_property_that_is_not_there_has_no_column(tmp_path):
    """As nothing is known of it."""
    assert within(run_of([{"a": 1}]), ("w", "a")) is None
