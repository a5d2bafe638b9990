"""What a funnel's fields mean, against an oracle that tries every way through a stream."""

import itertools
from datetime import datetime
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.questions.funnel import Exclude, Funnel, FunnelStep, Period
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop

NOW = 10**15
SECOND = 10**6
STREAM = st.lists(st.tuples(st.integers(0, 12), st.sampled_from("ABCX")), max_size=9)
CROWD = st.lists(STREAM, min_size=1, max_size=4)
EVERYBODY = [(100, "A"), (100, "B"), (100, "C"), (100, "X")]
"""A person with every event, so that a spec may name them all."""


class Said(NamedTuple):
    """A funnel of A, B and C in seconds, as the oracle reads it."""

    within: int
    after: tuple[int, int, int] = (0, 0, 0)
    upto: tuple[int, int, int] = (99, 99, 99)
    slack: int = 0
    grain: int = 1
    never: bool = False
    first: bool = False
    stops: bool = False
    between: tuple[int, int] | None = None

    @property
    def stepwise(self):
        return any(self.after) or min(self.upto) < 99 or self.slack

    def spec(self, **fields):
        lengths = [
            {"after": f"{a}s" if a else None, "within": f"{b}s" if b < 99 else None}
            for a, b in zip(self.after, self.upto, strict=True)
        ]
        return Funnel(
            tuple(FunnelStep(name, **length) for name, length in zip("ABC", lengths, strict=True)),
            within=f"{self.within}s",
            exclude=(Exclude("X", between=self.between),) if self.between else (),
            exclusion="stops" if self.stops else None,
            entry="first" if self.first else None,
            ties="never" if self.never else None,
            slack=f"{self.slack}s" if self.slack else None,
            grain=f"{self.grain}s",
            **fields,
        )


def said_of(**fields):
    """Specs that say these fields; the others have their defaults."""
    return st.fixed_dictionaries(fields).map(lambda said: Said(**said))


SAID = said_of(
    within=st.integers(1, 9),
    grain=st.sampled_from([1, 1, 3]),
    never=st.booleans(),
    first=st.booleans(),
    stops=st.booleans(),
    between=st.sampled_from([None, (0, 1), (1, 2), (0, 2)]),
)
STEPWISE = said_of(
    within=st.integers(1, 9),
    after=st.tuples(st.just(0), st.integers(0, 3), st.integers(0, 3)),
    upto=st.tuples(st.just(99), st.sampled_from([2, 4, 99]), st.sampled_from([2, 4, 99])),
    never=st.booleans(),
    first=st.booleans(),
    stops=st.booleans(),
    between=st.sampled_from([None, (0, 1), (1, 2)]),
).filter(lambda said: said.stepwise)
SLACK = said_of(within=st.integers(1, 9), slack=st.integers(1, 3), first=st.booleans())


def in_order(stream, said):
    """By instant, what voids first, then in the order of the steps."""
    floored = [(t - t % said.grain, name) for t, name in stream]
    voids = "X" if said.between else ""
    return sorted(floored, key=lambda e: (e[0], (voids + "ABC").find(e[1])))


def follows(stream, said, chain, q):
    """Whether event ``q`` can be the next step of ``chain``."""
    k, i = len(chain), chain[-1]
    (here, _), (t, name) = stream[i], stream[q]
    if name != "ABC"[k] or q in chain or t > stream[chain[0]][0] + said.within:
        return False
    if said.slack:
        return t >= here - said.slack
    later = t >= here + said.after[k] if said.after[k] else q > i
    return later and t - here <= said.upto[k] and not (said.never and t == here)


def voided(stream, said, k, i, q):
    """Whether an excluded event lies after ``i``, up to ``q``, of an attempt that has k steps."""
    if not said.between or not said.between[0] <= k - 1 < said.between[1]:
        return None
    return next((x for x in range(i + 1, q + 1) if stream[x][1] == "X"), None)


def climbed(stream, said, start):
    """How far the attempt at ``start`` gets, its last event, and where another may begin."""
    deadline = stream[start][0] + said.within
    end = sum(t <= deadline for t, _ in stream)
    chains = [[start]]
    for k in range(1, 3):
        longer = [
            [*chain, q]
            for chain in chains
            for q in range(len(stream))
            if follows(stream, said, chain, q) and voided(stream, said, k, chain[-1], q) is None
        ]
        if not said.stepwise and longer:
            longer = [min(longer)]
        if not longer:
            x = voided(stream, said, k, min(chain[-1] for chain in chains), end - 1)
            level = 0 if x is not None and not said.stops else k
            return level, min(chain[-1] for chain in chains), end if x is None else x + 1
        chains = longer
    last = min(chain[-1] for chain in chains)
    return 3, last, last + 1


