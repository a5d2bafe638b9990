"""A journey page by page is what a list of the person's events holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.journey import Journey, Place
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import SECOND, iso

MINUTE = 60 * SECOND
VALUE = st.sampled_from([None, True, 1, 0.5, "x", {"a": [1]}])
EVENT = st.tuples(st.integers(0, 12), st.sampled_from("AB"), VALUE, st.integers(0, 1))
CROWD = st.lists(st.lists(EVENT, max_size=8), min_size=2, max_size=4)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of a few events, so that every answer is merged of several."""
    monkeypatch.setattr(embedded, "CHUNK", 5)


def rows_of(row, crowd):
    """Times are steps of ten minutes."""
    return [
        row(person, t * 10 * MINUTE, name, {"v": value, "g": group})
        for person, stream in enumerate(crowd, 1)
        for t, name, value, group in [*stream, (0, "A", 1, 1)]
    ]


def oracle(rows, kept):
    """The person's events in order, each with the number of its session."""
    found, session, last = [], 0, None
    for r in sorted((r for r in rows if r.person == 1), key=lambda r: r.time):
        session += last is None or r.time - last >= 30 * MINUTE
        last = r.time
        if kept(r):
            found.append((iso(r.time), r.event, session, dict(r.properties)))
    return found


def told(found):
    return [
        (each["time"], each["event"], each["session"], each["properties"])
        for each in found.results["events"]
    ]


@settings(max_examples=100, deadline=None)
@given(
    crowd=CROWD, limit=st.integers(1, 4), parts=st.integers(1, 3),
    where=st.booleans(), first=st.booleans(),
)  # fmt: skip
def test_pages_one_after_the_other_are_the_whole_journey(
    row, snapshot, crowd, limit, parts, where, first
):
    """Forward by ``next`` and back by ``previous``, also where events share an instant."""
    rows = rows_of(row, crowd)
    events = snapshot(rows, parts=parts)
    fields = {"limit": limit, "where": prop("g") > 0 if where else None,
              "from_": "1970-01-01T00:20" if first else None}  # fmt: skip
    wanted = oracle(
        rows,
        lambda r: (not where or r.properties["g"] > 0) and (not first or r.time >= 20 * MINUTE),
    )
    page = answer(Journey(1, **fields), events, 0)
    pages = [page]
    while (place := pages[-1].results["next"]) is not None:
        pages.append(answer(Journey(1, after=Place(**place), **fields), events, 0))
    assert [each for page in pages for each in told(page)] == wanted
    assert all(len(page.results["events"]) == limit for page in pages[:-1])
    assert {page.results["total"] for page in pages} == {len(wanted)}
    assert {page.results["sessions"] for page in pages} == {len({s for *_, s, _ in wanted})}
    backwards = pages[-1:]
    while (place := backwards[0].results["previous"]) is not None:
        backwards.insert(0, answer(Journey(1, before=Place(**place), **fields), events, 0))
    assert [each for page in backwards for each in told(page)] == wanted


def test_fields_that_make_no_sense_are_refused(row, snapshot):
    """No groups, no page of none, no page between two places, no unit within a person."""
    events, place = snapshot([row(1, 0, "A", {"v": 1})]), Place("1970-01-01")
    for fields, at in (
        ({"by": ["v"]}, r"\$.by"),
        ({"limit": 0}, r"\$.limit"),
        ({"after": place, "before": place}, r"\$.before"),
        ({"after": Place("soon")}, r"\$.after.time"),
        ({"unit": "session"}, r"\$.unit"),
    ):
        with pytest.raises(Invalid, match=at):
            answer(Journey(1, **fields), events, 0)


def test_an_answer_of_a_journey_lists_no_people(row, snapshot):
    """It is about one person, who is named."""
    found = answer(Journey(1), snapshot([row(1, 0, "A")]), 0)
    with pytest.raises(Invalid, match="does not list its people"):
        found.people(step=1)
