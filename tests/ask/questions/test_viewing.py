"""Who sees a part of the data is answered as if there were no more."""

import json
import random

import msgspec
import numpy as np
import pytest
from tests.ask.questions.conftest import Row, run_of

from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.viewing import View
from ethogram.ask.sequences.arrange import arrange, rows_of
from ethogram.ask.sequences.run import Part, Snapshot, State
from ethogram.ask.sequences.vocabulary import Vocabularies
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate, prop
from ethogram.events.profile import Op
from ethogram.events.times import DAY
from ethogram.store.lake.changes import TURN, Changed, change_name

CANARY = "canary"
HOUR = DAY // 24
SPECS = [
    {"question": "trends", "series": [{"event": "a"}, {"event": "b", "measure": "people"}]},
    {"question": "trends", "series": [{"event": "a", "measure": "sum", "property": "n"}],
     "by": ["word"]},
    {"question": "funnel", "steps": [{"event": "a"}, {"event": "b"}]},
    {"question": "funnel", "steps": [{"event": "a"}, {"event": "b"}],
     "people": {"did": {"event": "c"}, "at_least": 2}},
    {"question": "retention", "start": {"event": "a"}, "return": {"event": "b"}, "periods": 3},
    {"question": "paths"},
    {"question": "states"},
    {"question": "sessions"},
    {"question": "lifecycle", "event": "a"},
    {"question": "stickiness"},
    {"question": "correlation", "steps": [{"event": "a"}, {"event": "b"}]},
    {"question": "distribution", "event": "a"},
    {"question": "journey", "person": 3},
    {"question": "trends", "series": [{"event": "a"}], "by": ["word"], "unit": "session"},
]  # fmt: skip


def snapshot(rows: list[Row]) -> Snapshot:
    """The rows as a run whose units are sorted as real ones are; one person is dead."""
    made = run_of(rows)
    run = arrange(rows_of(made), np.repeat(made.units, np.diff(made.offsets)))
    dead = (run.units == 5).astype(np.uint8)
    return Snapshot((Part(run, dead),), State(9))


@pytest.fixture(scope="module")
def both() -> tuple[Snapshot, Snapshot]:
    """Events of two tenants, some people of both; and those of the first alone."""
    chance = random.Random(7)
    rows = [
        Row(chance.randrange(40), chance.randrange(6 * DAY), chance.choice("abc"),
            {"tenant": "own", "n": chance.randrange(9), "word": chance.choice(("x", "y"))})
        for _ in range(600)
    ]  # fmt: skip
    theirs = [
        Row(chance.randrange(20, 60), chance.randrange(6 * DAY), chance.choice(("a", "b", CANARY)),
            {"tenant": CANARY, "n": 1000, "word": chance.choice((CANARY, "x")), CANARY: True})
        for _ in range(600)
    ]  # fmt: skip
    own = [row for row in rows if row.person != 5]
    return snapshot([*rows, *theirs]), snapshot([*own, *(row for row in rows if row.person == 5)])


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["question"])
def test_a_view_answers_as_if_there_were_no_more(both, spec: dict) -> None:
    """Every question over the view equals the one over the tenant's own events."""
    view = View(prop("tenant") == "own")
    every, own = both
    seen, alone = (answer(parse(spec), each, 6 * DAY).to_dict() for each in (view.of(every), own))
    for each in (seen, alone):
        for row in each.get("events", []) if spec["question"] == "journey" else []:
            del row["position"]
    assert seen == alone
    assert CANARY not in json.dumps(seen)


