"""Answers from a sample: what is scaled, what is not, and how far it is off."""

from math import sqrt

import numpy as np
import pytest
from msgspec.structs import replace

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import CATALOG, parse
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.correlation import Correlation
from ethogram.ask.questions.distribution import Distribution
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.heatmap import Heatmap
from ethogram.ask.questions.lifecycle import Lifecycle
from ethogram.ask.questions.paths import Paths
from ethogram.ask.questions.population import sampled
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.rfm import Rfm
from ethogram.ask.questions.segments import Segment, Segments
from ethogram.ask.questions.sessions import Sessions
from ethogram.ask.questions.states import States
from ethogram.ask.questions.stickiness import Stickiness
from ethogram.ask.questions.trends import Series, Trends
from ethogram.ask.sequences.run import Snapshot
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, iso

SHARE = 0.25
NOW = 9 * DAY
PEOPLE = 400
SPECS = [
    Funnel(["A", "B"], by=("people",)),
    Retention("A", "B", periods=1, from_=iso(0), to=iso(3 * DAY)),
    Trends((Series("A"), Series("A", "people"), Series("B", "sum", "n"), Series("B", "mean", "n"),
            Series("B", "max", "n"), Series("B", "distinct", "n")), from_=iso(0), to=iso(2 * DAY)),
    Retention("A", "B", periods=1, silent="1d", by=("people",)),
    Segments((Segment("b", Cohort(did="B")), Segment("c", Cohort(did="C")))),
    Correlation(["A", "B"]),
    Sessions(by=("people",), bounce="1h"),
    Lifecycle("A", by=("people",)),
    Stickiness(),
    Distribution("A", by=("people",)),
    Distribution("A", of="time", until="B", bins=3),
    Rfm(event="B", money="n", by=("people",)),
    Paths(by=("people",), pattern="A->.*->B", session_gap="3d"),
    Paths(compare=(prop("people") == 1, prop("people") == 0), session_gap="3d"),
    States(by=("people",)),
    Heatmap("/", event="A", scroll="A", element="people"),
]  # fmt: skip
COUNTED = {
    "funnel": {"people"},
    "retention": {"size", "returned", "at_risk", "gone"},
    "segments": {"total", "people", "only", "none"},
    "correlation": {"started", "converted", "people"},
    "sessions": {"sessions", "events", "bounces"},
    "lifecycle": {"new", "returning", "resurrected", "dormant"},
    "stickiness": {"people", "at_least"},
    "distribution": {"count", "open"},
    "rfm": {"people", "once"},
    "paths": {"paths", "people", "count", "counts", "starts", "ends", "sessions",
              "matching_sessions", "matching_people"},
    "states": {"sessions", "people", "count", "starts", "ends"},
    "heatmap": {"clicks", "people", "placed", "scrolled"},
}  # fmt: skip
"""By question: the fields of its answer that are counts of people, sessions or events."""
PLACE = {"page": "/", "page_width": 10, "page_height": 10, "y": 3}


