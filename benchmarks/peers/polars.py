"""Polars: lazy queries over the Parquet files, by its streaming engine.

An ordered funnel is a chain of ASOF joins by person: each event of step k takes the latest
attempt that reached step k - 1 no later than it, where that is within the window.
"""

import os

from benchmarks.generate import START, EventSet
from benchmarks.peers import THREADS
from benchmarks.questions import (
    Counts,
    Funnel,
    PeopleADay,
    Question,
    Retention,
    TotalsADay,
    names_of,
)

os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
import polars as pl

DAY = 86_400_000_000
TS, PERSON = pl.col("ts").to_physical(), pl.col("person")


class Polars:
    """Lazy frames over the files of one event set."""

    name, exact = "polars-parquet", True
    version = pl.__version__

    def __init__(self, events: pl.LazyFrame) -> None:
        self.events = events

    def ask(self, question: Question) -> Counts:
        """The counts of ``question``."""
        match question:
            case Funnel():
                return self._funnel(question)
            case Retention():
                return self._retention(question)
            case PeopleADay(event):
                days = self._matching((event,)).group_by(_since(DAY).alias("day"))
                return _counts(days.agg(PERSON.n_unique().alias("n")))
            case TotalsADay(events):
                codes = dict(zip(names_of(events), events, strict=True))
                days = self._matching(events).group_by(_event(codes), _since(DAY).alias("day"))
                return _counts(days.agg(pl.len().alias("n")))

    def close(self) -> None:
        """Nothing is held."""

    def _matching(self, codes: tuple[int, ...]) -> pl.LazyFrame:
        return self.events.filter(pl.col("event").is_in(names_of(codes)))

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

    def _retention(self, question: Retention) -> Counts:
        week = _since(7 * DAY)
        start = pl.col("event") == names_of((question.start,))[0]
        weeks = self.events.group_by("person").agg(
            week.filter(start).min().alias("first"), week.unique().alias("week")
        )
        since = (pl.col("week") - pl.col("first")).alias("since")
        returned = (
            weeks.drop_nulls("first").explode("week").select("first", since)
            .filter(pl.col("since") >= 0).group_by("first", "since").agg(pl.len().alias("n"))
        )  # fmt: skip
        return _counts(returned)


def load(events: EventSet) -> list[Polars]:
    """The files, read lazily at every question."""
    return [Polars(pl.scan_parquet(events.folder / "*.parquet"))]


def _since(micros: int) -> pl.Expr:
    return (TS - int(START.timestamp()) * 1_000_000) // micros


def _event(codes: dict[str, int]) -> pl.Expr:
    return pl.col("event").cast(pl.String).replace_strict(codes, return_dtype=pl.Int64)


def _step(events: pl.LazyFrame, code: int) -> pl.LazyFrame:
    chosen = events.filter(pl.col("event") == names_of((code,))[0])
    return chosen.select("person", TS.alias("ts"), "country")


def _people(frame: pl.LazyFrame, by_country: bool) -> pl.LazyFrame:
    if not by_country:
        return frame.select(PERSON.n_unique())
    return frame.group_by("country").agg(PERSON.n_unique()).cast({"country": pl.String})


def _counts(frame: pl.LazyFrame) -> Counts:
    return {tuple(key): n for *key, n in frame.collect(engine="streaming").iter_rows()}
