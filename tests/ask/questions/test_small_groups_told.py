"""Every question of the catalog as it is told to who is told of groups of k people and more."""

from datetime import UTC, datetime
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ask.questions.simplex import largest

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.engines.kept import Kept
from ethogram.ask.questions.catalog import CATALOG, parse
from ethogram.ask.telling.rules import RULES
from ethogram.events.errors import NotPermitted
from ethogram.events.times import DAY

K = 4
NOW = 12 * DAY
LENGTH = 4
PEOPLE = {"people", "at_least", "only", "none", "total", "started", "converted", "new", "returning",
          "resurrected", "dormant", "size", "returned", "at_risk", "gone", "once", "scrolled",
          "matching_people", "points", "compared", "count"}  # fmt: skip
NOT_Y = {"property": "g", "op": "!=", "value": "y"}
FIRST = {"event": "A", "measure": "people"}
SECOND = FIRST | {"where": NOT_Y, "name": "not y"}
QUESTIONS = {
    "correlation": {"steps": ["A", "B"], "properties": ["g"]},
    "distribution": {"event": "A"},
    "distribution of times": {"event": "A", "of": "time", "until": "B", "per": "person"},
    "funnel": {"steps": ["A", "B", "C"]},
    "funnel by group": {"steps": ["A", "B", "C"], "by": ["g"], "from": "1970-01-02",
                        "compare": {"to": "1970-01-02"}},
    "funnel over time": {"steps": ["A", {"event": "B", "optional": True}, "C"], "trend": "day"},
    "heatmap": {"page": "p", "event": "A", "columns": 2, "rows": 1},
    "lifecycle": {},
    "lifecycle by group": {"by": ["g"]},
    "paths": {"depth": 3},
    "retention": {"start": "A", "return": "B", "periods": 2},
    "retention or later": {"start": "A", "return": "B", "periods": 2, "mode": "on_or_after",
                           "silent": "1d"},
    "retention by group": {"start": "A", "return": "B", "periods": 2, "by": ["g"]},
    "rfm": {"money": "price", "by": ["g"]},
    "segments": {"segments": [{"name": n, "cohort": {"did": n}} for n in "ABC"]},
    "states": {},
    "stickiness": {"by": ["g"]},
    "segments within each other": {"segments": [
        {"name": "all", "cohort": {"did": "A"}},
        {"name": "some", "cohort": {"did": {"event": "A", "where": NOT_Y}}},
    ]},
    "trends": {"series": ["A", {"event": "B", "measure": "people"}], "by": ["g"]},
    "trends of filters": {"series": [FIRST, SECOND], "formulas": [{"formula": "A - B"}]},
    "trends so far": {"series": [{"event": "A", "measure": "people"}], "cumulative": True},
    "trends of days": {"series": [{"event": "A", "measure": "people", "trailing": "3d"},
                                  {"event": "A", "measure": "people", "name": "now"}]},
}  # fmt: skip
LIFE = st.lists(
    st.tuples(st.integers(0, LENGTH * 4 - 1), st.sampled_from("ABC"), st.sampled_from([0.2, 0.8])),
    min_size=1, max_size=5,
)  # fmt: skip
ONE = [([(0, "A", 0.2)], "x", 1)]
CROWD = st.lists(
    st.tuples(LIFE, st.sampled_from("xxxyz"), st.integers(1, 9)), min_size=3, max_size=9
)


def spec_of(title):
    return parse({"question": title.split()[0], **QUESTIONS[title]})


def rows_of(row, crowd):
    """So many people alike live each life; times are quarters of days."""
    person, rows = 0, [row(0, 0, name, {"g": "none", "page": "q"}) for name in "ABC"]
    for life, group, many in crowd:
        for _ in range(many):
            person += 1
            rows += [
                row(person, t * DAY // 4 + person, name,
                    {"g": group, "price": x, "page": "p", "x": x, "y": 0.5, "element": name,
                     "page_width": 1, "page_height": 1, "scroll_depth": x})
                for t, name, x in life
            ]  # fmt: skip
    return rows