def best(stream, said):
    """The level of the attempt that counts."""
    stream = in_order(stream, said)
    starts = [s for s, (_, name) in enumerate(stream) if name == "A"]
    found = [climbed(stream, said, s)[0] for s in (starts[:1] if said.first else starts)]
    return max(found, default=0)


def every(stream, said):
    """The levels of the attempts, one after the other."""
    stream, found, free = in_order(stream, said), [], 0
    for s, (_, name) in enumerate(stream):
        if name == "A" and s >= free:
            level, _, free = climbed(stream, said, s)
            found.append(level)
    return [level for level in found if level]


def rows_of(row, crowd):
    streams = [*crowd, EVERYBODY]
    return [row(p, t * SECOND, name) for p, stream in enumerate(streams, 1) for t, name in stream]


def at_least(levels):
    """How many got to each step."""
    return [sum(level >= k for level in levels) for k in (1, 2, 3)]


def people(found, field="people"):
    return [step[field] for step in found.results["steps"]]


def asked(row, snapshot, spec, crowd, parts=2):
    return answer(spec, snapshot(rows_of(row, crowd), parts=parts), NOW, threads=1)


@settings(max_examples=200, deadline=None)
@given(crowd=CROWD, said=st.one_of(SAID, STEPWISE, SLACK))
def test_the_furthest_attempt_counts(row, snapshot, crowd, said):
    """Whatever the fields say, the people at each step are those of the oracle."""
    found = asked(row, snapshot, said.spec(), crowd)
    assert people(found) == at_least([best(stream, said) for stream in [*crowd, EVERYBODY]])


@settings(max_examples=150, deadline=None)
@given(crowd=CROWD, said=st.one_of(SAID, STEPWISE).map(lambda said: said._replace(first=False)))
def test_attempts_follow_one_another(row, snapshot, crowd, said):
    """Each begins after the one before has ended; all of them count."""
    found = asked(row, snapshot, said.spec(count="attempts"), crowd)
    levels = [every(stream, said) for stream in [*crowd, EVERYBODY]]
    assert people(found, "attempts") == at_least([*itertools.chain(*levels)])
    assert people(found) == at_least([max(own, default=0) for own in levels])


@settings(max_examples=100, deadline=None)
@given(
    crowd=CROWD,
    within=st.integers(1, 9),
    carts=st.lists(st.integers(0, 2), min_size=40, max_size=40),
)  # fmt: skip
def test_a_constant_is_a_funnel_for_each_value(row, snapshot, crowd, within, carts):
    """A person gets as far as with the events of one value alone; 0 is no value."""
    said, n = Said(within), itertools.count()
    marked = [[(t, name, carts[next(n)]) for t, name in stream] for stream in crowd]
    rows = [
        row(p, t * SECOND, name, {"cart": cart} if cart else {})
        for p, stream in enumerate([*marked, [(*event, 1) for event in EVERYBODY]], 1)
        for t, name, cart in stream
    ]
    spec = said.spec(constant=("cart",))
    found = answer(spec, snapshot(rows, parts=2), NOW, threads=1)
    levels = [
        max(best([(t, name) for t, name, own in stream if own == cart], said) for cart in (1, 2))
        for stream in marked
    ]
    assert people(found) == at_least([*levels, best(EVERYBODY, said)])


