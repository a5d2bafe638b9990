"""Distributions against a slow and obvious oracle, and histograms that hold every number."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.distribution import Distribution
from ethogram.ask.questions.spread import edges, histogram, percentile
from ethogram.ask.questions.step import Step
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, SECOND

NOW = 99 * DAY
VALUE = st.one_of(st.sampled_from([None, "x", True]), st.integers(-3, 3), st.sampled_from([0.1]))
EVENT = st.tuples(st.integers(0, 9), st.sampled_from("AB"), VALUE, st.integers(0, 1))
CROWD = st.lists(st.lists(EVENT, max_size=8), min_size=1, max_size=4)
WHATS = st.sampled_from([
    {"of": "events"},
    {"of": "value", "property": "v"},
    *({"of": "value", "property": "v", "per": "person", "measure": measure}
      for measure in ("sum", "mean", "min", "max")),
    {"of": "time", "until": "B"},
    {"of": "time", "until": "A"},
    {"of": "time", "until": Step(), "per": "person"},
])  # fmt: skip
SPECS = st.builds(
    lambda what, first, where, by: Distribution(
        "A", **what, by=["g"] if by else [],
        from_="1970-01-01T00:00:02" if first else None,
        where=prop("g") > 0 if where else None,
    ),
    WHATS, st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of a few events, so that every answer is merged of several."""
    monkeypatch.setattr(embedded, "CHUNK", 5)


def rows_of(row, crowd):
    """Times are seconds; one event of each name."""
    known = [row(99, i * SECOND, name, {"v": 1, "g": 1}) for i, name in enumerate("BA")]
    return known + [
        row(person, t * SECOND, name, {"v": value, "g": group})
        for person, stream in enumerate(crowd, 1)
        for t, name, value, group in stream
    ]


MEASURES = {"sum": sum, "min": min, "max": max, "mean": lambda some: sum(some) / len(some)}


def decimal(value):
    return Fraction(str(value))


def oracle(spec, rows):
    """(person, group, number) of all that is measured; None is open."""
    kept = [r for r in sorted(rows, key=lambda r: r.time)
            if r.time >= (2 * SECOND if spec.from_ else 0)
            and (spec.where is None or r.properties["g"] > 0)]  # fmt: skip
    found = []
    for person in {r.person for r in kept}:
        own = [r for r in kept if r.person == person]
        asked = [r for r in own if r.event == "A"]
        numbered = [r for r in asked if type(r.properties["v"]) in (int, float)]
        if spec.of == "events":
            measured = [(r, len(asked)) for r in asked[:1]]
        elif spec.of == "value":
            values = [decimal(r.properties["v"]) for r in numbered]
            measured = list(zip(numbered, values, strict=True))
            if spec.per == "person" and values:
                measured = [(numbered[0], MEASURES[spec.measure](values))]
        else:
            measured = []
            for r in asked[:1] if spec.per == "person" else asked:
                ends = [e.time - r.time for e in own if e is not r and e.time >= r.time
                        and spec.until.event in (None, e.event)]  # fmt: skip
                measured.append((r, Fraction(min(ends), SECOND) if ends else None))
        found += [(person, r.properties["g"], number) for r, number in measured]
    return found


@settings(max_examples=75, deadline=None)
@given(crowd=CROWD, spec=SPECS, parts=st.integers(1, 3), wide=st.booleans())
def test_numbers_are_those_of_lists(row, snapshot, crowd, spec, parts, wide):
    """Of everybody and of each group: count, mean, ends, percentiles, bins, and the people."""
    rows = rows_of(row, crowd)
    found = answer(spec, snapshot(rows, parts=parts, wide=wide), NOW)
    answers = [(None, found.results), *((g["by"], g) for g in found.results.get("groups", ()))]
    measured = oracle(spec, rows)
    assert len(answers) == 1 + (len({g for _, g, _ in measured}) if spec.by else 0)
    for by, numbers in answers:
        own = [each for each in measured if by is None or each[1] == by["g"]]
        values = sorted(float(number) for _, _, number in own if number is not None)
        told = numbers["summary"]
        assert (told["count"], told["open"]) == (len(values), len(own) - len(values))
        if values:
            exact = sum(number for _, _, number in own if number is not None)
            assert told["mean"] == pytest.approx(float(exact / len(values)), abs=1e-12)
            assert (told["min"], told["max"]) == (values[0], values[-1])
            for percent in (10, 50, 90):
                wanted = float(np.percentile(values, percent))
                assert told["percentiles"][f"p{percent}"] == pytest.approx(wanted, abs=1e-12)
        assert sum(each["count"] for each in numbers["histogram"]) == len(values)
        for each in numbers["histogram"]:
            inside = [n for n in values if each["from"] <= n < each["to"]]
            assert each["count"] == len(inside)
            known = [(person, float(number)) for person, _, number in own if number is not None]
            people = {person for person, number in known if each["from"] <= number < each["to"]}
            cell = {"from": each["from"], "to": each["to"], "by": by}
            assert found.drill(cell).tolist() == sorted(people)


@settings(max_examples=150, deadline=None)
@example(values=[0.95], bins=None)
@given(
    values=st.lists(
        st.one_of(st.integers(-(10**6), 10**6).map(float), st.floats(-1e300, 1e300)), min_size=1
    ),
    bins=st.one_of(st.none(), st.integers(1, 100)),
)
def test_every_number_is_in_a_bin(values, bins):
    """Bins of any numbers are few, as wide as each other, and hold them all."""
    ordered = np.sort(np.array(values))
    between = edges(ordered, bins)
    found = histogram(ordered, between, "n")
    assert sum(each["n"] for each in found) == len(values)
    assert len(found) <= (bins or 100) + 1
    assert all(a < b for a, b in pairwise(between))


def test_bins_are_as_many_as_the_cube_root():
    """27 numbers have three bins, 28 have four."""
    assert [len(edges(np.arange(n) * 100, None)) - 1 for n in (1, 8, 27, 28)] == [1, 2, 3, 4]


def test_nothing_has_no_percentile():
    """No number is made up."""
    assert percentile(np.empty(0), 50) is None


def test_fields_must_fit_each_other(row, snapshot):
    """Each kind of distribution takes its own fields."""
    events = snapshot([row(1, 0, "A", {"v": 1})])
    for fields, at in (
        ({"per": "event"}, "per"),
        ({"property": "v"}, "property"),
        ({"of": "value"}, "property"),
        ({"of": "time"}, "until"),
        ({"until": "A"}, "until"),
        ({"bins": 0}, "bins"),
        ({"of": "value", "property": "w"}, "no property 'w'"),
    ):
        with pytest.raises(Invalid, match=at):
            answer(Distribution("A", **fields), events, NOW)
