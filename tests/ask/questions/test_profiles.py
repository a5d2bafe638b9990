"""Profiles in questions: what columns of changes come to is what the fold over changes does."""

from threading import Event
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.engines.work import Patience
from ethogram.ask.questions import profile as profile_columns
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.profile import Profile, listed_column
from ethogram.ask.questions.profiled import compared_lists
from ethogram.ask.questions.viewing import View
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.columns import value_at
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Run, Snapshot, State
from ethogram.events.errors import Busy, Invalid, TooLarge
from ethogram.events.event import Recorded
from ethogram.events.predicate import Predicate
from ethogram.events.profile import WORDS, changes_of
from ethogram.people import holding
from ethogram.people.holding import MOST_LISTED, NOTHING
from ethogram.people.identity import Identity, ids
from ethogram.people.profiles import fold
from ethogram.store.lake.shred import Shredder
from ethogram.store.log.entries import pack
from ethogram.store.log.port import Record

T0 = 1_772_323_200_000_000
NAMES = ("plan", "tags")
PLAIN = ("set", "set_once", "add", "unset", "delete")
scalars = st.sampled_from([None, True, False, 0, 1, 2.5, 0.1, 0.2, "", "free", "pro", ["a", 1], {}])


def ops(words: tuple[str, ...]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """The ``profile_ops`` of one event."""
    values = st.dictionaries(st.sampled_from(NAMES), scalars, max_size=2)
    return st.lists(st.fixed_dictionaries({"op": st.sampled_from(words), "values": values}),
                    max_size=3)  # fmt: skip


def events_of(said: list[tuple[int, int, list[dict[str, Any]]]]) -> list[Recorded]:
    """Events of (person, seconds, changes); a person from 10 on is a group's, 10 its id."""
    return [
        Recorded("e", "track", f"id{i}", T0 + at * 1_000_000, T0, person, None, None, None, {}, {},
                 {"company": 10}, None, {"profile_ops": changes})
        for i, (person, at, changes) in enumerate(said)
    ]  # fmt: skip


def run_of(events: list[Recorded], unit: str = "person", identity: Identity | None = None) -> Run:
    table = Shredder().table([Record(1, "events", len(events), T0, pack(events))])
    return build(table, unit, identity or Identity())


def holds_of(events: list[Recorded], persons: set[int], at: int | None = None) -> dict[str, Any]:
    """The slow way: the fold over the changes of ``persons``."""
    return fold((change for each in events if each.person in persons
                 for change in changes_of(each.timestamp, each.event_id,
                                          each.extra["profile_ops"])), at)  # fmt: skip


def near(found: Any, wanted: Any) -> bool:
    if isinstance(found, float) or isinstance(wanted, float):
        return type(found) is not bool and found == pytest.approx(wanted, abs=1e-12)
    return repr(found) == repr(wanted)


def check(events: list[Recorded], run: Run, persons: list[set[int]]) -> None:
    for name in NAMES:
        profile = Profile(run, name)
        now = profile.last(run.offsets[:-1], run.offsets[1:])
        then = profile.each(run.offsets)
        for u in range(len(run.units)):
            own = next(each for each in persons if int(run.units[u]) in each)
            assert near(value_at(now, u), holds_of(events, own).get(name, NOTHING))
            for i in range(run.offsets[u], run.offsets[u + 1]):
                at = T0 + (int(run.seconds[i]) + run.origin - T0 // 1_000_000) * 1_000_000
                assert near(value_at(then, i), holds_of(events, own, at).get(name, NOTHING))


@pytest.mark.parametrize("words", [PLAIN, tuple(WORDS)])
@pytest.mark.parametrize("most", [1000, 2])
@settings(deadline=None, max_examples=100)
@given(st.data())
def test_columns_hold_what_the_fold_does(
    words: tuple[str, ...], most: int, data: st.DataObject
) -> None:
    """Now and then, alone and merged, the columns' value is the fold's over all changes."""
    said = data.draw(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4), ops(words)),
                              min_size=1, max_size=10))  # fmt: skip
    events = events_of(said)
    one = Identity(nodes=ids([2]), persons=ids([1]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(holding, "MOST_LISTED", most)
        check(events, run_of(events), [{1}, {2}, {3}])
        check(events, run_of(events, identity=one), [{1, 2}, {3}])


@pytest.mark.parametrize(
    ("op", "values", "held"),
    [
        ("pre_insert", [True, None, True], [None, True]),
        ("pre_insert", [["a", "b"], ["c", "a", "c"]], ["c", "a", "b"]),
        ("prepend", [1, 2, 1], [1, 2, 1]),
        ("union", [True, 1, 1.0, True], [True, 1]),
    ],
)
def test_a_list_is_what_one_events_changes_make_one_by_one(
    op: str, values: list[Any], held: list[Any]
) -> None:
    """Several changes of one event stand in one value, and do what each would have done."""
    events = events_of([(1, 0, [{"op": op, "values": {"plan": each}} for each in values])])
    run = run_of(events)
    assert value_at(Profile(run, "plan").last(run.offsets[:-1], run.offsets[1:]), 0) == held
    check(events, run, [{1}])


def test_a_long_sum_of_tenths_is_what_people_expect() -> None:
    """A thousand times 0.1 is 100, and a tenth less is 99.9."""
    add = [{"op": "add", "values": {"plan": 0.1}}]
    events = events_of([(1, i, add) for i in range(1000)])
    events += events_of([(1, 2000, [{"op": "add", "values": {"plan": -0.1}}])])
    run = run_of(events)
    then = Profile(run, "plan").each(run.offsets)
    assert value_at(then, 999) == 100
    assert value_at(then, 1000) == 99.9


def test_a_long_list_is_asked_in_no_more_than_its_length() -> None:
    """Thousands of changes of one list, as it is and as it was: once for each that it was."""
    events = events_of([(1, i, [{"op": "union", "values": {"tags": f"v{i}"}}])
                        for i in range(5000)])  # fmt: skip
    run = run_of(events)
    profile = Profile(run, "tags")
    now, then = profile.last(run.offsets[:-1], run.offsets[1:]), profile.each(run.offsets)
    assert value_at(now, 0) == [f"v{i}" for i in range(MOST_LISTED)]
    assert len(then.words) == MOST_LISTED
    assert value_at(then, 4999) == value_at(now, 0)
    assert value_at(then, 1) == ["v0", "v1"]


def test_lists_that_are_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before they fill the memory; what is held now is answered still."""
    monkeypatch.setattr(profile_columns, "MOST_WORDS", 10_000)
    events = events_of([(1, i, [{"op": "append", "values": {"tags": "x" * 100}}])
                        for i in range(20)])  # fmt: skip
    run = run_of(events)
    assert len(value_at(Profile(run, "tags").last(run.offsets[:-1], run.offsets[1:]), 0)) == 20
    with pytest.raises(TooLarge, match="too many"):
        Profile(run, "tags").each(run.offsets)


@pytest.mark.parametrize(
    "spec",
    [
        {"where": {"property": "tags", "of": "profile_then", "value": "v1"}},
        {"by": [{"property": "tags", "of": "profile"}]},
        {"people": {"is": {"property": "tags", "of": "profile", "value": "v1"}}},
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_nobody_waits_for_a_fold_in_vain(spec: dict[str, Any], threads: int) -> None:
    """A question about lists ends in their midst when who asked has gone."""
    events = events_of([(1 + i % 2, i, [{"op": "union", "values": {"tags": f"v{i}"}}])
                        for i in range(100)])  # fmt: skip
    left, run = Event(), run_of(events)
    whole_spec = {"question": "trends", "series": [{"event": "e"}], "interval": "all", **spec}
    asked = asking(parse(msgspec.json.encode(whole_spec)), Snapshot((whole(run),), State(1)),
                   T0 + 60_000_000, threads, Patience(0, left))  # fmt: skip
    looked = list[int]()

    def look(column: Any, row: int) -> Any:
        looked.append(row)
        left.set()
        return value_at(column, row)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(profile_columns, "value_at", look)
        with pytest.raises(Busy):
            asked.answer()
    assert 0 < len(looked) <= threads


STORY = events_of(
    [
        (1, 0, [{"op": "set", "values": {"plan": "free", "tags": ["a"]}}]),
        (1, 10, []),
        (1, 20, [{"op": "set", "values": {"plan": "pro"}},
                 {"op": "union", "values": {"tags": "b"}}]),
        (1, 30, []),
        (2, 10, [{"op": "add", "values": {"spent": 5}}]),
        (2, 20, [{"op": "add", "values": {"spent": 2.5}}]),
        (3, 5, []),
    ]
)  # fmt: skip


def asked(spec: dict[str, Any], run: Run | None = None, view: View | None = None) -> Any:
    snapshot = Snapshot((whole(run or run_of(STORY)),), State(1))
    snapshot = view.of(snapshot) if view else snapshot
    return answer(parse(msgspec.json.encode(spec)), snapshot, T0 + 60_000_000).to_dict()


def total(where: dict[str, Any], **more: Any) -> int:
    """How many events the predicate holds for."""
    spec = {"question": "trends", "series": [{"event": "e"}], "interval": "all", "where": where}
    return asked({**spec, **more})["series"][0]["points"][0][1]


@pytest.mark.parametrize(
    ("where", "events"),
    [
        ({"property": "plan", "of": "profile", "value": "pro"}, 4),
        ({"property": "plan", "of": "profile_then", "value": "pro"}, 2),
        ({"property": "plan", "of": "profile_then", "value": "free"}, 2),
        ({"property": "plan", "of": "profile", "op": "!=", "value": "free"}, 4),
        ({"property": "spent", "of": "profile", "op": ">=", "value": 7.5}, 2),
        ({"property": "spent", "of": "profile_then", "op": "<", "value": 7.5}, 1),
        ({"property": "tags", "of": "profile", "value": "b"}, 4),
        ({"property": "tags", "of": "profile_then", "value": "b"}, 2),
        ({"property": "tags", "of": "profile", "op": "!=", "value": "b"}, 0),
        ({"property": "tags", "of": "profile_then", "op": "not_in", "value": ["b"]}, 2),
        ({"property": "tags", "of": "profile", "op": "contains", "value": "A"}, 0),
        ({"property": "tags", "of": "profile", "op": "contains", "value": "a"}, 4),
        ({"property": "tags", "of": "profile", "op": "exists"}, 4),
        ({"not": {"property": "plan", "of": "profile", "op": "exists"}}, 3),
    ],
)
def test_a_predicate_asks_a_profile(where: dict[str, Any], events: int) -> None:
    """As it is now for all events of a person, as it was then for each; a list by its elements."""
    assert total(where) == events


def test_an_answer_is_split_by_profiles() -> None:
    """People by what their profile holds now; events by what it held then."""
    spec = {"question": "trends", "series": [{"event": "e"}], "interval": "all"}
    for of, wanted in (
        ("profile", {"pro": 4, None: 3}),
        ("profile_then", {"free": 2, "pro": 2, None: 3}),
    ):
        found = asked({**spec, "by": [{"property": "plan", "of": of}]})
        assert {each["by"]["plan"]: each["points"][0][1] for each in found["series"]} == wanted


def test_a_cohort_is_chosen_by_profiles() -> None:
    """Those whose profile holds it at the cohort's instant."""
    pro = {"is": {"property": "plan", "of": "profile", "value": "pro"}}
    assert total({"not": {"any": []}}, people=pro) == 4
    early = {**pro, "at": "2026-03-01T00:00:15Z"}
    assert total({"not": {"any": []}}, people=early) == 0


def test_a_group_has_a_profile_of_its_own() -> None:
    """Changes to the group belong to the group of the event, not to the person."""
    said = [{"op": "set", "values": {"size": 9}, "target": "group"},
            {"op": "set", "values": {"plan": "pro"}, "target": "person"}]  # fmt: skip
    events = events_of([(1, 0, said), (2, 1, [])])
    company = run_of(events, "group:company")
    assert (
        value_at(Profile(company, "size").last(company.offsets[:-1], company.offsets[1:]), 0) == 9
    )
    where = {"property": "size", "of": "profile", "value": 9}
    spec = {"question": "trends", "series": [{"event": "e"}], "interval": "all", "where": where,
            "unit": "group:company"}  # fmt: skip
    assert asked(spec, company)["series"][0]["points"][0][1] == 2
    for run, name in ((company, "plan"), (run_of(events), "size")):
        with pytest.raises(Invalid, match="no property"):
            asked({**spec, "unit": "person", "where": {**where, "property": name}}, run)


def test_a_profile_is_no_property_of_events() -> None:
    """What is only in profiles cannot be asked of events, and is not shown with them."""
    with pytest.raises(Invalid, match="no property 'plan'"):
        total({"property": "plan", "value": "pro"})
    found = asked({"question": "journey", "person": 1})
    assert [event["properties"] for event in found["events"]] == [{}] * 4


def test_who_may_not_see_a_property_sees_no_profile_of_it() -> None:
    """A hidden property is hidden in profiles too."""
    spec = {"question": "trends", "series": [{"event": "e"}], "interval": "all",
            "where": {"property": "plan", "of": "profile", "value": "pro"}}  # fmt: skip
    with pytest.raises(Invalid, match="no property 'plan'"):
        asked(spec, view=View(hidden=frozenset({"plan"})))


def test_within_a_value_is_asked_by_a_path() -> None:
    """A path goes into the objects that profiles hold."""
    events = events_of([(1, 0, [{"op": "set", "values": {"home": {"city": "Ulm"}}}])])
    where = {"property": ["home", "city"], "of": "profile", "value": "Ulm"}
    spec = {"question": "trends", "series": [{"event": "e"}], "interval": "all", "where": where}
    assert asked(spec, run_of(events))["series"][0]["points"][0][1] == 1


@given(st.lists(scalars, max_size=6), st.sampled_from(["a", 1, True, "free"]))
def test_a_list_is_what_any_of_its_elements_is(values: list[Any], wanted: Any) -> None:
    """The table of words says the same as looking at each element."""
    column = listed_column(values)
    found = compared_lists(column, Predicate(property="x", value=wanted))(0, len(values))
    same = [_is(each, wanted) for each in values]
    inside = [isinstance(those, list) and any(_is(each, wanted) for each in those)
              for those in values]  # fmt: skip
    assert found.tolist() == np.logical_or(same, inside).tolist()


def _is(value: Any, wanted: Any) -> bool:
    return type(value) is type(wanted) and value == wanted
