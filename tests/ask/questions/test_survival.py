"""The survival curve: a published example, the definition by hand, and a slow oracle."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.survival import survival
from ethogram.events.times import DAY, iso

HOUR = DAY // 24

# Weeks until relapse of 21 children given 6-mercaptopurine, and of those for whom it was not seen,
# the weeks they were followed: Freireich and others, Blood 21 (1963), 699-716; with placebo too in
# Cox, Journal of the Royal Statistical Society B 34 (1972), 187-220, and as `gehan` in R's MASS.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
FOLLOWED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
# What R's summary(survfit(Surv(time, cens) ~ treat, gehan)) prints for 6-MP: time, n.risk,
# n.event, survival, std.err.
PRINTED = [
    (6, 21, 3, 0.857, 0.0764),
    (7, 17, 1, 0.807, 0.0869),
    (10, 15, 1, 0.753, 0.0963),
    (13, 12, 1, 0.690, 0.1068),
    (16, 11, 1, 0.627, 0.1141),
    (22, 7, 1, 0.538, 0.1282),
    (23, 6, 1, 0.448, 0.1346),
]
# The ends of the 95 % intervals by log(-log), as Stata's `sts list` and lifelines print them.
INTERVALS = [
    (0.6197, 0.9516),
    (0.5631, 0.9228),
    (0.5032, 0.8894),
    (0.4316, 0.8491),
    (0.3675, 0.8049),
    (0.2678, 0.7468),
    (0.1881, 0.6801),
]


def agrees(points):
    """Whether a curve is the published one, to the digits that are given."""
    events = [point for point in points if point["gone"]]
    assert [
        (p["period"], p["at_risk"], p["gone"], round(p["active"], 3), round(p["error"], 4))
        for p in events
    ] == PRINTED
    assert [(round(p["low"], 4), round(p["high"], 4)) for p in events] == INTERVALS


def test_the_curve_of_the_leukaemia_data_is_the_published_one():
    """Risk sets, events, survival, standard error and interval, to the digits given."""
    agrees(survival(np.bincount(RELAPSED, minlength=36), np.bincount(FOLLOWED)))


@pytest.mark.parametrize("clock", ["calendar", "rolling"])
def test_the_question_gives_the_published_curve_from_events(row, snapshot, clock):
    """A week is a day here: a child is active each day until relapse, and starts so many days
    before the end as it was followed.
    """
    end = 50
    rows = []
    for person, (weeks, relapsed) in enumerate(
        [(weeks, True) for weeks in RELAPSED] + [(weeks, False) for weeks in FOLLOWED], 1
    ):
        start = end - (36 if relapsed else weeks)
        active = weeks if relapsed else weeks + 1
        rows += [row(person, (start + day) * DAY, "well") for day in range(active)]
    spec = Retention("well", "well", periods=35, silent="1.5d", clock=clock,
                     to=iso(end * DAY + 36 * HOUR))  # fmt: skip
    agrees(answer(spec, snapshot(rows, parts=3), 99 * DAY).results["survival"])


def test_nobody_and_everybody_gone_have_no_interval():
    """Before the first is gone, and after the last, the logarithms have no value."""
    first, last, beyond = survival(np.array([0, 2, 0]), np.array([0, 0, 0]))
    assert (first["active"], first["error"], first["low"], first["high"]) == (1, 0, None, None)
    assert (last["active"], last["error"], last["low"], last["high"]) == (0, None, None, None)
    assert (beyond["at_risk"], beyond["active"]) == (0, None)


COUNTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8)


@given(counts=COUNTS)
def test_the_curve_is_a_product_over_those_still_known(counts):
    """Each factor is the share of those at risk that stays, from plain sets of lifetimes."""
    gone, left = np.array(counts).T
    lives = [(k, n < gone[k]) for k in range(len(gone)) for n in range(gone[k] + left[k])]
    active, greenwood = Fraction(1), Fraction(0)
    for k, point in enumerate(survival(gone, left)):
        at_risk = [own for own in lives if own[0] >= k]
        lost = sum(own == (k, True) for own in at_risk)
        assert (point["at_risk"], point["gone"]) == (len(at_risk), lost)
        if not at_risk:
            assert point["active"] is None
            continue
        active *= Fraction(len(at_risk) - lost, len(at_risk))
        assert point["active"] == pytest.approx(float(active), rel=1e-12)
        if active:
            greenwood += Fraction(lost, len(at_risk) * (len(at_risk) - lost))
            assert point["error"] == pytest.approx(float(active) * float(greenwood) ** 0.5)
        if 0 < active < 1:
            assert 0 < point["low"] < active < point["high"] < 1


LENGTH, N = 9, 4
TIMES = st.builds(
    lambda day, minute, rest: day * DAY + minute * 60_000_000 + rest,
    st.integers(0, LENGTH - 1), st.sampled_from([0, 59, 60, 700, 1439]), st.sampled_from([0, 0, 1]),
)  # fmt: skip
CROWD = st.lists(
    st.lists(st.tuples(TIMES, st.sampled_from("AB"), st.sampled_from("xy")), max_size=8),
    min_size=1, max_size=4,
)  # fmt: skip


def lifetime(spec, stream, start, silent, now):
    """After how many periods a person is gone (or None), and for how many that is known."""
    active = [start, *sorted(t for t, name, _ in stream if name == "B" and t >= start)]
    last = next((a for a, b in pairwise(active) if b - a >= silent), active[-1])
    if spec.clock == "calendar":
        ends = [(start // DAY + k + 1) * DAY for k in range(N)]
    else:
        zero = start // HOUR * HOUR if spec.floored else start
        ends = [zero + (k + 1) * DAY for k in range(N)]
    known = sum(end <= now - silent for end in ends)
    gone = next((k for k, end in enumerate(ends, 1) if last < end), N + 1)
    return (gone if gone <= known else None), known


@settings(max_examples=300, deadline=None)
@given(
    crowd=CROWD, clock=st.sampled_from(["calendar", "rolling"]), floored=st.booleans(),
    silent=st.sampled_from([1, 20, 24, 60]), now=st.integers(24, 24 * 12),
    fields=st.sampled_from([{}, {"by": ("v",)}, {"by": ("v",), "by_must_match": True}]),
)  # fmt: skip
def test_who_is_gone_and_who_is_known_is_as_defined(
    row, snapshot, crowd, clock, floored, silent, now, fields
):
    """At risk and gone per period, of everyone and of each value, by the definition."""
    crowd = [*crowd, [(0, "A", "x"), (0, "B", "x")]]
    spec = Retention("A", "B", periods=N, silent=f"{silent}h", clock=clock,
                     floored=floored and clock == "rolling",
                     mode="on_or_after", **fields)  # fmt: skip
    rows = [row(p, t, name, {"v": v}) for p, own in enumerate(crowd, 1) for t, name, v in own]
    found = answer(spec, snapshot(rows, parts=2), now * HOUR).results

    def wanted(value, *, apart):
        lives = []
        for whole in crowd:
            stream = [e for e in whole if e[2] == value] if apart else whole
            starts = [e for e in stream if e[1] == "A"]
            first = min(starts, key=lambda e: e[0], default=None)
            if first is not None and (value is None or first[2] == value):
                lives.append(lifetime(spec, stream, first[0], silent * HOUR, now * HOUR))
        last = [gone or known for gone, known in lives]
        lost = [gone for gone, _ in lives]
        return [(sum(k <= own for own in last), lost.count(k)) for k in range(N + 1)]

    def seen(points):
        return [(point["at_risk"], point["gone"]) for point in points]

    assert seen(found["survival"]) == wanted(None, apart=False)
    for group in found.get("groups", []):
        value = group["by"]["v"]
        assert seen(group["survival"]) == wanted(value, apart=spec.by_must_match)
