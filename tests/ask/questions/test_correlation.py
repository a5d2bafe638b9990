"""Correlation against tables counted by hand, and published figures for its statistics."""

import math
from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions import correlation
from ethogram.ask.questions.association import Table, adjusted, odds
from ethogram.ask.questions.correlation import Correlation
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.step import Step
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import iso

SECOND = 1_000_000
NOW = 999 * SECOND
VALUE = st.sampled_from([None, True, 1, "x"])
PROPERTIES = st.fixed_dictionaries({}, optional={"v": VALUE})
STREAM = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ABXYZ"), PROPERTIES), max_size=9)
CROWD = st.lists(STREAM, min_size=1, max_size=5)


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg():
    """The 15 p-values of their paper's example (1995, section 4.1): four stay below 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0000]  # fmt: skip
    wanted = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765,
              0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1.0]  # fmt: skip
    assert adjusted(np.array(p)).tolist() == pytest.approx(wanted, abs=5e-9)
    assert sum(adjusted(np.array(p)) <= 0.05) == 4
    shuffled = np.random.default_rng(1).permutation(15)
    assert adjusted(np.array(p)[shuffled]).tolist() == adjusted(np.array(p))[shuffled].tolist()


def test_an_odds_ratio_and_its_interval_are_those_of_a_textbook():
    """Hay fever and eczema in children: 4.89, from 4.00 to 5.99 (Bland and Altman, BMJ 2000)."""
    found = odds(Table(141, 420, 928, 13525), prior=0)
    assert [round(each, 2) for each in found[:3]] == [4.89, 4.00, 5.99]
    assert round(math.log(found.ratio), 3) == 1.588
    assert found.p < 1e-50


def test_one_is_added_to_each_of_the_four_counts():
    """Five of six who watched a video signed up, two of twelve others: (6·11)/(2·3)."""
    assert odds(Table(5, 1, 2, 10)).ratio == pytest.approx(6 * 11 / (2 * 3))


def rows_of(row, crowd):
    """The people's events; a person of none is nobody."""
    return [
        row(person, t * SECOND, name, values)
        for person, stream in enumerate(crowd, 1)
        for t, name, values in stream
    ]


def typed(value):
    return type(value).__name__, value


class Event(NamedTuple):
    """One of a person's events, with its place among them."""

    t: int
    name: str
    values: dict
    place: int


def attempt(stream, steps, within):
    """The events of the attempt that counts: the furthest, the first there, the last to start."""

    def is_step(k, event):
        return steps[k] in (None, event.name)

    def key(event):
        own = [k for k in range(len(steps)) if is_step(k, event)]
        bits = sum(1 << k for k in own)
        return event.t, bits & -bits if own else 1 << 60, bits, event.place

    stream, found = sorted(stream, key=key), []
    for s, event in enumerate(stream):
        if not is_step(0, event):
            continue
        path = [s]
        for i, later in enumerate(stream[s + 1 :], s + 1):
            if later.t - event.t > within or len(path) == len(steps):
                break
            if is_step(len(path), later):
                path.append(i)
        found.append((len(path), -path[-1], s, path))
    return [stream[i] for i in max(found)[-1]] if found else []


def oracle(crowd, seen, steps, within):
    """Who began, who converted, and who met each candidate, of the events that are ``seen``."""
    started, converted, met = set(), set(), defaultdict(set)
    for person, stream in enumerate(crowd, 1):
        everything = [Event(*event, i) for i, event in enumerate(stream)]
        path = attempt([event for event in everything if seen(event)], steps, within)
        if not path:
            continue
        started.add(person)
        end = path[0].t + within + 0.5
        if len(path) == len(steps):
            converted.add(person)
            end = path[-1].t
        for event in everything:
            if seen(event) and path[0].t < event.t < end and event.name not in steps:
                met[event.name,].add(person)
                if event.values.get("v") is not None:
                    met[event.name, typed(event.values["v"])].add(person)
        said = {}
        for event in everything[: path[0].place + 1]:
            said |= event.values
        if said.get("v") is not None:
            met[None, typed(said["v"])].add(person)
    return started, converted, met


def asked(spec, snapshot, cut=0):
    """As the engine asks, without a floor's doing; units are cut at ``cut``."""
    question = correlation.ask(spec, Scope(frozenset(), frozenset(), 0, 0, NOW))
    total = question.nothing
    for part in snapshot.parts:
        n = len(part.run.units)
        for low, high in pairwise(sorted({0, min(cut, n), n})):
            total = question.merge(question.over(part)(low, high), total)
    return total


SETTINGS = st.fixed_dictionaries(
    {
        "steps": st.sampled_from([("A", "B"), ("A", "B", "A"), ("A", "A"), (None, "B")]),
        "within": st.integers(0, 9),
        "where": st.booleans(),
        "last": st.sampled_from([None, 6]),
        "parts": st.integers(1, 2),
        "wide": st.booleans(),
        "cut": st.integers(0, 3),
    }
)


