"""A run holds every event of every unit in order, in memory and on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ethogram.ask.kernels.buckets import BUCKETS, bucket_of
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.files import open_run, save
from ethogram.ask.sequences.join import join
from ethogram.ask.sequences.plan import Piece
from ethogram.ask.sequences.run import PADDING, Run, Tag
from ethogram.events.errors import Broken

PEOPLE = 500
EVENTS = 5_000


@pytest.fixture(scope="module")
def table() -> pa.Table:
    random = np.random.default_rng(7)
    ids = random.integers(1, 2**62, PEOPLE)
    return pa.table(
        {
            "position": random.permutation(EVENTS) + 1,
            "event": pa.array([f"event {i}" for i in random.integers(0, 300, EVENTS)]),
            "timestamp": pa.array(
                random.integers(3_600_000_000, 4_102_444_800_000_000, EVENTS),
                pa.timestamp("us", "UTC"),
            ),
            "person": ids[random.integers(0, PEOPLE, EVENTS)],
            "session": pa.array(
                random.integers(1, 900, EVENTS), mask=random.integers(0, 2, EVENTS) == 1
            ),
            "p_price_number": pa.array(
                random.integers(0, 90, EVENTS) * 1.0, mask=random.integers(0, 3, EVENTS) == 0
            ),
            "p_colour_text": pa.array([f"colour {i}" for i in random.integers(0, 200, EVENTS)]),
        }
    )


def rows(run: Run) -> list[tuple[int, int, int, str]]:
    times = (run.origin + run.seconds[: run.events].astype(np.int64)) * 1_000_000
    times += run.micros[: run.events]
    owners = np.repeat(run.units, np.diff(run.offsets)).tolist()
    names = [run.names[code] for code in run.codes[: run.events]]
    return list(zip(owners, times.tolist(), run.positions.tolist(), names, strict=True))


def expected(table: pa.Table, unit: str) -> list[tuple[int, int, int, str]]:
    times = table["timestamp"].cast(pa.int64())
    columns = [table[unit], times, table["position"], table["event"]]
    found = list(zip(*(column.to_pylist() for column in columns), strict=True))
    return sorted(
        (row for row in found if row[0] is not None),
        key=lambda row: (int(bucket_of(np.array([row[0]]))[0]), *row[:3]),
    )


@pytest.mark.parametrize("unit", ["person", "session"])
def test_every_event_stands_in_the_order_of_bucket_unit_time_and_position(
    table: pa.Table, unit: str
) -> None:
    """The run says the same events as the table, in the one order that kernels rely on."""
    assert rows(build(table, unit)) == expected(table, unit)


def test_buckets_part_the_units(table: pa.Table) -> None:
    """Bucket b owns exactly the units whose id falls into b."""
    run = build(table)
    assert len(run.buckets) == BUCKETS + 1
    for bucket in range(BUCKETS):
        own = run.units[run.buckets[bucket] : run.buckets[bucket + 1]]
        assert np.all(bucket_of(own) == bucket)
    assert run.buckets[-1] == len(run.units)


def test_arrays_are_read_only_and_padded_in_memory_and_on_disk(
    table: pa.Table, tmp_path: Path
) -> None:
    """Kernels see one type of array wherever a run lives, and may read past the end."""
    run = build(table)
    for one in (run, save(tmp_path / "run", run)):
        columns = [one.units, one.offsets, one.codes, one.seconds, one.micros, one.positions]
        columns += [x for c in one.properties.values() for x in (c.tags, c.values)]
        assert not any(column.flags.writeable for column in columns)
        assert all(column.flags.c_contiguous and column.flags.aligned for column in columns)
        for column in (one.codes, one.seconds, one.micros):
            assert len(column) == one.events + PADDING


def test_a_saved_run_is_the_same_when_opened(table: pa.Table, tmp_path: Path) -> None:
    """Nothing changes on the way to the disk and back."""
    run = build(table)
    save(tmp_path / "run", run)
    opened = open_run(tmp_path / "run")
    assert rows(opened) == rows(run)
    for name, column in run.properties.items():
        again = opened.properties[name]
        assert np.array_equal(again.tags, column.tags)
        assert np.array_equal(again.values, column.values)
        assert again.words.equals(column.words)


@pytest.mark.parametrize("damage", ["torn", "longer", "missing"])
def test_a_damaged_run_is_found_when_opened(table: pa.Table, tmp_path: Path, damage: str) -> None:
    """Whichever file is of the wrong size or missing, opening raises Broken."""
    save(tmp_path / "run", build(table))
    for path in sorted((tmp_path / "run").iterdir()):
        content = path.read_bytes()
        path.unlink()
        if damage == "torn":
            path.write_bytes(content[: len(content) // 2])
        elif damage == "longer":
            path.write_bytes(content + b"\0")
        with pytest.raises(Broken):
            open_run(tmp_path / "run")
        path.write_bytes(content)


def test_properties_keep_type_and_value() -> None:
    """A number, a flag, a text, JSON, an explicit null and nothing at all stay apart."""
    table = pa.table(
        {
            "position": [1, 2, 3, 4, 5, 6],
            "event": ["a"] * 6,
            "timestamp": pa.array(range(6), pa.timestamp("us", "UTC")),
            "person": [1] * 6,
            "p_x_number": [1.0, None, None, None, None, None],
            "p_x_flag": [None, True, None, None, None, None],
            "p_x_text": [None, None, "1", None, None, None],
            "p_x_json": [None, None, None, "[1]", None, None],
            "p_x_null": [None, None, None, None, True, None],
        }
    )
    column = build(table).properties["x"]
    tags = [Tag.NUMBER, Tag.FLAG, Tag.TEXT, Tag.JSON, Tag.NULL, Tag.MISSING]
    assert column.tags.tolist() == tags
    assert column.values[:2].tolist() == [1, 1]
    assert [column.words[int(i)].as_py() for i in column.values[2:4]] == ["1", "[1]"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([1, 127], "int8"), ([1, 128], "int16"), ([-40_000], "int32"), ([2**31], "float64"),
     ([0.5], "float64"), ([float("nan")], "float64"), ([float("inf")], "float64")],
)  # fmt: skip
def test_numbers_are_kept_exactly_in_the_narrowest_type(values: list[float], dtype: str) -> None:
    """The dtype is the narrowest that loses nothing."""
    rows = len(values)
    table = pa.table(
        {
            "position": list(range(rows)),
            "event": ["a"] * rows,
            "timestamp": pa.array(range(rows), pa.timestamp("us", "UTC")),
            "person": [1] * rows,
            "p_x_number": pa.array(values, pa.float64()),
        }
    )
    column = build(table).properties["x"]
    assert column.values.dtype == dtype
    assert np.array_equal(column.values.astype(np.float64), np.array(values, float), equal_nan=True)


def test_runs_with_other_names_words_and_types_join(table: pa.Table) -> None:
    """Joining the runs of two halves gives what building from the whole gives."""
    halves = [build(table.slice(0, 700)), build(table.slice(700))]
    joined = join([Piece(run, np.arange(len(run.units))) for run in halves])
    whole = build(table)
    assert rows(joined) == rows(whole)
    for name, column in whole.properties.items():
        other = joined.properties[name]
        assert np.array_equal(other.tags, column.tags)
        assert words(other) == words(column)


def test_a_run_with_another_origin_joins(table: pa.Table) -> None:
    """Seconds are counted anew where the runs count them from another instant."""
    run = build(table)
    early = replace(run, origin=run.origin - 3_600)
    joined = join([Piece(early, np.arange(len(run.units)))])
    assert rows(joined) == rows(early)
    assert joined.origin == run.origin


def test_dictionary_encoded_columns_say_the_same(table: pa.Table) -> None:
    """Names and texts may come encoded, each chunk with its own dictionary."""
    halves = [table.slice(0, 2_000), table.slice(2_000)]
    encoded = pa.concat_tables(map(dictionary_encoded, halves))
    run, plain = build(encoded), build(table)
    assert rows(run) == rows(plain)
    assert words(run.properties["colour"]) == words(plain.properties["colour"])


def dictionary_encoded(table: pa.Table) -> pa.Table:
    for name in ("event", "p_colour_text"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].combine_chunks().dictionary_encode())
    return table


def words(column) -> list:
    texts = column.words.to_pylist()
    return [
        texts[int(value)] if tag >= Tag.TEXT else float(value)
        for tag, value in zip(column.tags, column.values, strict=True)
    ]


def test_a_table_without_rows_is_a_run_without_units(table: pa.Table, tmp_path: Path) -> None:
    """Nothing in, nothing out, and no error."""
    run = build(table.slice(0, 0))
    assert run.events == len(run.units) == 0
    assert save(tmp_path / "run", run).events == 0
