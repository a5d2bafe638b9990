"""Sessions against a slow and obvious oracle, and those of a real log."""

import gzip
import os
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.sessions import SESSIONS, Sessions
from ethogram.ask.sequences.run import Part
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, SECOND, iso

MINUTE = 60 * SECOND
GAP = 30 * MINUTE
DATA = Path(os.environ.get("ETHOGRAM_DATA", Path(__file__).parents[4] / "shared" / "data"))
LOG = DATA / "web-logs" / "apache_logs.gz"
LINE = re.compile(
    r'(\S+) \S+ \S+ \[([^]]+)\] "(?:[^"\\]|\\.)*" \d{3} (?:\d+|-) '
    r'"(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"'
)
NOW = 99 * DAY
LENGTH = 3
EVENT = st.tuples(st.integers(0, 40), st.integers(0, 2), st.sampled_from("AB"), st.integers(0, 1))
CROWD = st.lists(st.lists(EVENT, max_size=8), min_size=1, max_size=4)
SPECS = st.builds(
    lambda first, to, where, by, bounce: Sessions(
        from_="1970-01-01T02:00" if first else None,
        to="1970-01-03" if to else None,
        where=prop("g") > 0 if where else None,
        by=["g"] if by else [],
        bounce=bounce,
    ),
    st.booleans(), st.booleans(), st.booleans(), st.booleans(),
    st.sampled_from([None, "0s", "11m"]),
)  # fmt: skip


def in_sessions(part, gap=GAP):
    """The part with sessions for units, each with the id of its person."""
    run = part.run
    times = run.seconds[: run.events].astype(np.int64) * SECOND + run.micros[: run.events]
    starts = np.zeros(run.events, bool)
    starts[1:] = np.diff(times) >= gap
    starts[run.offsets[:-1]] = True
    owners = np.searchsorted(run.offsets, np.flatnonzero(starts), side="right") - 1
    offsets = np.append(np.flatnonzero(starts), run.events).astype(np.int64)
    buckets = np.array([0, len(owners)], np.int64)
    cut = replace(run, units=run.units[owners], offsets=offsets, buckets=buckets)
    return Part(cut, part.dead[owners])


def rows_of(row, crowd):
    """Times are a day and steps of ten minutes; one event on the first day and on the last."""
    known = [row(99, day * DAY, "A", {"g": 1}) for day in (0, LENGTH - 1)]
    return known + [
        row(person, day * DAY + t * 10 * MINUTE, name, {"g": group})
        for person, stream in enumerate(crowd, 1)
        for t, day, name, group in stream
    ]


def ask(asked, parts, cut=None):
    total = asked.nothing
    for part in parts:
        n = len(part.run.units)
        bounds = sorted({0, min(cut or n, n), n})
        for low, high in pairwise(bounds):
            total = asked.merge(asked.over(part)(low, high), total)
    return asked.finish(total).results


def scope(last=LENGTH * DAY - 1):
    return Scope(frozenset(), frozenset(), 0, last, NOW)


def oracle(spec, rows):
    """Lists of events, straight from the definition."""
    sessions, last = {}, {}
    for r in sorted(rows, key=lambda r: (r.person, r.time)):
        if r.person not in last or r.time - last[r.person].time >= GAP:
            sessions[r.person, r.time] = []
            here = sessions[r.person, r.time]
        here.append(r)
        last[r.person] = r
    kept = [
        [r for r in own if not spec.where or r.properties["g"] > 0] for own in sessions.values()
    ]
    first = 2 * 60 * MINUTE if spec.from_ else 0
    end = 2 * DAY if spec.to else LENGTH * DAY
    return [own for own in kept if own and first <= own[0].time < end], end // DAY


def same_numbers(found, sessions, bounced):
    """Whether a summary is that of ``sessions``."""
    lengths = [(own[-1].time - own[0].time) / SECOND for own in sessions]
    assert found["sessions"] == len(sessions)
    assert found["events"] == sum(map(len, sessions))
    assert found["bounces"] == sum(map(bounced, sessions))
    if not sessions:
        assert {found["bounce_rate"], found["mean_seconds"], found["seconds"]["p50"]} == {None}
        return
    assert found["bounce_rate"] == found["bounces"] / len(sessions)
    assert found["events_per_session"] == found["events"] / len(sessions)
    assert found["mean_seconds"] == pytest.approx(fmean(lengths))
    for percent in (50, 90):
        wanted = float(np.percentile(lengths, percent))
        assert found["seconds"][f"p{percent}"] == pytest.approx(wanted)


