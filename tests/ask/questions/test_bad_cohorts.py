"""Cohorts, units, samples and splits that make no sense: a code, a place, and what to write."""

import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.events.errors import Invalid

FUNNEL = {"question": "funnel", "steps": ["view", "cart"]}
DID = {"did": "cart"}
SEGMENTS = {"question": "segments", "segments": [{"name": "a", "cohort": DID}]}
CORRELATION = {"question": "correlation", "steps": ["view", "cart"]}
PLAN = {"property": "plan", "value": "pro"}
PALN = {"property": "paln", "value": "pro"}
CART = '"cart"'


def within(cohort):
    return FUNNEL | {"people": cohort}


@pytest.mark.parametrize(
    ("said", "code", "at", "hint"),
    [
        (within({"didd": "cart"}), "unknown_field", "$.people.didd", '"did"'),
        (within({"all": [{"did": {"evnt": "cart"}}]}), "unknown_field",
         "$.people.all[0].did.evnt", '"event"'),
        (within({"did": 3}), "bad_spec", "$.people.did", ""),
        (within({"not": {"did": {"event": "crt"}}}), "unknown_event", "$.people.not.did.event",
         CART),
        (within({"all": [DID, {"did": "crt"}]}), "unknown_event", "$.people.all[1].did.event",
         CART),
        (within({"any": [{"all": [{"first": "crt"}]}]}), "unknown_event",
         "$.people.any[0].all[0].first.event", CART),
        (within({"stopped": "crt", "silent": "1d"}), "unknown_event", "$.people.stopped.event",
         CART),
        (within({"sequence": ["view", "crt"]}), "unknown_event", "$.people.sequence[1].event",
         CART),
        (within({"did": {"event": "cart", "where": PALN}}), "unknown_property",
         "$.people.did.where.property", '"plan"'),
        (within({"is": {"any": [PLAN, PALN]}}), "unknown_property", "$.people.is.any[1].property",
         '"plan"'),
        (within({"is": {"not": PLAN | {"of": "then"}}}), "bad_cohort", "$.people.is.not.of",
         "Leave out"),
        (within({"is": {"property": "plan"}}), "bad_predicate", "$.people.is.value", ""),
        (within({}), "bad_cohort", "$.people", '{"did"'),
        (within(DID | {"first": "view"}), "bad_cohort", "$.people", '{"did"'),
        (within({"first": "cart", "at_least": 2}), "bad_cohort", "$.people.at_least", ""),
        (within({"is": PLAN, "last": "7d"}), "bad_cohort", "$.people.last", ""),
        (within({"all": [DID], "last": "7d"}), "bad_cohort", "$.people.last", ""),
        (within(DID | {"last": "7d", "from": "2026-01-01"}), "bad_cohort", "$.people.last", ""),
        (within(DID | {"last": "soon"}), "bad_duration", "$.people.last", "7d"),
        (within(DID | {"from": "soon"}), "bad_time", "$.people.from", "ISO"),
        (within(DID | {"at": "soon"}), "bad_time", "$.people.at", "ISO"),
        (within({"not": DID | {"from": "2026-02-01", "to": "2026-01-01"}}), "empty_range",
         "$.people.not.to", ""),
        (within(DID | {"at_least": 0}), "bad_cohort", "$.people.at_least", '{"not"'),
        (within(DID | {"at_least": 3, "at_most": 2}), "bad_cohort", "$.people.at_most", ""),
        (within({"stopped": "cart"}), "missing_field", "$.people", '"silent"'),
        (within({"sequence": []}), "no_steps", "$.people.sequence", ""),
        (within({"sequence": ["cart"] * 61}), "too_many_steps", "$.people.sequence", ""),
        (within({"ids": [1, "2", "me"]}), "bad_id", "$.people.ids[2]", "internal"),
        (within({"ids": [2**63]}), "bad_id", "$.people.ids[0]", "internal"),
        (within({"ids": [-1]}), "bad_id", "$.people.ids[0]", "internal"),
        (within({"any": [DID, {"ids": [1]}]}) | {"unit": "device"}, "ids_of_persons",
         "$.people.any[1].ids", "what they did"),
        (FUNNEL | {"by": [{"cohort": {"ids": [1]}}], "unit": "group:company"}, "ids_of_persons",
         "$.by[0].cohort.ids", "what they did"),
        (within({"saved": "buyers"}), "unknown_cohort", "$.people.saved", "none"),
        (FUNNEL | {"by": [{"cohort": {"did": "crt"}}]}, "unknown_event",
         "$.by[0].cohort.did.event", CART),
        (FUNNEL | {"by": ["plan", {"property": "paln", "of": "now"}]}, "unknown_property",
         "$.by[1]", '"plan"'),
        (FUNNEL | {"by": [{"property": "plan", "of": "later"}]}, "bad_spec", "$.by[0].of", ""),
        (FUNNEL | {"by": [{"name": "x"}]}, "bad_by", "$.by[0]", "country"),
        (FUNNEL | {"by": [{"property": "plan", "cohort": DID}]}, "bad_by", "$.by[0]", "country"),
        (FUNNEL | {"by": [{"cohort": DID, "of": "now"}]}, "bad_by", "$.by[0].of", ""),
        (FUNNEL | {"by": [{"cohort": DID}, {"cohort": {"did": "view"}}]}, "same_heading",
         "$.by[1]", '"name"'),
        (FUNNEL | {"unit": "sesion"}, "unknown_unit", "$.unit", '"session"'),
        (FUNNEL | {"session_gap": "0s"}, "bad_duration", "$.session_gap", ""),
        (FUNNEL | {"sample": 0}, "bad_sample", "$.sample", "0.1"),
        (FUNNEL | {"sample": 1.5}, "bad_sample", "$.sample", "0.1"),
        (SEGMENTS | {"segments": []}, "bad_segments", "$.segments", ""),
        (SEGMENTS | {"segments": SEGMENTS["segments"] * 2}, "same_name", "$.segments[1].name", ""),
        (SEGMENTS | {"segments": [{"name": "a", "cohort": {"did": "crt"}}]}, "unknown_event",
         "$.segments[0].cohort.did.event", CART),
        (SEGMENTS | {"segments": [{"name": "a", "cohort": {}}]}, "bad_cohort",
         "$.segments[0].cohort", '{"did"'),
        (SEGMENTS | {"by": ["plan"]}, "no_by", "$.by", '"is"'),
        (CORRELATION | {"steps": ["view"]}, "too_few_steps", "$.steps", '"steps"'),
        (CORRELATION | {"steps": ["view", "crt"]}, "unknown_event", "$.steps[1].event", CART),
        (CORRELATION | {"within": "soon"}, "bad_duration", "$.within", "7d"),
        (CORRELATION | {"by": ["plan"]}, "no_by", "$.by", '"people"'),
        (CORRELATION | {"top": 0}, "bad_top", "$.top", ""),
        (CORRELATION | {"properties": ["paln"]}, "unknown_property", "$.properties[0]", '"plan"'),
        (CORRELATION | {"person_properties": ["plan", ["plan", "name"]]}, "unknown_property",
         "$.person_properties[1]", ""),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_stands(row, snapshot, said, code, at, hint):
    """The code, the place as a path, and the nearest spelling or what to write instead."""
    events = snapshot([row(1, 0, "view", {"plan": "pro"}), row(1, 1, "cart")])
    with pytest.raises(Invalid) as error:
        answer(parse(said), events, 0)
    assert (error.value.code, error.value.at) == (code, at)
    assert hint in error.value.hint


def test_a_cohort_nested_beyond_all_sense_is_refused(row, snapshot):
    """Before Python's stack ends."""
    cohort = DID
    for _ in range(150):
        cohort = {"not": cohort}
    with pytest.raises(Invalid, match="deeply"):
        answer(parse(within(cohort)), snapshot([row(1, 0, "cart"), row(1, 0, "view")]), 0)


@pytest.mark.parametrize(
    ("cell", "at"),
    [({"segments": ["b"]}, "segments[0]"), ({"segment": ["a"]}, "$.segment")],
)
def test_people_of_a_segment_that_is_not_there_are_refused(row, snapshot, cell, at):
    """The place of the mistake is that in the cell."""
    found = answer(parse(SEGMENTS), snapshot([row(1, 0, "cart")]), 0)
    with pytest.raises(Invalid) as error:
        found.people(**cell)
    assert error.value.at == at


def test_a_cohort_that_has_not_begun_yet_has_nobody(row, snapshot):
    """A time after the instant of asking is no mistake: it will come."""
    cohort = DID | {"from": "1970-01-02"}
    found = answer(parse(within(cohort)), snapshot([row(1, 0, "view"), row(1, 1, "cart")]), 9)
    assert found.results["steps"][0]["people"] == 0
