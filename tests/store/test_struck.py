"""What is struck out is one thing, whoever looks: a table, an index, SQL."""

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import regroup, whole
from ethogram.ask.sequences.run import Part, Run
from ethogram.ask.sql.views import unerased
from ethogram.events.erasure import Struck
from ethogram.people.identity import Identity
from ethogram.store.lake.schema import INSTANT
from ethogram.store.lake.struck import unstruck

COLUMNS = ["position", "person", "timestamp", "event", "properties", "p_price_number"]
maybe = st.none() | st.integers(0, 6)


@st.composite
def struck(draw: st.DrawFn) -> Struck:
    """Any; times are as small as the events'."""
    return Struck(draw(st.integers(1, 14)), draw(maybe), draw(maybe), draw(maybe),
                  draw(st.none() | st.sampled_from(["a", "b"])),
                  draw(st.none() | st.sampled_from(["price", "size"])))  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> pa.Table:
    """A few events of a few people."""
    rows = draw(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6), st.sampled_from("ab"),
                                   st.none() | st.integers(0, 9)), min_size=1, max_size=12),
                )  # fmt: skip
    people, times, names, prices = zip(*rows, strict=True)
    return pa.table(
        {
            "position": pa.array(range(1, len(rows) + 1)),
            "person": pa.array(people, pa.int64()),
            "timestamp": pa.array(times, INSTANT),
            "event": pa.array(names, pa.string()),
            "properties": ["{}" if p is None else f'{{"price":{p},"x":1}}' for p in prices],
            "p_price_number": pa.array(prices, pa.float64()),
        }
    )


@settings(max_examples=150, deadline=None)
@given(table=events(), gone=st.lists(struck(), max_size=3), erased=st.sets(maybe.filter(bool)))
def test_table_index_and_sql_hide_the_same(
    table: pa.Table, gone: list[Struck], erased: set[int]
) -> None:
    """The same events are left in all three, with the same values."""
    identity = Identity(struck=tuple(gone)).erasing(erased)
    left = unstruck(table, gone)
    left = left.filter(pa.array(~identity.hides(left["person"].to_numpy())))
    expected = sorted(zip(left["position"].to_pylist(), left["p_price_number"].to_pylist(),
                          strict=True), key=str)  # fmt: skip
    run = build(table)
    parts = regroup([whole(run)], Identity(), identity, np.unique(run.units))
    assert sorted(_held(parts), key=str) == expected
    assert sorted(_held([whole(build(table, identity=identity))]), key=str) == expected
    said = unerased(COLUMNS, "source", sorted(erased), gone)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("source", table)
        found = connection.sql(said).to_arrow_table()
    shown = zip(found["position"].to_pylist(), found["p_price_number"].to_pylist(), strict=True)
    assert sorted(shown, key=str) == expected
    assert _sorted(found) == _sorted(left)


def _sorted(table: pa.Table) -> list[str]:
    rows = table.select(["position", "properties"]).sort_by("position").to_pylist()
    return [row["properties"].replace(" ", "") for row in rows]


def _held(parts: "list[Part] | tuple[Part, ...]") -> list[tuple[int, float | None]]:
    return [each for part in parts for each in _living(part.run, part)]


def _living(run: Run, part: Part) -> list[tuple[int, float | None]]:
    column = run.properties.get("price")
    owner = np.repeat(np.arange(len(run.units)), np.diff(run.offsets))
    return [
        (position, float(column.values[i]) if column is not None and column.tags[i] else None)
        for i, position in enumerate(run.positions.tolist())
        if not part.dead[owner[i]]
    ]