@pytest.fixture
def crowd(row, snapshot):
    """People of whom some go on to B; ``people`` is a property too."""
    rows = []
    for person in range(1, PEOPLE + 1):
        rows.append(row(person, person, "A", {
            **PLACE, "people": person % 2, "x": person % 10, "scroll_depth": 0.5,
        }))  # fmt: skip
        if person % 3:
            rows.append(row(person, DAY // 2 + person, "C"))
        if person % 5 < 2:
            rows.append(row(person, DAY + person, "B", {"n": person % 7}))
    return snapshot(rows, parts=2)


def only(ids):
    return Cohort(ids=tuple(ids.tolist()))


def enlarged(value, counted, inside=False):
    """The results with every count divided by the share."""
    if isinstance(value, dict):
        return {k: v if k == "by" else enlarged(v, counted, k in counted)
                for k, v in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [enlarged(v, counted, inside) for v in value]
    return round(value / SHARE) if inside and value is not None else value


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__struct_config__.tag)
def test_counts_are_those_of_the_sample_by_its_share(crowd, spec):
    """And nothing else is: shares, means and extremes are those of the people looked at."""
    chosen = np.flatnonzero(sampled(np.arange(PEOPLE + 1), SHARE))[1:]
    whole = answer(replace(spec, people=only(chosen)), crowd, NOW).results
    found = answer(replace(spec, sample=SHARE), crowd, NOW).results
    assert found.pop("sample") == {
        "share": SHARE, "people": len(chosen), "margin": round(1.96 * sqrt(3), 4),
    }  # fmt: skip
    if isinstance(spec, Trends):
        factors = [1 / SHARE, 1 / SHARE, 1 / SHARE, 1, 1, 1]
        for line, own, factor in zip(found["series"], whole["series"], factors, strict=True):
            assert [v for _, v in line["points"]] == [v and v * factor for _, v in own["points"]]
    else:
        assert found == enlarged(whole, COUNTED[spec.__struct_config__.tag])


def test_an_edge_came_as_often_as_it_is_shown_to(crowd):
    """``at_least`` is about the scaled count."""
    edges = answer(States(sample=SHARE), crowd, NOW).results["edges"]
    (least, *_) = sorted(edge["count"] for edge in edges)
    found = answer(States(sample=SHARE, at_least=least + 1), crowd, NOW).results["edges"]
    assert found == [edge for edge in edges if edge["count"] > least] != []


def test_every_question_of_the_catalog_says_what_it_counts():
    """Or a sample of it is refused."""
    known = {spec.__struct_config__.tag for spec in SPECS}
    assert known == CATALOG.keys() - {"journey"}


def test_a_journey_has_no_sample(crowd):
    """It is one person's."""
    with pytest.raises(Invalid) as error:
        answer(parse({"question": "journey", "person": 1, "sample": 0.5}), crowd, NOW)
    assert (error.value.code, error.value.at) == ("no_sample", "$.sample")


def test_a_question_that_cannot_be_scaled_refuses(crowd, monkeypatch):
    """Rather than show numbers of a part of the people as if of all."""
    question = CATALOG["funnel"]
    unscaled = type(question)(question.spec, question.names, question.ask, question.rows)
    monkeypatch.setitem(CATALOG, "funnel", unscaled)
    with pytest.raises(Invalid) as error:
        answer(parse({"question": "funnel", "steps": ["A"], "sample": 0.5}), crowd, NOW)
    assert (error.value.code, error.value.at) == ("no_sample", "$.sample")


def test_sessions_of_a_sample_are_those_of_its_people(crowd):
    """People are drawn, and counted; all their sessions come along."""
    found = answer(Funnel(["A"], unit="session", sample=SHARE), crowd, NOW)
    chosen = sampled(np.arange(1, PEOPLE + 1), SHARE).sum()
    assert found.results["sample"]["people"] == chosen
    assert found.results["steps"][0]["people"] == round(chosen / SHARE)
    assert "sample" in found.definition["rules"]


def test_the_margin_holds_for_95_of_100_samples(row, snapshot):
    """Two hundred crowds of other ids: a scaled count is off by at most margin·√N in 95 %."""
    people, doers, share = 2000, 600, 0.2
    rows = [row(i, i, "A" if i < doers else "B", {"v": i}) for i in range(people)]
    (part,) = snapshot(rows).parts
    inside = 0
    for seed in range(200):
        ids = np.sort(np.random.default_rng(seed).integers(1, 2**62, people))
        own = Snapshot((replace_units(part, ids),), snapshot([]).state)
        found = answer(Funnel(["A"], sample=share), own, NOW).results
        off = abs(found["steps"][0]["people"] - doers)
        inside += off <= found["sample"]["margin"] * sqrt(doers)
    assert 181 <= inside <= 199


def replace_units(part, ids):
    """The same people's events under other ids."""
    from dataclasses import replace as exchanged

    return exchanged(part, run=exchanged(part.run, units=ids))


def test_where_and_people_narrow_what_a_sample_is_of(crowd):
    """People are those looked at: of the cohort, and in the sample."""
    spec = Funnel(["A"], people=Cohort(did="B"), where=prop("people") == 1, sample=SHARE)
    found = answer(spec, crowd, NOW)
    ids = [i for i in range(1, PEOPLE + 1) if i % 5 < 2 and sampled(np.array([i]), SHARE)[0]]
    assert found.results["sample"]["people"] == len(ids)
    assert found.people(step=1).tolist() == [i for i in ids if i % 2]
