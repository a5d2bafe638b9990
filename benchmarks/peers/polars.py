"""Polars: lazy queries by its streaming engine, over a frame in memory and over Parquet files.

The frame lies in the order of (person, time), with codes for names; so a person's first event of
a day is one whose person or day differ from those of the event before, and weeks are bits. Both
are faster than `n_unique` and `unique`. An ordered funnel is a chain of ASOF joins by person:
each event of step k takes the latest attempt that reached step k - 1 no later than it, where
that is within the window.
"""

import os
from collections import Counter

from benchmarks.generate import START, EventSet
from benchmarks.peers import THREADS
from benchmarks.questions import (
    Correlation,
    Counts,
    Funnel,
    Paths,
    PeopleADay,
    Question,
    Retention,
    TotalsADay,
    met,
)

os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
import polars as pl

DAY = 86_400_000_000
TS, PERSON = pl.col("ts").to_physical(), pl.col("person")


class Polars:
    """Lazy queries of ``events``: person, ts (microseconds), event (a code), country, price."""

    exact = True
    version = pl.__version__

    def __init__(self, name: str, events: pl.LazyFrame) -> None:
        self.name = name
        self.events = events

    def ask(self, question: Question) -> Counts:
        """The counts of ``question``."""
        match question:
            case Funnel():
                return self._funnel(question)
            case Retention():
                return self._retention(question)
            case Correlation():
                return self._correlation(question)
            case PeopleADay(event):
                days = self._matching((event,)).select(PERSON, _since(DAY).alias("day"))
                first = (PERSON.shift() != PERSON) | (pl.col("day") != pl.col("day").shift())
                counts = days.filter(first.fill_null(True)).group_by("day")
                return _counts(counts.agg(pl.len().alias("n")))
            case TotalsADay(events):
                days = self._matching(events).group_by("event", _since(DAY).alias("day"))
                return _counts(days.agg(pl.len().alias("n")))
            case Paths():
                return self._paths(question)

    def close(self) -> None:
        """Nothing is held."""

    def _matching(self, codes: tuple[int, ...]) -> pl.LazyFrame:
        return self.events.filter(pl.col("event").is_in(codes))

    def _funnel(self, question: Funnel) -> Counts:
        events = self.events
        if question.over is not None:
            events = events.filter(pl.col("price") > question.over)
        reached = [_step(events, question.steps[0]).with_columns(first="ts")]
        for code in question.steps[1:]:
            before = reached[-1].select("person", "ts", "first")
            joined = _step(events, code).join_asof(
                before, on="ts", by="person", check_sortedness=False
            )
            within = pl.col("ts") - pl.col("first") <= question.days * DAY
            reached.append(joined.filter(within))
        people = [_people(frame, question.by_country) for frame in reached]
        frames = pl.collect_all(people, engine="streaming")
        return {
            (*key, step): n
            for step, frame in enumerate(frames)
            for *key, n in frame.iter_rows()
            if n
        }

    def _correlation(self, question: Correlation) -> Counts:
        first, last = question.steps
        window, event = question.days * DAY, pl.col("event")
        a, b = (_step(self.events, code).select("person", "ts") for code in question.steps)
        starts = a.with_columns(start="ts")
        reached = b.join_asof(starts, on="ts", by="person", check_sortedness=False)
        done = (
            reached.filter(pl.col("ts") - pl.col("start") <= window)
            .group_by("person").agg(pl.col("ts").min().alias("done"),
                                    pl.col("start").sort_by("ts").first())
        )  # fmt: skip
        began = a.group_by("person").agg(pl.col("ts").min().alias("began"))
        who = began.join(done, on="person", how="left").select(
            "person",
            converted=pl.col("done").is_not_null(),
            start=pl.coalesce("start", "began"),
            done=pl.coalesce("done", pl.col("began") + window + 1),
        )
        joined = self.events.select("person", "ts", "event").join(who, on="person")
        between = (pl.col("ts") > pl.col("start")) & (pl.col("ts") < pl.col("done"))
        seen = joined.filter(
            (between & ~event.is_in([first, last]))
            | ((pl.col("ts") == pl.col("start")) & (event == first))
        )
        pairs = seen.select("person", "event", "converted").unique()
        counts = pairs.group_by("event", "converted").agg(pl.len().alias("n"))
        return met(question, counts.collect(engine="streaming").iter_rows())

    def _retention(self, question: Retention) -> Counts:
        week, bit = pl.col("week"), pl.lit(1, pl.Int32) * pl.lit(2, pl.Int32).pow(pl.col("week"))
        weeks = self.events.with_columns(_since(7 * DAY).alias("week")).group_by("person")
        start = pl.when(pl.col("event") == question.start).then(week).min()
        people = weeks.agg(start.alias("first"), bit.bitwise_or().alias("bits"))
        counts = people.drop_nulls("first").group_by("first", "bits").agg(pl.len().alias("n"))
        found: Counter[tuple[str | int | None, ...]] = Counter()
        for first, bits, n in counts.collect(engine="streaming").iter_rows():
            found.update({(first, since): n for since in range(9) if bits >> first >> since & 1})
        return dict(found)

    def _paths(self, question: Paths) -> Counts:
        """Runs of events and places in them, as the order of (person, time) gives them."""
        event, before, first = pl.col("event"), pl.col("before"), pl.col("first")
        other = (PERSON.shift() != PERSON).fill_null(True)
        if question.gap is not None:
            other |= (pl.col("ts") - pl.col("ts").shift() >= question.gap * 1_000_000).fill_null(
                True
            )
        runs = self.events.select(
            PERSON, event, other.alias("first"), event.shift().alias("before")
        )
        placed = runs.with_columns(
            first.cum_sum().alias("session"),
            (first | (before != event)).cum_sum().alias("place"),
        )
        start = placed if question.start is None else placed.filter(event == question.start)
        begins = start.group_by("session").agg(pl.col("place").min().alias("begins"))
        step = (pl.col("place").cast(pl.Int64) - pl.col("begins")).alias("step")
        edges = (
            placed.join(begins, on="session")
            .with_columns(step)
            .filter(pl.col("step").is_between(1, question.depth - 1) & ~first & (before != event))
        )
        counts = edges.group_by("step", "before", "event").agg(
            pl.len(), PERSON.n_unique().alias("n")
        )
        return {
            (*key, which): n
            for *key, times, people in counts.collect(engine="streaming").iter_rows()
            for which, n in enumerate((times, people))
        }


def load(events: EventSet) -> list[Polars]:
    """The files as a frame in memory, and read lazily at every question."""
    codes = pl.col("event").cast(pl.String).str.slice(len("event_")).cast(pl.UInt8)
    files = pl.scan_parquet(events.folder / "*.parquet").with_columns(TS.alias("ts"))
    frame = files.with_columns(codes.alias("event")).drop("item", "member")
    return [
        Polars("polars", frame.collect(engine="streaming").rechunk().lazy()),
        Polars("polars-parquet", frame),
    ]


def _since(micros: int) -> pl.Expr:
    return ((pl.col("ts") - int(START.timestamp()) * 1_000_000) // micros).cast(pl.UInt8)


def _step(events: pl.LazyFrame, code: int) -> pl.LazyFrame:
    chosen = events.filter(pl.col("event") == code)
    return chosen.select("person", "ts", "country")


def _people(frame: pl.LazyFrame, by_country: bool) -> pl.LazyFrame:
    if not by_country:
        return frame.select(PERSON.n_unique())
    return frame.group_by("country").agg(PERSON.n_unique()).cast({"country": pl.String})


def _counts(frame: pl.LazyFrame) -> Counts:
    return {tuple(key): n for *key, n in frame.collect(engine="streaming").iter_rows()}