@settings(max_examples=100, deadline=None)
@given(crowd=CROWD, said=SAID)
def test_a_trend_is_a_funnel_for_each_period(row, snapshot, crowd, said):
    """Of every period, those whose attempts begin in it, and later steps may lie beyond it."""
    said = said._replace(first=False)
    hours = [[(t * 600, name) for t, name in stream] for stream in [*crowd, EVERYBODY]]
    wide = said._replace(within=said.within * 600, grain=1, upto=(10**9,) * 3)
    rows = [row(p, t * SECOND, n) for p, stream in enumerate(hours, 1) for t, n in stream]
    found = answer(wide.spec(trend="hour"), snapshot(rows, parts=2), NOW, threads=1)
    for period in found.results["periods"]:
        h, levels = datetime.fromisoformat(period["from"]).timestamp() // 3600, []
        for stream in hours:
            stream = in_order(stream, wide)
            starts = [s for s, (t, name) in enumerate(stream) if name == "A" and t // 3600 == h]
            levels.append(max((climbed(stream, wide, s)[0] for s in starts), default=0))
        assert period["people"] == at_least(levels)


@settings(max_examples=75, deadline=None)
@given(crowd=CROWD, said=st.one_of(SAID, STEPWISE), step=st.integers(1, 3))
def test_the_people_behind_a_step_are_as_many_as_it_says(row, snapshot, crowd, said, step):
    """Reached and dropped lists agree with the counts, and share nobody."""
    found = asked(row, snapshot, said.spec(), crowd)
    reached = found.people(step)
    assert len(reached) == people(found)[step - 1]
    if step > 1:
        dropped = found.people(step, dropped=True)
        assert len(dropped) == people(found)[step - 2] - people(found)[step - 1]
        assert not set(dropped) & set(reached)


def test_the_people_of_a_group_of_a_period_and_of_what_is_compared(row, snapshot):
    """A cell may mean one group, one period, or the other time."""
    day = 86_400 * SECOND
    rows = [row(1, 0, "A", {"c": "x"}), row(2, 0, "A", {"c": "y"}), row(2, 1, "B"),
            row(3, day, "A", {"c": "x"}), row(3, day + 1, "B")]  # fmt: skip
    data = snapshot(rows, parts=2)
    found = answer(Funnel(("A", "B"), by=("c",), trend="day"), data, NOW)
    assert found.people(1, by={"c": "x"}).tolist() == [1, 3]
    assert found.people(2, by={"c": "x"}, dropped=True).tolist() == [1]
    assert found.people(1, period="1970-01-02T00:00:00Z").tolist() == [3]
    compared = Funnel(("A", "B"), from_="1970-01-02", compare=Period(to="1970-01-02"))
    assert answer(compared, data, NOW).people(2, compared=True).tolist() == [2]
    with pytest.raises(Invalid, match="no period") as error:
        found.people(1, period="1970-01-09")
    assert error.value.at == "period"


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({"steps": ()}, "no_steps", "$.steps"),
        ({"steps": (FunnelStep("A", optional=True), "B")}, "bad_step", "$.steps[0]"),
        ({"steps": ("A", FunnelStep("B", any=("A",)))}, "bad_step", "$.steps[1]"),
        ({"steps": ("A", FunnelStep("B", times=0))}, "bad_step", "$.steps[1]"),
        ({"steps": ("A", FunnelStep("B", within="soon"))}, "bad_duration", "$.steps[1].within"),
        ({"steps": ("A", FunnelStep(any=("B", "D")))}, "unknown_event", "$.steps[1].any[1].event"),
        ({"attribution": 2}, "no_such_step", "$.attribution"),
        ({"constant": ("c", "c", "c", "c")}, "too_many_constants", "$.constant"),
        ({"constant": ("d",)}, "unknown_property", "$.constant[0]"),
        ({"compare": "previous"}, "no_previous", "$.compare"),
        ({"compare": Period()}, "bad_period", "$.compare"),
        ({"attribution": "last"}, "needs_by", "$.attribution"),
        ({"ties": "never", "slack": "1s"}, "bad_slack", "$.slack"),
        ({"order": "any", "entry": "first"}, "needs_order", "$.entry"),
        ({"order": "any", "ties": "never"}, "needs_order", "$.ties"),
        ({"order": "any", "grain": "1s"}, "needs_order", "$.grain"),
        ({"steps": ("A", FunnelStep("B", times=60))}, "too_many_steps", "$.steps[1].times"),
        ({"steps": ("A", "B") * 31}, "too_many_steps", "$.steps[60]"),
        ({"order": "any", "count": "attempts"}, "needs_order", "$.count"),
        ({"order": "strict", "slack": "2s"}, "needs_order", "$.slack"),
        ({"grain": "1"}, "bad_duration", "$.grain"),
        ({"where": prop("c").exists(), "people": None, "sample": 2.0}, "bad_sample", "$.sample"),
    ],
)
def test_what_does_not_fit_is_said(row, snapshot, fields, code, at):
    """Every contradiction has its code and its place."""
    data = snapshot([row(1, 0, "A", {"c": 1}), row(1, 1, "B")])
    with pytest.raises(Invalid) as error:
        answer(Funnel(**({"steps": ("A", "B")} | fields)), data, NOW)
    assert (error.value.code, error.value.at) == (code, at)


SHARED = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("AB"), st.sampled_from([1, 2])), max_size=8
)