@settings(max_examples=50, deadline=None)
@given(crowd=CROWD, spec=SPECS, parts=st.integers(1, 3), cut=st.integers(0, 4))
def test_numbers_are_those_of_lists_of_events(row, snapshot, crowd, spec, parts, cut):
    """Lengths, bounces, entries and exits, over time, of each group; and the people behind."""
    rows = rows_of(row, crowd)
    seen = [in_sessions(part) for part in snapshot(rows, parts=parts).parts]
    found = ask(SESSIONS.ask(spec, scope()), seen, cut)
    sessions, days = oracle(spec, rows)

    def bounced(own):
        if spec.bounce is None:
            return len(own) == 1
        return own[-1].time - own[0].time < {"0s": 0, "11m": 11 * MINUTE}[spec.bounce]

    answers = [(None, found), *((each["by"], each) for each in found.get("groups", ()))]
    for by, numbers in answers:
        own = [s for s in sessions if by is None or s[0].properties["g"] == by["g"]]
        same_numbers(numbers["sessions"], own, bounced)
        for name, place in (("entries", 0), ("exits", -1)):
            told = {each["event"]: each["sessions"] for each in numbers[name]}
            assert told == Counter(s[place].event for s in own)
        assert sum(each["sessions"] for each in numbers["histogram"]) == len(own)
        assert [each["from"] for each in numbers["intervals"]] == [
            iso(day * DAY) for day in range(days)
        ]
        for day, each in enumerate(numbers["intervals"]):
            today = [s for s in own if s[0].time // DAY == day]
            same_numbers(each, today, bounced)
            for said, those in (
                ({}, today),
                ({"entry": "A"}, [s for s in today if s[0].event == "A"]),
                ({"exit": "B"}, [s for s in today if s[-1].event == "B"]),
                ({"bounced": True}, [s for s in today if bounced(s)]),
            ):
                cell = SESSIONS.people.cell(interval=each["from"], by=by, **said)
                ids = ask(SESSIONS.people.ask(spec, scope(), cell), seen, cut)["people"]
                assert sorted(set(ids.tolist())) == sorted({s[0].person for s in those})


def test_a_session_is_counted_whole_where_it_begins(row, snapshot):
    """One that goes on after midnight, and after ``to``, belongs to the day of its start."""
    rows = [row(1, DAY - MINUTE, "A"), row(1, DAY + MINUTE, "B"), row(1, 5 * DAY, "A")]
    parts = [in_sessions(part) for part in snapshot(rows).parts]
    found = ask(SESSIONS.ask(Sessions(to="1970-01-02"), scope(5 * DAY)), parts)
    assert [each["sessions"] for each in found["intervals"]] == [1]
    assert found["sessions"]["mean_seconds"] == 120
    assert found["exits"] == [{"event": "B", "sessions": 1, "share": 1.0}]


def test_fields_that_make_no_sense_are_refused():
    """A histogram of no bins, a bounce of no length."""
    for spec, at in ((Sessions(bins=0), "bins"), (Sessions(bounce="short"), "bounce")):
        with pytest.raises(Invalid, match=at):
            SESSIONS.names(spec)


@pytest.mark.skipif(not LOG.is_file(), reason="web-logs is not here; set ETHOGRAM_DATA")
def test_a_web_log_has_the_sessions_counted_by_hand(row, snapshot):
    """9,999 lines that parse, of 3,052 sessions by address; the times are known to the second."""
    addresses, rows = {}, []
    for line in gzip.decompress(LOG.read_bytes()).decode("utf-8", "replace").splitlines():
        found = LINE.fullmatch(line)
        if found:
            moment = datetime.strptime(found[2], "%d/%b/%Y:%H:%M:%S %z")
            person = addresses.setdefault(found[1], len(addresses) + 1)
            rows.append(row(person, int(moment.timestamp()) * SECOND, "view"))
    first, last = min(r.time for r in rows), max(r.time for r in rows)
    parts = [in_sessions(part) for part in snapshot(rows).parts]
    around = Scope(frozenset(), frozenset(), first, last, last)
    found = ask(SESSIONS.ask(Sessions(), around), parts)
    assert len(rows) == 9_999
    assert (iso(first), iso(last)) == ("2015-05-17T10:05:00Z", "2015-05-20T21:05:59Z")
    assert found["sessions"]["sessions"] == 3_052
    assert sum(each["sessions"] for each in found["intervals"]) == 3_052
