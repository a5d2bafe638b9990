"""Whatever happens to an index, it holds what all rows at once would make of it."""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ethogram.ask.sequences import index
from ethogram.ask.sequences.checksum import snapshot_checksum, tables_checksum
from ethogram.ask.sequences.history import history
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.names import Names
from ethogram.ask.sequences.run import Snapshot, Tag
from ethogram.people.identity import Identity

PEOPLE = range(1, 9)
QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder in memory: these tests sync thousands of files."""


class Row(NamedTuple):
    position: int
    event: str
    instant: int
    person: int
    value: float | str | bool | None


def table(rows: Sequence[Row]) -> pa.Table:
    def only(kind: type) -> list:
        return [row.value if isinstance(row.value, kind) else None for row in rows]

    return pa.table(
        {
            "position": pa.array([row.position for row in rows], pa.int64()),
            "event": pa.array([row.event for row in rows], pa.string()),
            "timestamp": pa.array([row.instant for row in rows], pa.timestamp("us", "UTC")),
            "person": pa.array([row.person for row in rows], pa.int64()),
            "p_x_number": pa.array(only(float), pa.float64()),
            "p_x_text": pa.array(only(str), pa.string()),
            "p_x_flag": pa.array(only(bool), pa.bool_()),
        }
    )


def oracle(rows: Sequence[Row], identity: Identity) -> dict[int, list[Row]]:
    links = dict(zip(identity.nodes.tolist(), identity.persons.tolist(), strict=True))
    erased = set(identity.erased.tolist())
    people = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.instant, row.position)):
        if row.person not in erased:
            people[links.get(row.person, row.person)].append(row)
    return dict(people)


def seen(snapshot: Snapshot) -> dict[int, list[Row]]:
    people: dict[int, list[Row]] = {}
    for part in snapshot.parts:
        run = part.run
        for slot in np.flatnonzero(part.dead == 0).tolist():
            unit = int(run.units[slot])
            assert unit not in people, "a unit is alive in two parts"
            people[unit] = [
                Row(
                    int(run.positions[i]),
                    run.names[run.codes[i]],
                    (run.origin + int(run.seconds[i])) * 1_000_000 + int(run.micros[i]),
                    unit if run.nodes is None else int(run.nodes[i]),
                    value(run.properties.get("x"), i),
                )
                for i in range(run.offsets[slot], run.offsets[slot + 1])
            ]
    return people


def value(column, i: int) -> float | str | bool | None:
    if column is None or column.tags[i] == Tag.MISSING:
        return None
    found = column.values[i].item()
    if column.tags[i] == Tag.TEXT:
        return column.words[int(found)].as_py()
    return bool(found) if column.tags[i] == Tag.FLAG else float(found)


fresh_rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from([0, 1, 999_999, 1_000_000, 5_000_000, 4_102_444_799_999_999]),
        st.sampled_from(PEOPLE),
        st.sampled_from([None, 1.0, -300.0, 0.5, "red", "blue", True]),
    ),
    max_size=6,
)
person = st.sampled_from(PEOPLE)
changes = st.one_of(
    st.tuples(st.just("append"), fresh_rows),
    st.tuples(st.just("append"), fresh_rows),
    st.tuples(st.just("append"), fresh_rows),
    st.tuples(st.just("merge"), st.tuples(person, st.lists(person, min_size=1, max_size=3))),
    st.tuples(st.just("unmerge"), st.lists(person, min_size=1, max_size=2)),
    st.tuples(st.just("erase"), person),
)
steps = st.one_of(
    changes,
    changes,
    changes,
    st.tuples(st.just("fold"), st.booleans()),
    st.tuples(st.just("fold_during"), st.lists(changes, max_size=3)),
    st.tuples(st.just("reopen"), st.none()),
    st.tuples(st.just("rebuild"), st.none()),
)


class Interrupted(Index):
    """An index that calls ``meanwhile`` in the middle of a fold."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def _merge(self, parts):
        self.meanwhile()
        return super()._merge(parts)