def people_in(found, name=""):
    """All numbers of people in an answer."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key not in ("by", "state", "definition", "hidden"):
                yield from people_in(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from people_in(value, name)
    elif name in PEOPLE and isinstance(found, int | float):
        yield abs(found)


def test_every_question_has_a_rule_or_is_refused(row, snapshot):
    """What has no rule cannot be forgotten: it is told to nobody who is not told all."""
    assert set(RULES) <= set(CATALOG)
    data = snapshot(rows_of(row, [([(0, "A", 0.2)], "x", 9)]))
    for name in set(CATALOG) - set(RULES):
        with pytest.raises(NotPermitted, match="how many people"):
            asking(parse({"question": name}), data, NOW).answer(k=2)
    assert {title.split()[0] for title in QUESTIONS} | {"journey"} == set(RULES)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("trends", {"series": ["A"], "unit": "session"}),
        ("trends", {"series": [{"event": "A", "name": "a"}, {"event": "B", "name": "a"}]}),
        ("funnel", {"steps": ["A"], "count": "attempts"}),
        ("distribution", {"of": "value", "property": "price"}),
        ("paths", {"by": ["g"]}),
        ("states", {"by": ["g"]}),
    ],
)
def test_what_does_not_say_of_how_many_people_it_is_is_refused(row, snapshot, name, more):
    """Before it is worked out, with a code and a hint."""
    asked = asking(parse({"question": name, **more}), snapshot(rows_of(row, ONE)), NOW)
    with pytest.raises(NotPermitted) as error:
        asked.answer(k=2)
    assert error.value.code == "small_groups"
    assert asked.answer(k=1).rows is not None


@pytest.mark.parametrize("title", QUESTIONS)
@settings(max_examples=25, deadline=None)
@given(crowd=CROWD)
def test_no_number_of_an_answer_is_of_a_small_group(row, snapshot, title, crowd):
    """Whatever is shown is of nobody, or of k people or more."""
    told = asking(spec_of(title), snapshot(rows_of(row, crowd)), NOW).answer(k=K).to_dict()
    assert [n for n in people_in(told) if 0 < n < K] == []


@pytest.mark.parametrize(
    "title", ["segments within each other", "trends of filters", "trends so far", "trends of days"]
)
@settings(max_examples=40, deadline=None)
@given(crowd=CROWD)
def test_of_numbers_within_each_other_no_difference_is_small(row, snapshot, title, crowd):
    """The people of one less those of another, at a point or, so far, at two."""
    told = asking(spec_of(title), snapshot(rows_of(row, crowd)), NOW).answer(k=K).results
    if "segments" in told:
        together = [[told["total"], *(each["people"] for each in told["segments"])]]
    else:
        lines = [[n for _, n in line["points"]] for line in told["series"][:2]]
        together = lines if len(lines) == 1 else [list(pair) for pair in zip(*lines, strict=True)]
    for numbers in together:
        for a, b in combinations([n for n in numbers if n is not None], 2):
            assert not 0 < abs(a - b) < K


@pytest.mark.parametrize("title", QUESTIONS)
def test_of_large_groups_nearly_all_is_told(row, snapshot, title):
    """The same numbers as to everybody, where there are enough people behind each."""
    lives = [[(t, name, 0.2) for t, name in enumerate("ABC"[:n])] for n in (1, 2, 3)]
    crowd = [(life, group, 50) for life in lives for group in "xy"]
    rows = [each for each in rows_of(row, crowd) if each.person]
    asked = asking(spec_of(title), snapshot(rows), NOW)
    told, whole = asked.answer(k=K), asked.answer()
    assert not [at for at in told.results.get("hidden", {}).get("at", []) if "people" in at
                and "nodes" not in at and "periods" not in at]  # fmt: skip
    assert sum(people_in(told.to_dict())) > 0
    assert sum(people_in(told.to_dict())) >= 0.4 * sum(people_in(whole.to_dict()))


def test_who_is_told_all_pays_nothing(row, snapshot, monkeypatch):
    """With k = 1 nothing of what hides is even called."""
    for name in ("told", "check"):
        monkeypatch.setattr(embedded, name, None)
    data = snapshot(rows_of(row, [([(0, "A", 0.2)], "x", 1)]))
    assert "hidden" not in asking(spec_of("funnel"), data, NOW).answer(k=1).results


def test_an_answer_that_is_kept_is_told_to_each_as_far_as_they_may(row, snapshot):
    """The same kept answer serves the owner and who is told of groups only."""
    asked = asking(spec_of("funnel"), snapshot(rows_of(row, [([(0, "A", 0.2)], "x", 2)])), NOW)
    kept = Kept()
    first = asked.answer(kept).to_dict()
    told = asked.answer(kept, K).to_dict()
    assert (told["steps"][0]["people"], told["hidden"]["fewer_than"]) == (None, K)
    assert asked.answer(kept).to_dict() == first | {"cached": True}


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, by=st.booleans())
def test_each_point_of_a_trend_is_about_enough_people(row, snapshot, crowd, by):
    """Also where events are counted or summed, whose number says nothing of the people's."""
    spec = parse({
        "question": "trends", "by": ["g"] if by else [],
        "series": ["A", {"event": "B", "measure": "mean", "property": "price"}],
    })  # fmt: skip
    rows = rows_of(row, crowd)
    told = asking(spec, snapshot(rows), NOW).answer(k=K)
    for line in told.results["series"]:
        for label, value in line["points"]:
            day = datetime.fromisoformat(label).astimezone(UTC)
            own = {r.person for r in rows
                   if r.event == line["name"][0] and r.time // DAY == (day.day - 1)
                   and (not by or r.properties["g"] == line["by"]["g"])
                   and (r.event == "A" or "price" in r.properties)}  # fmt: skip
            assert not value or len(own) >= K