@settings(max_examples=300, deadline=None)
@given(crowd=CROWD, fields=SETTINGS)
def test_tables_are_those_counted_by_hand(row, snapshot, crowd, fields):
    """Names, values of events, and of the person at the start: before the conversion only."""
    crowd = [sorted(stream, key=lambda event: event[0]) for stream in crowd]
    where = ~(prop("v") == 1) if fields["where"] else None
    spec = Correlation(
        [Step(name) for name in fields["steps"]], within=f"{fields['within']}s", where=where,
        properties=("v",), person_properties=("v",),
        to=None if fields["last"] is None else iso(fields["last"] * SECOND),
    )  # fmt: skip
    rows = rows_of(row, crowd)
    total = asked(spec, snapshot(rows, parts=fields["parts"], wide=fields["wide"]), fields["cut"])

    def seen(event):
        hidden = where is not None and typed(event.values.get("v")) == ("int", 1)
        return not hidden and (fields["last"] is None or event.t < fields["last"])

    started, converted, met = oracle(crowd, seen, fields["steps"], fields["within"])
    assert total.started.tolist() == [len(started - converted), len(converted)]
    found = {
        (each.event, *(() if each.property is None else (typed(each.typed[1]),))): counts.tolist()
        for each, counts in total.counts.items()
        if each.event is None or each.event not in fields["steps"]
    }
    wanted = {key: [len(own - converted), len(own & converted)] for key, own in met.items() if own}
    assert {key: n for key, n in found.items() if any(n)} == wanted


def crowd_of(row, people=200):
    """Half watch a video, and most of those convert; everybody has a plan; few meet the rare."""
    rows = []
    for i in range(people):
        video, plan = i % 2, "pro" if i % 4 == 1 else "free"
        rows.append(row(i + 1, 0, "start", {"plan": plan}))
        rows += [row(i + 1, 1 + k, "video", {"size": "hd" if i % 3 else 5}) for k in range(video)]
        rows += [row(i + 1, 2, "rare")] if i < 3 else []
        if (i % 10 < 8) == bool(video):
            rows.append(row(i + 1, 5, "buy"))
        rows.append(row(i + 1, 6, "late"))
    return rows


def test_what_goes_with_converting_comes_first(row, snapshot):
    """With its table, its interval, its floor, and nothing from after the conversion."""
    spec = Correlation(["start", "buy"], properties=("size",), person_properties=("plan",))
    found = answer(spec, snapshot(crowd_of(row), parts=2), NOW)
    names = [(r["event"], r["property"], r["value"]) for r in found.rows]
    assert ("video", None, None) in names[:3]
    assert ("rare", None, None) not in names
    assert not any(r["converted"] for r in found.rows if r["event"] == "late")
    video = next(r for r in found.rows if (r["event"], r["property"]) == ("video", None))
    assert (video["people"], video["converted"]) == (100, 80)
    assert video["odds_ratio"] == pytest.approx(81 * 81 / (21 * 21))
    assert video["low"] < video["odds_ratio"] < video["high"]
    assert all(r["p"] <= r["p_adjusted"] <= 1 for r in found.rows)
    assert found.results["tested"] == len(found.rows)
    factors = [abs(math.log(r["odds_ratio"])) for r in found.rows]
    assert factors == sorted(factors, reverse=True)
    assert found.to_polars()["odds_ratio"].to_list() == [r["odds_ratio"] for r in found.rows]
    shorter = answer(Correlation(["start", "buy"], top=1), snapshot(crowd_of(row)), NOW)
    assert len(shorter.rows) == 1


def test_the_people_behind_each_number_are_as_many(row, snapshot):
    """Of every candidate, converted and not, and of all who started."""
    spec = Correlation(["start", "buy"], properties=("size",), person_properties=("plan",))
    found = answer(spec, snapshot(crowd_of(row), parts=2), NOW)
    assert len(found.people()) == found.results["started"] == 200
    assert len(found.people(converted=True)) == found.results["converted"]
    for r in found.rows:
        cell = {name: r[name] for name in ("event", "property", "value") if r[name] is not None}
        assert len(found.people(**cell)) == r["people"]
        assert len(found.people(**cell, converted=True)) == r["converted"]


def test_who_started_and_converted_is_whom_the_funnel_counts(row, snapshot):
    """The same people, with a window and without."""
    for within in (None, "3s"):
        seen = snapshot(crowd_of(row))
        funnel = answer(Funnel(["start", "buy"], within=within), seen, NOW).results["steps"]
        found = answer(Correlation(["start", "buy"], within=within), seen, NOW).results
        assert [found["started"], found["converted"]] == [step["people"] for step in funnel]


def test_values_without_end_are_refused(row, snapshot, monkeypatch):
    """Before the memory for them is taken."""
    monkeypatch.setattr("ethogram.ask.questions.encounters.MOST", 50)
    rows = [row(1, 0, "A"), *(row(1, t, "X", {"v": t}) for t in range(1, 90)), row(1, 99, "B")]
    with pytest.raises(Invalid, match="values") as error:
        answer(Correlation(["A", "B"], properties=("v",)), snapshot(rows), NOW)
    assert (error.value.code, error.value.at) == ("too_many_values", "$.properties")


@pytest.mark.parametrize("names", [100, 128, 129, 300])
def test_names_are_counted_however_many_there_are(row, snapshot, names):
    """In two words of bits, or with a stamp for each."""
    rows = [row(1, 0, "A"), row(1, names + 1, "B"), row(2, 0, "A")]
    rows += [row(1, 1 + i, f"n{i:03}") for i in range(names - 2) for _ in range(2)]
    rows += [row(2, 1, "n001")]
    total = asked(Correlation(["A", "B"]), snapshot(rows, wide=names > 256))
    met = {each.event: counts.tolist() for each, counts in total.counts.items()}
    assert met == {f"n{i:03}": [int(i == 1), 1] for i in range(names - 2)}