@settings(max_examples=100, deadline=None)
@given(
    crowd=st.lists(SHARED, min_size=1, max_size=4),
    count=st.sampled_from(["people", "attempts"]),
    attribution=st.sampled_from(["first", "last", "all", 1]),
)
def test_groups_do_not_change_what_everybody_does(row, snapshot, crowd, count, attribution):
    """With ``by``, steps, times, periods and people are those of the same funnel without it."""
    rows = [row(p, t * SECOND, name, {"c": c}) for p, own in enumerate(crowd, 1)
            for t, name, c in own]  # fmt: skip
    data = snapshot([*rows, row(99, 0, "A", {"c": 1}), row(99, SECOND, "B", {"c": 1})])
    fields = {"within": "4s", "count": count, "trend": "hour"}
    plain = answer(Funnel(("A", "B"), **fields), data, NOW).results
    asked = Funnel(("A", "B"), by=("c",), attribution=attribution, **fields)
    found = answer(asked, data, NOW)
    assert {name: found.results[name] for name in plain} == plain
    assert len(asking(asked, data, NOW).people({"step": 1})) == plain["steps"][0]["people"]


def test_a_preset_says_nothing_of_an_order_that_does_not_know_it(row, snapshot):
    """Mixpanel's two seconds of slack do not make a strict funnel any less so."""
    data = snapshot([row(1, t * SECOND, name) for t, name in enumerate("AXB")])
    spec = Funnel(("A", "B"), order="strict", semantics="mixpanel")
    found = answer(spec, data, NOW)
    assert people(found) == [1, 0]
    assert found.definition["slack"] is None


def test_in_any_order_a_range_may_hold_the_entry_alone(row, snapshot):
    """A window that opens before the range ends goes on after it; one that opens later is none."""
    day, night = "2026-01-02T00:00:00Z", 1_767_311_400_000_000
    data = snapshot(
        [row(1, night, "A"), row(1, night + 1200 * SECOND, "B"), row(2, night + 900 * SECOND, "A")]
    )
    for semantics, expected in (("amplitude", [1, 1]), ("default", [1, 0])):
        spec = Funnel(("A", "B"), order="any", within="1d", semantics=semantics, to=day)
        assert people(answer(spec, data, NOW)) == expected


def test_sixty_steps_are_told_apart(row, snapshot):
    """As many as a number has bits for, and no event less will do."""
    stream = [row(1, t * SECOND, "A") for t in range(59)]
    late, early = row(1, 99 * SECOND, "B"), row(1, 10 * SECOND + 1, "B")
    spec = Funnel((FunnelStep("A", times=59), "B"))
    assert people(answer(spec, snapshot([*stream, late]), NOW)) == [1, 1]
    assert people(answer(spec, snapshot([*stream, early]), NOW)) == [1, 0]


def test_a_step_that_comes_early_took_no_time(row, snapshot):
    """Within the slack, B before A is no negative time, neither for the step nor for the whole."""
    data = snapshot([row(1, 0, "B"), row(1, SECOND, "A")])
    found = answer(Funnel(("A", "B"), slack="2s"), data, NOW).results
    assert found["steps"][1]["median_seconds"] == 0
    assert (found["times"]["count"], found["times"]["p50"]) == (1, 0)


def test_attempts_have_no_interval(row, snapshot):
    """Those of one person are no sample of independent ones."""
    data = snapshot([row(1, 0, "A"), row(1, SECOND, "B")])
    for count, known in (("people", True), ("attempts", False)):
        (first, _) = answer(Funnel(("A", "B"), count=count), data, NOW).results["steps"]
        assert (first["low"] is not None) == known


def test_previous_is_earlier_by_the_calendar(row, snapshot):
    """A week in which the clocks change is compared with the whole week before."""
    said = "2026-03-23T12:00+01:00", "2026-03-22T23:30+01:00", "2026-03-31T12:00+02:00"
    instants = [int(datetime.fromisoformat(each).timestamp()) * SECOND for each in said]
    data = snapshot([row(p, t, "A") for p, t in enumerate(instants, 1)])
    week = Funnel(("A",), from_="2026-03-30", to="2026-04-06", timezone="Europe/Berlin",
                  compare="previous")  # fmt: skip
    assert people(answer(week, data, 2 * NOW)) == [1]
    assert answer(week, data, 2 * NOW).results["compared"]["steps"][0]["people"] == 1


def test_many_groups_are_added_up_once(row, snapshot):
    """Each group's numbers are its own, however many there are."""
    data = snapshot([row(p, p * SECOND, "A", {"c": p}) for p in range(1, 3001)])
    found = answer(Funnel(("A",), by=("c",), count="attempts"), data, NOW).results
    assert found["steps"][0]["people"] == 3000
    assert [group["steps"][0]["people"] for group in found["groups"]] == [1] * 3000
