"""What a funnel's fields mean, against an oracle that tries every way through a stream."""

import itertools
from datetime import datetime
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
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