class World:
    """An index, and all that was ever said to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = Interrupted(folder)
        self.rows: list[Row] = []
        self.identity = Identity()

    def append(self, fresh: list) -> None:
        start = len(self.rows) + 1
        rows = [Row(start + i, *row) for i, row in enumerate(fresh)]
        self.rows += rows
        seen_before = self.rows[max(0, start - 3) : start - 1]
        self.index.refresh(table([*seen_before, *rows]), len(self.rows))

    def merge(self, group: tuple[int, list[int]]) -> None:
        ids = [self.identity.person(node) for node in (group[0], *group[1])]
        into = {each: ids[0] for each in PEOPLE if self.identity.person(each) in ids}
        self.identify(self.identity.seeing(into, self.identity.version + 1))

    def unmerge(self, nodes: list[int]) -> None:
        parted = {node: node for node in nodes}
        self.identify(self.identity.seeing(parted, self.identity.version + 1))

    def erase(self, node: int) -> None:
        self.identify(self.identity.erasing([node]))

    def identify(self, identity: Identity) -> None:
        self.identity = identity
        self.index.identify(identity)

    def fold(self, everything: bool) -> None:
        self.index.fold(everything=everything)

    def fold_during(self, meanwhile: list) -> None:
        self.index.meanwhile = lambda: self.run(meanwhile)
        self.index.fold()
        self.index.meanwhile = lambda: None

    def run(self, history_of: list) -> None:
        for verb, argument in history_of:
            getattr(self, verb)(argument)

    def rebuild(self, _: None) -> None:
        halves = [table(self.rows[1::2]), table(self.rows[::2])]
        self.index.rebuild(halves, len(self.rows), self.identity)

    def reopen(self, _: None) -> None:
        durable = self.index.durable
        self.index = Interrupted(self.folder)
        assert self.index.fault is None
        assert self.index.snapshot.state.position == durable
        self.index.identify(self.identity)
        self.index.refresh(table(self.rows[durable:]), len(self.rows))


@pytest.mark.parametrize("absorbed", [0, 4, 200_000])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=14))
@example(
    [
        ("append", [("a", 0, 1, None), ("b", 1, 2, "red")]),
        ("merge", (1, [2])),
        ("fold", False),
        ("append", [("c", 0, 2, 0.5)]),
        ("fold", True),
        ("unmerge", [2]),
        ("erase", 1),
        ("fold_during", [("append", [("d", 5_000_000, 2, True)]), ("merge", (3, [2]))]),
        ("reopen", None),
    ]
)
def test_an_index_holds_what_all_rows_at_once_would_make_of_it(
    absorbed: int, history_of: list
) -> None:
    """Appends, folds, merges, unmerges, erasures, restarts and rebuilds in any order."""
    with TemporaryDirectory(dir=QUICK) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "ABSORBED", absorbed)
        world = World(Path(folder) / "index")
        for step in history_of:
            world.run([step])
            snapshot = world.index.snapshot
            assert seen(snapshot) == oracle(world.rows, world.identity)
            assert snapshot.state.position == len(world.rows)
            assert all(part.run.events for part in snapshot.parts)
        erased = Identity(erased=world.identity.erased)
        halves = [table(world.rows[1::2]), table(world.rows[::2])]
        whole = tables_checksum(halves, "person", erased, Names())
        assert np.array_equal(snapshot_checksum(world.index.snapshot), whole)
        for node in PEOPLE:
            positions = history(world.index.snapshot, node).positions.tolist()
            expected = oracle(world.rows, world.identity).get(node, [])
            assert positions == [row.position for row in expected]


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(dir=QUICK) as name:
        yield Path(name)


def test_a_kill_at_any_moment_leaves_an_index_that_opens(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands on disk at any sync of a fold or rebuild, it opens and can be fed again."""
    world = World(folder / "index")
    copies: list[Path] = []
    fsync = os.fsync

    def copy_and_sync(handle: int) -> None:
        copies.append(shutil.copytree(world.folder, folder / f"copy {len(copies)}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", copy_and_sync)
    for _ in range(2):
        world.append([("a", 0, 1, "red"), ("b", 5, 2, 0.5), ("c", 3, 3, None)])
        world.fold(everything=False)
    world.merge((1, [2]))
    world.fold(everything=True)
    world.rebuild(None)
    monkeypatch.undo()
    assert len(copies) > 50
    rows = list(world.rows)
    for copy in copies:
        world.folder, world.rows = copy, list(rows)
        world.index = Interrupted(copy)
        world.reopen(None)
        world.append([("a", 9, 2, "blue")])
        world.fold(everything=False)
        assert seen(world.index.snapshot) == oracle(world.rows, world.identity)
        assert len(list((copy / "runs").iterdir())) == len(world.index.snapshot.parts)


def test_a_damaged_index_says_so_and_begins_anew(folder: Path) -> None:
    """A torn run is told by ``fault``; the index is empty at position 0 and can be rebuilt."""
    world = World(folder / "index")
    world.append([("a", 0, 1, "red")])
    world.fold(everything=False)
    next((folder / "index" / "runs").glob("*/codes")).write_bytes(b"")
    world.index = Interrupted(folder / "index")
    assert world.index.fault is not None
    assert world.index.snapshot.state.position == 0
    world.rebuild(None)
    assert world.index.fault is None
    world.reopen(None)
    assert seen(world.index.snapshot) == oracle(world.rows, world.identity)


def test_what_was_erased_is_gone_from_the_disk_once_all_is_folded(folder: Path) -> None:
    """Neither a value nor an id of an erased person stands in any file."""
    world = World(folder / "index")
    secret = 0x1234_5678_9ABC_DEF0
    world.append([("a", 0, secret, "the secret word"), ("b", 1, 2, "a plain word")])
    world.fold(everything=False)
    world.erase(secret)
    world.fold(everything=True)
    content = {p: p.read_bytes() for p in world.folder.rglob("*") if p.is_file()}
    assert any(b"a plain word" in text for text in content.values())
    assert not any(b"the secret word" in text for text in content.values())
    ids = [p.name for p, text in content.items() if secret.to_bytes(8, "little") in text]
    assert ids == ["erased"]


def test_a_change_of_a_few_people_leaves_the_base_as_it_is(folder: Path) -> None:
    """A fold rewrites a run only when what is folded into it is not much smaller."""
    world = World(folder / "index")
    world.append([("a", i, 1 + i % 400, None) for i in range(4_000)])
    world.fold(everything=False)
    base = world.index.snapshot.parts[0].run
    for i in range(30):
        world.append([("b", 5_000 + i, 1 + i, None)])
        world.fold(everything=False)
        assert len(world.index.snapshot.parts) <= 5
    assert world.index.snapshot.parts[0].run is base
    assert seen(world.index.snapshot) == oracle(world.rows, world.identity)