@settings(max_examples=40, deadline=None)
@given(crowd=CROWD)
def test_a_value_that_few_people_have_is_not_named(row, snapshot, crowd):
    """A group's label is told only where k people have it."""
    rows = rows_of(row, crowd)
    have = {}
    for each in rows:
        have.setdefault(each.properties["g"], set()).add(each.person)
    for title in ("funnel by group", "lifecycle by group", "retention by group", "stickiness",
                  "rfm", "trends"):  # fmt: skip
        told = asking(spec_of(title), snapshot(rows), NOW).answer(k=K).results
        lines = told.get("groups", told.get("series", []))
        assert all(len(have[line["by"]["g"]]) >= K for line in lines)


@settings(max_examples=40, deadline=None)
@given(crowd=CROWD)
def test_no_state_of_a_lifecycle_can_be_known_to_be_of_few(row, snapshot, crowd):
    """Who is active returns in the next interval or is dormant there: that gives nothing away."""
    data = snapshot(rows_of(row, crowd))
    truth = answer(spec_of("lifecycle"), data, NOW).results["intervals"]
    told = asking(spec_of("lifecycle"), data, NOW).answer(k=K).results["intervals"]
    states = ("new", "returning", "resurrected", "dormant")
    known = [({(p, s): 1}, abs(each[s])) for p, each in enumerate(told) for s in states
             if each[s] is not None]  # fmt: skip
    for p, _ in pairwise(range(len(told))):
        active = {(p, s): 1 for s in states[:3]}
        known.append((active | {(p + 1, "returning"): -1, (p + 1, "dormant"): -1}, 0))
    for p, each in enumerate(truth):
        for s in states:
            if 0 < abs(each[s]) < K:
                most = largest(known, (p, s))
                assert most is None or most >= K


@settings(max_examples=40, deadline=None)
@given(crowd=CROWD, mode=st.sampled_from(["on", "on_or_after", "on_or_before"]))
def test_no_return_can_be_known_to_be_of_few(row, snapshot, crowd, mode):
    """Neither who returned nor who did not, of any cohort: the rates of all give nothing away."""
    spec = parse({"question": "retention", "start": "A", "return": "B", "periods": 2, "mode": mode})
    data = snapshot(rows_of(row, crowd))
    truth = answer(spec, data, NOW).results["cohorts"]
    told = asking(spec, data, NOW).answer(k=K).results
    known = []
    for c, (each, own) in enumerate(zip(told["cohorts"], truth, strict=True)):
        if each["size"] is None:
            continue
        for p, back in enumerate(own["returned"]):
            if back is None:
                continue
            known.append(({(c, p): 1, (c, p, "not"): 1}, each["size"]))
            if each["returned"][p] is not None:
                known.append(({(c, p): 1}, back))
            if p and mode != "on":
                more, fewer = (p - 1, p) if mode == "on_or_after" else (p, p - 1)
                known.append(({(c, more): 1, (c, fewer): -1, (c, p, "gap"): -1}, 0))
    for p, pooled in enumerate(told["pooled"]):
        if pooled is not None:
            cohorts = [c for c, each in enumerate(told["cohorts"])
                       if each["size"] and truth[c]["returned"][p] is not None]  # fmt: skip
            back = sum(truth[c]["returned"][p] for c in cohorts)
            assert pooled == pytest.approx(back / sum(truth[c]["size"] for c in cohorts))
            known.append(({(c, p): 1 for c in cohorts}, back))
    for c, each in enumerate(told["cohorts"]):
        for p, back in enumerate(truth[c]["returned"]):
            if each["size"] and back is not None:
                wanted = [(c, p)] * (0 < back < K) + [(c, p, "not")] * (0 < each["size"] - back < K)
                assert all((largest(known, one) or K) >= K for one in wanted)