def test_what_there_is_to_ask_names_nothing_that_is_not_seen(both) -> None:
    """Neither events nor properties nor words of others are known, and a hint tells none."""
    view = View(prop("tenant") == "own", frozenset({"n"}))
    seen = view.of(both[0])
    found = Vocabularies().of(seen)
    assert (set(found.events), set(found.properties)) == ({"a", "b", "c"}, {"tenant", "word"})
    said = msgspec.json.encode([column.words.to_pylist() for part in seen.parts
                                for column in part.run.properties.values()])  # fmt: skip
    assert CANARY.encode() not in said
    for spec in (
        {"question": "funnel", "steps": [{"event": CANARY}]},
        {"question": "trends", "series": [{"event": "a"}], "by": ["n"]},
        {"question": "trends", "series": [
            {"event": "a", "where": {"property": CANARY, "op": "exists"}}]},
        {"question": "trends", "series": [{"event": "a", "measure": "sum", "property": "n"}]},
        {"question": "trends", "series": [{"event": "a"}],
         "people": {"did": {"event": "a"}, "is": {"property": "n", "op": ">", "value": 1}}},
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            asking(parse(spec), seen, 6 * DAY)
        assert CANARY not in refused.value.hint


def test_what_is_hidden_is_in_no_journey(both) -> None:
    """Not even where every event is seen; and nothing is copied for it."""
    view = View(None, frozenset({"word", CANARY}))
    seen = view.of(both[0])
    assert seen.parts[0].run.codes is both[0].parts[0].run.codes
    journey = answer(parse({"question": "journey", "person": 30}), seen, 6 * DAY).to_dict()
    assert journey["total"] > 0
    assert {name for row in journey["events"] for name in row["properties"]} == {"tenant", "n"}


def test_a_view_of_nothing_is_empty(both) -> None:
    """And no error."""
    seen = View(prop("tenant") == "nobody").of(both[0])
    assert seen.parts[0].run.events == 0
    found = answer(parse({"question": "stickiness"}), seen, 6 * DAY)
    assert CANARY not in json.dumps(found.to_dict())


@pytest.fixture(scope="module")
def held() -> tuple[Snapshot, Snapshot, Snapshot]:
    """People of two tiers that their profiles say, half of whom changed; the basic ones alone.

    And those events that happened while the tier was basic.
    """
    chance, plan = random.Random(8), change_name(Changed("person", Op.SET, "tier"))
    basic, then, others = list[Row](), list[Row](), list[Row]()
    for person in range(40):
        own, theirs = ({"n": 3, "word": "x"}, {"n": 1000, "word": CANARY, CANARY: True})
        turns = person % 2 and chance.randrange(1, 20)
        for i in range(20):
            before = not person % 2 or (person % 4 == 1 and i < turns)
            said = {plan: "basic" if before else CANARY, TURN: 0} if i in (0, turns) else {}
            made = Row(
                person, i * 6 * HOUR, chance.choice("abc"), (own if before else theirs) | said
            )
            (basic if not person % 2 else others).append(made)
            then += [made] if before else []
    return snapshot([*basic, *others]), snapshot(basic), snapshot(then)


BASIC = {"property": "tier", "value": "basic"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["question"])
@pytest.mark.parametrize(
    ("where", "which"),
    [
        (BASIC | {"of": "profile"}, 1),
        ({"not": BASIC | {"of": "profile", "op": "!="}}, 1),
        (BASIC | {"of": "profile_then"}, 2),
        ({"not": {"property": "tier", "of": "profile_then", "value": CANARY}}, 2),
    ],
)
def test_a_view_by_profiles_answers_as_if_there_were_no_more(
    held, spec: dict, where: dict, which: int
) -> None:
    """By what is held now, or was then: as over the events of those alone, and nothing else."""
    seen = View(msgspec.convert(where, Predicate)).of(held[0])
    spec = {**spec, "by": []} if "by" in spec else spec
    found, alone = (answer(parse(spec), each, 6 * DAY).to_dict() for each in (seen, held[which]))
    for each in (found, alone):
        for row in each.get("events", []) if spec["question"] == "journey" else []:
            del row["position"]
    assert found == alone
    assert CANARY not in json.dumps(found)


@pytest.mark.parametrize(
    "comparison",
    [
        {"property": "tier", "value": "internal", "of": "group:company"},
        {"property": "visits", "op": ">=", "value": 1, "of": "profile"},
        {"property": "visits", "op": ">=", "value": 1, "of": "profile_then"},
        {"property": ["visits", "n"], "value": 1},
        {"property": "visits", "value": True, "of": "now"},
        {"property": TURN, "value": 1},
    ],
)
def test_a_view_that_names_what_is_not_known_shows_nothing(held, comparison: dict) -> None:
    """A trait, what a group holds, what nobody said: whatever stands around it."""
    known = {"property": "n", "op": ">", "value": 0}
    for where in (
        comparison,
        comparison | {"op": "!="},
        {"not": comparison},
        {"any": [known, {"not": {"all": [known, comparison]}}]},
    ):
        seen = View(msgspec.convert(where, Predicate)).of(held[0])
        assert seen == Snapshot((), held[0].state)
        assert Vocabularies().of(seen).events == {}
        answer(parse({"question": "stickiness"}), seen, 6 * DAY)


def test_a_run_is_copied_once(both) -> None:
    """The second question finds the copy of the first."""
    view = View(prop("tenant") == "own")
    first, second = view.of(both[0]), view.of(both[0])
    assert first.parts[0].run is second.parts[0].run
