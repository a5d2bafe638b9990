"""Whatever happens to an index of devices or groups, it holds what all rows at once make of it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.ask.sequences.checksum import snapshot_checksum, tables_checksum
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.run import Snapshot
from ethogram.ask.sequences.units import kinds_in
from ethogram.people.identity import Identity

QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
UNITS = ("device", "group:company", "group:home")


class Row(NamedTuple):
    position: int
    person: int
    device: int | None
    groups: dict[str, int]
    instant: int


def table(rows: Sequence[Row]) -> pa.Table:
    groups = [msgspec.json.encode(row.groups).decode() if row.groups else None for row in rows]
    return pa.table(
        {
            "position": pa.array([row.position for row in rows], pa.int64()),
            "event": pa.array(["a" for _ in rows], pa.string()),
            "timestamp": pa.array([row.instant for row in rows], pa.timestamp("us", "UTC")),
            "person": pa.array([row.person for row in rows], pa.int64()),
            "device": pa.array([row.device for row in rows], pa.int64()),
            "groups": pa.array(groups, pa.string()),
        }
    )


def oracle(rows: Sequence[Row], unit: str, erased: set[int]) -> dict[int, list[int]]:
    kind, found = unit.partition(":")[2], defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.instant, row.position)):
        owner = row.groups.get(kind) if kind else row.device
        if owner is not None and row.person not in erased:
            found[owner].append(row.position)
    return dict(found)


def seen(snapshot: Snapshot) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for part in snapshot.parts:
        run = part.run
        for slot in np.flatnonzero(part.dead == 0).tolist():
            assert int(run.units[slot]) not in found, "a unit is alive in two parts"
            own = slice(run.offsets[slot], run.offsets[slot + 1])
            found[int(run.units[slot])] = run.positions[own].tolist()
    return found


ids = st.integers(1, 4)
rows = st.lists(
    st.tuples(
        ids,
        st.none() | ids,
        st.dictionaries(st.sampled_from(["company", "home", "x"]), ids, max_size=2),
        st.integers(0, 3),
    ),
    max_size=8,
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), rows),
        st.tuples(st.just("append"), rows),
        st.tuples(st.just("fold"), st.booleans()),
        st.tuples(st.just("reopen"), st.none()),
        st.tuples(st.just("rebuild"), st.frozensets(ids)),
    ),
    max_size=8,
)


@pytest.mark.parametrize("unit", UNITS)
@given(steps=steps)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_index_of_a_unit_holds_each_event_once_under_its_owner(unit: str, steps: list) -> None:
    """After appending, folding, opening again and hiding persons; and so says the checksum."""
    known: list[Row] = []
    identity = Identity()
    with TemporaryDirectory(dir=QUICK) as folder:
        index = Index(Path(folder), unit)
        for step, said in steps:
            if step == "append":
                fresh = [Row(len(known) + i + 1, *each) for i, each in enumerate(said)]
                known += fresh
                index.refresh(table(fresh), len(known))
            elif step == "fold":
                index.fold(everything=said)
            elif step == "reopen":
                index.fold()
                index = Index(Path(folder), unit)
            else:
                identity = identity.erasing(said)
                half = len(known) // 2
                halves = [table(known[:half]), table(known[half:])]
                index.rebuild(halves, len(known), identity)
            erased = set(index.identity.erased.tolist())
            assert seen(index.snapshot) == oracle(known, unit, erased)
        tables = [table(known[1::2]), table(known[::2])]
        expected = tables_checksum(tables, unit, index.identity, index.names)
        assert np.array_equal(snapshot_checksum(index.snapshot), expected)


def test_the_types_of_groups_are_known() -> None:
    """Of all rows that name some, each once."""
    some = [Row(1, 1, None, {"company": 1}, 0), Row(2, 1, None, {"home": 1, "x": 2}, 0)]
    columns = [table(some)["groups"], table(some[:1])["groups"], table([])["groups"]]
    assert kinds_in(columns) == {"company", "home", "x"}
