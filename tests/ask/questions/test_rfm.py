"""Recency, frequency and money against a slow and obvious oracle."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.rfm import Rfm
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY

NOW = 99 * DAY
VALUE = st.sampled_from([None, "x", 0.1, 2, 7])
EVENT = st.tuples(st.integers(0, 29), st.sampled_from("AB"), VALUE, st.integers(0, 2))
CROWD = st.lists(st.lists(EVENT, max_size=6), min_size=1, max_size=7)
SPECS = st.builds(
    lambda fields, first, at, where, by: Rfm(
        "v", event="A", **fields, by=["g"] if by else [],
        from_="1970-01-03" if first else None, at=at,
        where=prop("g") > 0 if where else None,
    ),
    st.sampled_from([{}, {"frequency": "days"}, {"order": "g"}, {"order": "v"}]),
    st.booleans(), st.sampled_from(["1970-01-09T12:00", "1970-01-11"]),
    st.booleans(), st.booleans(),
)  # fmt: skip


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of a few events, so that every answer is merged of several."""
    monkeypatch.setattr(embedded, "CHUNK", 5)


def rows_of(row, crowd):
    """Times are thirds of days; one event with both properties."""
    return [row(99, 7 * DAY, "A", {"v": 1, "g": 1})] + [
        row(person, t * DAY // 3, name, {"v": value, "g": group})
        for person, stream in enumerate(crowd, 1)
        for t, name, value, group in stream
    ]


def oracle(spec, rows):
    """Of each person the three numbers and the group."""
    at = 8 * DAY + DAY // 2 if "12:00" in spec.at else 10 * DAY
    kept = [r for r in sorted(rows, key=lambda r: r.time) if r.event == "A" and r.time < at
            and r.time >= (2 * DAY if spec.from_ else 0)
            and (spec.where is None or r.properties["g"] > 0)]  # fmt: skip
    found = {}
    for person in {r.person for r in kept}:
        own = [r for r in kept if r.person == person]
        often = len({r.time // DAY for r in own}) if spec.frequency == "days" else len(own)
        if spec.order:
            orders = (r.properties[spec.order] for r in own)
            often = len({value for value in orders if value is not None})
        spent = sum(Fraction(str(r.properties["v"])) for r in own
                    if isinstance(r.properties["v"], int | float))  # fmt: skip
        days = (at - own[-1].time) // DAY
        found[person] = (days, often, float(spent), own[-1].properties["g"])
    return found


def scores(numbers):
    """Of each person the three scores, counting who is worse one by one."""

    def score(value, worse):
        return 1 + floor(5 * sum(map(worse, numbers.values())) / len(numbers))

    return {
        person: (
            score(r, lambda other, r=r: other[0] > r),
            score(f, lambda other, f=f: other[1] < f),
            score(m, lambda other, m=m: other[2] < m),
        )
        for person, (r, f, m, _) in numbers.items()
    }


def mean(values):
    return pytest.approx(float(sum(map(Fraction, values)) / len(values))) if values else None


@settings(max_examples=50, deadline=None)
@given(crowd=CROWD, spec=SPECS, parts=st.integers(1, 3), wide=st.booleans())
def test_people_have_the_numbers_and_scores_of_a_list(row, snapshot, crowd, spec, parts, wide):
    """Means, scores and segments, of everybody and of each group, and the people behind them."""
    rows = rows_of(row, crowd)
    found = answer(spec, snapshot(rows, parts=parts, wide=wide), NOW)
    numbers = oracle(spec, rows)
    scored = scores(numbers)
    for by, told in [(None, found.results), *(
        (each["by"], each) for each in found.results.get("groups", ()))]:  # fmt: skip
        own = {p: three for p, (*three, g) in numbers.items() if by is None or g == by["g"]}
        assert told["people"] == len(own)
        assert told["once"] == sum(often == 1 for _, often, _ in own.values())
        assert told["means"] == {
            name: mean([three[i] for three in own.values()])
            for i, name in enumerate(("recency", "frequency", "money"))
        }
        table = {}
        for person in own:
            table.setdefault(scored[person], []).append(person)
        assert {
            (each["recency_score"], each["frequency_score"], each["money_score"]): each["people"]
            for each in told["scores"]
        } == {key: len(people) for key, people in table.items()}
        for (r, f, m), people in table.items():
            cell = {"recency": r, "frequency": f, "money": m, "by": by}
            assert found.drill(cell).tolist() == sorted(people)
        assert sum(each["people"] for each in told["segments"]) == len(own)
        for each in told["segments"]:
            ids = found.drill({"segment": each["segment"], "by": by})
            assert len(ids) == each["people"]
            assert each["money"] == mean([own[person][2] for person in ids.tolist()])


def test_segments_go_by_recency_and_frequency(row, snapshot):
    """Who came lately and often is a champion; who came once, long ago, hibernates."""
    rows = [row(p, (10 * p + i) * DAY // 10, "A", {"v": 1}) for p in range(1, 6) for i in range(p)]
    found = answer(Rfm("v", event="A", at="1970-01-11"), snapshot(rows), NOW)
    assert found.people(segment="champions").tolist() == [5]
    assert found.people(segment="hibernating").tolist() == [1, 2]


def test_fields_must_fit_each_other(row, snapshot):
    """Orders or days; an instant after the range's begin; properties that there are."""
    events = snapshot([row(1, 0, "A", {"v": 1})])
    for fields, at in (
        ({"order": "v", "frequency": "days"}, "frequency"),
        ({"from_": "1970-01-02", "at": "1970-01-02"}, "at"),
        ({"order": "w"}, "no property 'w'"),
    ):
        with pytest.raises(Invalid, match=at):
            answer(Rfm("v", **fields), events, NOW)
