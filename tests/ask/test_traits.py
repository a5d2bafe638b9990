"""Traits: brought up to date, they are what they would be if everybody were computed anew."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Snapshot, State
from ethogram.ask.traits.definition import trait_of
from ethogram.ask.traits.kept import Kept, Meaning, read, refreshed, write
from ethogram.ask.traits.terms import terms_of
from ethogram.events.errors import Invalid
from ethogram.events.event import Recorded
from ethogram.people.identity import Identity, ids
from ethogram.store.lake.shred import Shredder
from ethogram.store.log.entries import pack
from ethogram.store.log.port import Record

SECOND = 1_000_000
T0 = 1_772_323_200 * SECOND
TRAITS: list[dict[str, Any]] = [
    {"measure": "total", "event": "buy", "last": "5s"},
    {"measure": "sum", "event": "buy", "property": "price"},
    {"measure": "max", "event": "buy", "property": "price", "last": "3s"},
    {"measure": "distinct", "event": "buy", "property": "price", "last": "7s"},
    {"cohort": {"did": "buy", "at_least": 2, "last": "5s"}},
    {"cohort": {"stopped": "buy", "silent": "3s", "last": "4s"}},
    {"cohort": {"all": [{"did": "buy"}, {"not": {"first": "look", "last": "6s"}}]}},
    {"cohort": {"sequence": ["look", "buy"], "within": "4s", "last": "9s"}},
]
happenings = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 20), st.sampled_from(["buy", "look"]),
              st.integers(0, 3)), max_size=4,
)  # fmt: skip
moments = st.lists(
    st.tuples(happenings, st.integers(0, 6), st.sets(st.integers(2, 4))), min_size=1, max_size=6
)


def snapshot_of(said: list[tuple[int, int, str, int]], merged: set[int]) -> Snapshot:
    """What is known once all was ``said``; those ``merged`` are person 1."""
    events = [
        Recorded(name, "track", f"{i}", T0 + at * SECOND, T0, person, None, None, None,
                 {"price": price}, {}, {}, None, {})
        for i, (person, at, name, price) in enumerate(said)
    ]  # fmt: skip
    table = Shredder().table([Record(1, "events", len(events), T0, pack(events))])
    nodes = ids(merged)
    return Snapshot((whole(build(table, identity=Identity(nodes, np.ones_like(nodes)))),), State(0))


def means(body: dict[str, Any], text: str = "") -> Meaning:
    """What a definition without names means."""
    trait = trait_of(body)
    return Meaning(trait, terms_of(trait, None), text)


def same(a: Kept, b: Kept) -> bool:
    return (
        a.ids.tolist() == b.ids.tolist()
        and np.array_equal(a.values, b.values, equal_nan=True)
        and a.until.tolist() == b.until.tolist()
    )


@pytest.mark.parametrize("body", TRAITS, ids=lambda body: str(body)[:40])
@settings(deadline=None, max_examples=60)
@given(moments)
def test_what_is_brought_up_to_date_is_what_is_computed_anew(
    body: dict[str, Any], steps: list[tuple[list[tuple[int, int, str, int]], int, set[int]]]
) -> None:
    """Through new and late events, merges and unmerges, and the mere passing of time."""
    trait, said, at, kept = means(body), list[Any](), T0, None
    for more, later, merged in steps:
        said, at = said + more, at + later * SECOND
        snapshot = snapshot_of(said, merged)
        kept = refreshed(kept, trait, snapshot, at)
        assert same(kept, refreshed(None, trait, snapshot, at))


@given(happenings, st.integers(0, 21))
@settings(deadline=None)
def test_a_measure_is_that_of_what_was_done(
    said: list[tuple[int, int, str, int]], later: int
) -> None:
    """How often, and how much, in the last five seconds: the sum of a list."""
    at = T0 + later * SECOND
    for body, worth in ((TRAITS[0], lambda _: 1), ({**TRAITS[1], "last": "5s"}, int)):
        kept = refreshed(None, means(body), snapshot_of(said, set()), at)
        for person in {person for person, *_ in said}:
            recent = [worth(price) for who, when, name, price in said
                      if who == person and name == "buy" and later - 5 <= when < later]  # fmt: skip
            assert kept.of(person) == sum(recent)


def test_only_those_are_computed_of_whom_something_changed(tmp_path: Path) -> None:
    """One new event, one person; nothing new, nobody; and those whom time touches."""
    trait = means(TRAITS[0])
    said = [(person, 0, "buy", 1) for person in range(1, 101)]
    kept = refreshed(None, trait, snapshot_of(said, set()), T0 + SECOND)
    assert kept.computed == 100
    write(tmp_path / "trait", kept)
    kept = read(tmp_path / "trait")
    more = [*said, (7, 1, "buy", 1)]
    kept = refreshed(kept, trait, snapshot_of(more, set()), T0 + 2 * SECOND)
    assert (kept.computed, kept.of(7), kept.of(8)) == (1, 2, 1)
    assert refreshed(kept, trait, snapshot_of(more, set()), T0 + 3 * SECOND).computed == 0
    kept = refreshed(kept, trait, snapshot_of(more, set()), T0 + 6 * SECOND)
    assert (kept.computed, kept.of(7), kept.of(8)) == (100, 1, 0)
    assert (
        refreshed(kept, means(TRAITS[0], "another"), snapshot_of(more, set()), T0).computed == 100
    )


def test_a_torn_file_is_computed_anew(tmp_path: Path) -> None:
    """What cannot be read is as if it were not there."""
    path = tmp_path / "trait"
    write(path, refreshed(None, means(TRAITS[0]), snapshot_of([(1, 0, "buy", 1)], set()), T0))
    path.write_bytes(path.read_bytes()[:100])
    assert read(path) is None
    assert read(tmp_path / "none") is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cohort": {"did": "buy"}, "measure": "total"},
        {"measure": "total"},
        {"measure": "summ", "event": "buy", "property": "price"},
        {"measure": "sum", "event": "buy"},
        {"measure": "total", "event": "buy", "property": "price"},
        {"measure": "total", "event": "buy", "last": "soon"},
        {"cohort": {"did": "buy"}, "last": "1d"},
        {
            "measure": "total",
            "event": {"event": "buy", "where": {"property": "x", "of": "group:y"}},
        },
    ],
)
def test_nonsense_is_refused(body: dict[str, Any]) -> None:
    """Before anything is computed."""
    with pytest.raises(Invalid):
        trait_of(body)


def test_an_index_that_goes_on_keeps_what_it_knows(tmp_path: Path) -> None:
    """Over the parts of a real index, as over one run."""
    index = Index(tmp_path / "index")
    trait, kept = means(TRAITS[0]), None
    for i in range(1, 5):
        events = [Recorded("buy", "track", f"{i}", T0 + i * SECOND, T0, i % 2, None, None, None, {},
                           {}, {}, None, {})]  # fmt: skip
        index.refresh(Shredder().table([Record(i, "events", 1, T0, pack(events))]), i)
        kept = refreshed(kept, trait, index.snapshot, T0 + 5 * SECOND + i)
        assert same(kept, refreshed(None, trait, index.snapshot, T0 + 5 * SECOND + i))
    assert kept is not None
    assert (kept.of(0), kept.of(1), kept.of(9)) == (2, 2, None)
