"""What can be asked about, and the path that people usually take."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.path import ON_THE_WAY, usual_path
from ethogram.ask.sequences.run import Run, Snapshot, State
from ethogram.ask.sequences.vocabulary import Vocabularies

SHOP = ["catalog", "product", "cart", "paid"]


def run_of(events: list[tuple[int, str]]) -> Run:
    """A run of (person, name), each a second after the one before."""
    rows = np.arange(len(events))
    table = {
        "position": rows,
        "event": pa.array([name for _, name in events], pa.string()),
        "timestamp": pa.array(rows * 1_000_000, pa.timestamp("us", "UTC")),
        "person": pa.array([person for person, _ in events], pa.int64()),
    }
    return build(pa.table(table))


def path_of(events: list[tuple[int, str]], codes: tuple[str, ...]) -> list[str]:
    """The definition, person by person, for few names."""
    first: dict[int, list[str]] = defaultdict(list)
    for person, name in events:
        if name not in first[person]:
            first[person].append(name)
    having = {name: [own for own in first.values() if name in own] for name in codes}
    names = sorted(codes, key=lambda name: -len(having[name]))
    place = {n: sum(own.index(n) for own in having[n]) / len(having[n]) for n in names}
    goal = max(names, key=place.__getitem__)
    arrived = [own[: own.index(goal)] for own in having[goal]]
    share = {name: sum(name in own for own in arrived) / len(arrived) for name in names}
    return [n for n in sorted(names, key=place.__getitem__) if n == goal or share[n] >= ON_THE_WAY]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abcde")), min_size=1, max_size=40))
def test_the_usual_path_is_that_of_the_definition(events: list[tuple[int, str]]) -> None:
    """Names by when they typically come first, as far as nearly all who arrived did them."""
    run = run_of(events)
    assert usual_path(run) == path_of(events, run.names)


def test_what_only_some_do_is_not_on_the_path() -> None:
    """Those who search first and those who come back to look do not change the way to the end."""
    people = {1: SHOP, 2: ["catalog", "search", *SHOP[1:]], 3: [*SHOP, "catalog"], 4: SHOP[:2]}
    assert usual_path(run_of([(who, name) for who, own in people.items() for name in own])) == SHOP


def test_what_a_tracker_says_by_itself_is_not_on_the_path() -> None:
    """Clicks and scrolling go along with everything; alone they are the path after all."""
    events = [(who, each) for who in (1, 2, 3) for name in SHOP for each in ("scroll", name)]
    assert usual_path(run_of(events)) == SHOP
    assert usual_path(run_of([(1, "scroll"), (1, "click")])) == ["scroll", "click"]


def test_the_vocabulary_counts_and_finds_the_path() -> None:
    """Events with how often they happened, over all parts; without any there is none."""
    shop = run_of([(who, name) for who in (1, 2, 3) for name in SHOP])
    later = run_of([(9, "catalog"), (9, "login")])
    found = Vocabularies().of(Snapshot((whole(shop), whole(later)), State(0)))
    assert found.events == {"catalog": 4, "product": 3, "cart": 3, "paid": 3, "login": 1}
    assert found.path == SHOP
    assert Vocabularies().of(Snapshot((), State(0))).path == []
